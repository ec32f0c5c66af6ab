/** A dialog over the page: it has the keyboard while it is open, and gives the focus back. */

import { t } from "../words";
import { fill, h, iconButton } from "./dom";

export class Dialog {
  readonly element: HTMLDialogElement;
  readonly body = h("div", { class: "sheet-body" });

  constructor(title: string, name: string) {
    const id = `${name}-title`;
    this.element = h(
      "dialog",
      {
        class: `sheet ${name}`,
        "aria-labelledby": id,
        onclick: (event: MouseEvent) => {
          if (event.target === this.element) this.element.close();
        },
      },
      h(
        "header",
        {},
        h("h2", { id }, title),
        iconButton("close", t("Close"), () => this.element.close()),
      ),
      this.body,
    );
  }

  open(): void {
    if (!this.element.open) this.element.showModal();
  }

  close(): void {
    this.element.close();
  }

  show(...parts: (Node | string | null | false)[]): void {
    fill(this.body, ...parts);
  }
}

/** A button in words. */
export function button(
  label: string,
  onclick: () => void,
  kind: "plain" | "main" | "danger" = "plain",
): HTMLButtonElement {
  return h("button", { type: "button", class: `button ${kind}`, onclick }, label);
}

/** A button that asks, in its own place, before it does what cannot be undone. */
export function askingButton(
  label: string,
  question: string,
  yes: string,
  act: () => void,
): HTMLElement {
  const ask = button(label, () => {
    const no = button(t("Keep it"), () => {
      fill(place, ask);
      ask.focus();
    });
    fill(
      place,
      h("span", { class: "asked", role: "alert" }, question),
      button(yes, act, "danger"),
      no,
    );
    no.focus();
  });
  const place = h("span", { class: "asking" }, ask);
  return place;
}

/** A text to be copied: shown whole, selected when it has the focus. */
export function copyField(
  label: string,
  text: string,
  copied: (ok: boolean) => void,
): { readonly element: HTMLElement; copy(): Promise<boolean> } {
  const field = h("input", {
    type: "text",
    readonly: true,
    "aria-label": label,
    value: text,
    spellcheck: "false",
    onfocus: () => field.select(),
  });
  const copy = async () => {
    let ok = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without HTTPS, or too long after the click: the old way, from the field itself.
      field.focus();
      field.select();
      ok = document.execCommand("copy");
    }
    copied(ok);
    return ok;
  };
  const act = button(t("Copy"), () => void copy());
  return { element: h("div", { class: "copy-field" }, field, act), copy };
}
