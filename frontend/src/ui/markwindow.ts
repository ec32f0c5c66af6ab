/** Dialogs of annotations: each asks one thing, and is gone from the page when it is closed. */

import { Dialog } from "./dialog";
import { h } from "./dom";

export function openWindow(
  title: string,
  content: readonly (Node | string)[],
  name = "mark-window",
): Dialog {
  const dialog = new Dialog(title, name);
  dialog.show(...content);
  dialog.element.addEventListener("close", () => dialog.element.remove());
  document.body.append(dialog.element);
  dialog.open();
  return dialog;
}

/** A form that does something, and says what went wrong in the dialog itself. */
export function askForm(
  fields: readonly (Node | string)[],
  label: string,
  submit: () => Promise<void>,
): HTMLFormElement {
  const problem = h("p", { class: "window-problem", role: "alert" });
  const send = h("button", { type: "submit", class: "button main" }, label);
  return h(
    "form",
    {
      class: "window-form",
      method: "dialog",
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        send.disabled = true;
        problem.textContent = "";
        const form = event.currentTarget as HTMLFormElement;
        submit().then(
          () => form.closest("dialog")?.close(),
          (error: unknown) => {
            send.disabled = false;
            problem.textContent = error instanceof Error ? error.message : String(error);
          },
        );
      },
    },
    ...fields,
    problem,
    h("div", {}, send),
  );
}

export function field(name: string, input: HTMLElement): HTMLElement {
  return h("label", { class: "window-field" }, h("span", {}, name), input);
}
