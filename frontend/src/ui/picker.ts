/** All that can be shown, by species, to be searched: for a server with many atlases. */

import { found, type Offer, type OfferGroup } from "../offers";
import type { Data } from "../state";
import { t } from "../words";
import { fill, h, iconButton } from "./dom";

export class Picker {
  readonly element: HTMLDialogElement;

  private readonly input: HTMLInputElement;
  private readonly list = h("div", {});
  private groups: readonly OfferGroup[] = [];
  private current: Data | null = null;

  constructor(private readonly onData: (data: Data) => void) {
    this.input = h("input", {
      type: "search",
      class: "picker-find",
      placeholder: t("Species, atlas, parcellation, template or volume"),
      "aria-label": t("Find an atlas or a volume"),
      oninput: () => this.write(),
      onkeydown: (event: KeyboardEvent) => {
        // A browser's own Escape would empty the field first.
        if (event.key !== "Enter" && event.key !== "Escape") return;
        event.preventDefault();
        if (event.key === "Escape") this.element.close();
        else this.list.querySelector("button")?.click();
      },
    });
    this.element = h(
      "dialog",
      {
        class: "picker",
        "aria-labelledby": "picker-title",
        onclick: (event: MouseEvent) => {
          if (event.target === this.element) this.element.close();
        },
      },
      h(
        "header",
        {},
        h("h2", { id: "picker-title" }, t("Atlases and volumes")),
        iconButton("close", t("Close"), () => this.element.close()),
        this.input,
      ),
      this.list,
    );
  }

  offer(groups: readonly OfferGroup[]): void {
    this.groups = groups;
  }

  open(current: Data): void {
    this.current = current;
    this.input.value = "";
    this.write();
    if (!this.element.open) this.element.showModal();
    this.input.focus();
  }

  private write(): void {
    const shown = found(this.groups, this.input.value);
    fill(
      this.list,
      ...shown.map(({ title, offers }) =>
        h("section", {}, h("h3", {}, title), this.offers(offers)),
      ),
      shown.length === 0 &&
        h("p", { class: "picker-none", role: "status" }, t("Nothing is called so here.")),
    );
  }

  private offers(offers: readonly Offer[]): HTMLElement {
    return h(
      "ul",
      {},
      ...offers.map(({ name, data, parts }) =>
        h(
          "li",
          {},
          h(
            "button",
            {
              type: "button",
              class: "picker-choice",
              "aria-current": this.isShown(data) ? "true" : undefined,
              onclick: () => {
                this.element.close();
                this.onData(data);
              },
            },
            name,
          ),
          parts.length > 0 && this.offers(parts),
        ),
      ),
    );
  }

  private isShown(data: Data): boolean {
    const { current } = this;
    return (
      current !== null &&
      (["atlas", "template", "parcellation", "volume"] as const).every(
        (key) => data[key] === null || data[key] === current[key],
      )
    );
  }
}
