/** Messages to the user, in words, with what can be done; they stay until sent away. */

import { t } from "../words";
import { fill, h, iconButton } from "./dom";

export interface Notice {
  /** A second notice with the same key takes the place of the first. */
  readonly key: string;
  readonly kind: "info" | "error";
  readonly text: string;
  readonly action?: { readonly label: string; run(): void };
  /** Goes away by itself. */
  readonly brief?: boolean;
}

const BRIEF = 4000;

export class Notices {
  readonly element = h("div", { class: "notices", role: "log", "aria-label": t("Messages") });
  private readonly shown = new Map<string, { text: string; element: HTMLElement }>();

  show({ key, kind, text, action, brief }: Notice): void {
    const before = this.shown.get(key);
    if (before?.text === text) return;
    this.dismiss(key);
    const element = h(
      "div",
      { class: `notice ${kind}`, role: kind === "error" ? "alert" : "status" },
      h("p", {}, text),
      action &&
        h(
          "button",
          {
            type: "button",
            class: "text-button",
            onclick: () => {
              this.dismiss(key);
              action.run();
            },
          },
          action.label,
        ),
      iconButton("close", t("Dismiss this message"), () => this.dismiss(key)),
    );
    this.shown.set(key, { text, element });
    this.element.append(element);
    if (brief)
      setTimeout(() => this.shown.get(key)?.element === element && this.dismiss(key), BRIEF);
  }

  /** Something could not be had from the server. */
  failed(error: unknown, again: () => void): void {
    this.show({
      key: "server",
      kind: "error",
      text: inWords(error),
      action: { label: t("Try again"), run: again },
    });
  }

  dismiss(key: string): void {
    this.shown.get(key)?.element.remove();
    this.shown.delete(key);
  }

  clear(): void {
    this.shown.clear();
    fill(this.element);
  }
}

export function inWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
