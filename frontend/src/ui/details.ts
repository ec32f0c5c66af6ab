/** The card about the selected region. */

import type { RegionDetails } from "../api";
import { formatPoint, type Vec3 } from "../geometry";
import type { Region } from "../regions";
import { acronymOf, fill, h, icon, iconButton, swatch } from "./dom";

export interface DetailsEvents {
  onSelect(id: string): void;
  onFly(id: string): void;
  onGo(point: Vec3): void;
  onClear(): void;
  colorOf(region: Region): string;
}

export class Details {
  readonly element = h("section", {
    class: "details",
    "aria-label": "Selected region",
    hidden: true,
  });
  private readonly facts = h("dl", { class: "facts" });
  private readonly fly = h(
    "button",
    {
      type: "button",
      class: "pill",
      title: "Fly to this region (F)",
      hidden: true,
      onclick: () => this.id !== null && this.events.onFly(this.id),
    },
    icon("target"),
    "Fly to",
  );
  private id: string | null = null;

  constructor(private readonly events: DetailsEvents) {}

  hide(): void {
    this.element.hidden = true;
  }

  show(region: Region, ancestors: readonly Region[], parts: number, citation: string | null): void {
    const { events } = this;
    this.id = region.id;
    this.fly.hidden = true;
    fill(this.facts, h("dt", {}, "…"), h("dd", {}, "asking the server"));
    fill(
      this.element,
      h(
        "header",
        {},
        swatch(events.colorOf(region)),
        h("h2", {}, region.name),
        iconButton("close", "Clear the selection", () => events.onClear()),
      ),
      ancestors.length > 0 &&
        h(
          "nav",
          { class: "crumbs", "aria-label": "Part of" },
          h(
            "ol",
            {},
            ...ancestors.map((ancestor) =>
              h(
                "li",
                {},
                h(
                  "button",
                  { type: "button", class: "crumb", onclick: () => events.onSelect(ancestor.id) },
                  ancestor.name,
                ),
              ),
            ),
          ),
        ),
      h(
        "p",
        { class: "ids" },
        acronymOf(region),
        `id ${region.id}`,
        region.label === null
          ? ` · ${parts} ${parts === 1 ? "part" : "parts"}`
          : ` · label ${region.label}`,
        region.hemisphere && ` · ${region.hemisphere} hemisphere`,
      ),
      this.facts,
      this.fly,
      citation !== null && h("p", { class: "citation" }, citation),
    );
    this.element.hidden = false;
  }

  know({ volumeMm3, centroid, box }: RegionDetails): void {
    const { events } = this;
    this.fly.hidden = centroid === null;
    fill(
      this.facts,
      ...(volumeMm3 === null ? [] : [h("dt", {}, "Volume"), h("dd", {}, volume(volumeMm3))]),
      ...(centroid === null
        ? [h("dt", {}, "Place"), h("dd", {}, "has no voxels in this parcellation")]
        : [
            h("dt", {}, "Centroid"),
            h(
              "dd",
              {},
              h(
                "button",
                {
                  type: "button",
                  class: "crumb",
                  title: "Go to the centroid",
                  onclick: () => events.onGo(centroid),
                },
                `${formatPoint(centroid)} mm`,
              ),
            ),
          ]),
      ...(box === null
        ? []
        : [
            h("dt", {}, "Extent"),
            h(
              "dd",
              {},
              `${box[0].map((lo, i) => Math.abs((box[1][i] ?? lo) - lo).toFixed(1)).join(" × ")} mm`,
            ),
          ]),
    );
  }

  failed(message: string): void {
    fill(this.facts, h("dt", {}, "Not known"), h("dd", {}, message));
  }
}

function volume(mm3: number): string {
  return mm3 >= 1000
    ? `${(mm3 / 1000).toLocaleString("en", { maximumFractionDigits: 2 })} cm³`
    : `${mm3.toLocaleString("en", { maximumFractionDigits: 2 })} mm³`;
}
