/** The card about the selected region. */

import { formatPoint, type Vec3 } from "../geometry";
import type { Neighbour, ProbabilityMap, RegionDetails } from "../regionfacts";
import type { Region } from "../regions";
import { count, plural, t } from "../words";
import { acronymOf, fill, h, type IconName, icon, iconButton, swatch } from "./dom";

export interface DetailsEvents {
  onSelect(id: string): void;
  onFly(id: string): void;
  onGo(point: Vec3): void;
  onClear(): void;
  onHide(id: string): void;
  onIsolate(): void;
  /** `null` is the region's own colour again. */
  onColor(id: string, color: string | null): void;
  /** Show how probable the region is where. */
  onMap(map: ProbabilityMap): void;
  colorOf(region: Region): string;
  resolve(path: string): string;
}

/** How the region is drawn now. */
export interface Look {
  readonly hidden: boolean;
  readonly isolated: boolean;
  /** A colour was chosen for this very region. */
  readonly colored: boolean;
}

/** Neighbours that are shown before one asks for all. */
const FEW = 6;

export class Details {
  readonly element = h("section", {
    class: "details",
    "aria-label": t("Selected region"),
    hidden: true,
  });
  private readonly facts = h("dl", { class: "facts" });
  private readonly more = h("div", { class: "details-more" });
  private readonly fly = this.action("target", t("Fly to"), t("Fly to this region (F)"), () =>
    this.on((id) => this.events.onFly(id)),
  );
  private readonly hide = this.action("eye", t("Hide"), t("Hide this region (H)"), () =>
    this.on((id) => this.events.onHide(id)),
  );
  private readonly isolate = this.action(
    "isolate",
    t("Isolate"),
    t("Draw the selected regions alone (I)"),
    () => this.events.onIsolate(),
  );
  private readonly color = h("input", {
    type: "color",
    class: "color",
    "aria-label": t("Colour of this region"),
    title: t("Colour of this region and all below it"),
    oninput: () => this.on((id) => this.events.onColor(id, this.color.value)),
  });
  private readonly own = h(
    "button",
    {
      type: "button",
      class: "text-button",
      onclick: () => this.on((id) => this.events.onColor(id, null)),
    },
    t("Own colour"),
  );
  private region: Region | null = null;

  constructor(private readonly events: DetailsEvents) {}

  hideCard(): void {
    this.element.hidden = true;
    this.region = null;
  }

  show(region: Region, ancestors: readonly Region[], parts: number, look: Look): void {
    const { events } = this;
    if (this.region !== region || this.element.hidden) {
      this.region = region;
      fill(this.facts, h("dt", {}, "…"), h("dd", {}, t("asking the server")));
      fill(this.more);
      this.fly.hidden = true;
      fill(
        this.element,
        h(
          "header",
          {},
          this.color,
          h("h2", {}, region.name),
          iconButton("close", t("Clear the selection"), () => events.onClear()),
        ),
        ancestors.length > 0 && this.crumbs(ancestors),
        h(
          "p",
          { class: "ids" },
          acronymOf(region),
          t("id {id}", { id: region.id }),
          region.label === null
            ? ` · ${plural(parts, "{n} part", "{n} parts")}`
            : ` · ${t("label {label}", { label: String(region.label) })}`,
          region.hemisphere &&
            ` · ${region.hemisphere === "left" ? t("left hemisphere") : t("right hemisphere")}`,
        ),
        h("div", { class: "details-actions" }, this.fly, this.isolate, this.hide, this.own),
        this.facts,
        this.more,
      );
    }
    const color = events.colorOf(region);
    // While the colour is being chosen, its field is the one who knows.
    if (document.activeElement !== this.color) this.color.value = color;
    this.own.hidden = !look.colored;
    this.isolate.setAttribute("aria-pressed", String(look.isolated));
    const said = look.hidden ? t("Show") : t("Hide");
    fill(this.hide, icon(look.hidden ? "hidden" : "eye"), said);
    this.hide.title = look.hidden ? t("Show this region (H)") : t("Hide this region (H)");
    this.element.hidden = false;
  }

  know(details: RegionDetails): void {
    if (details.region.id !== this.region?.id) return;
    this.fly.hidden = details.centroid === null;
    fill(this.facts, ...this.factsOf(details));
    fill(
      this.more,
      details.description !== "" && h("p", { class: "description" }, details.description),
      details.neighbours.length > 0 && this.neighbours(details.neighbours),
      h(
        "div",
        { class: "downloads", role: "group", "aria-label": t("Downloads") },
        h("span", { class: "soft" }, t("Download")),
        ...this.downloads(details),
      ),
      details.citation !== null && h("p", { class: "citation" }, details.citation),
      details.licence !== null && h("p", { class: "citation" }, details.licence),
    );
  }

  failed(message: string): void {
    fill(this.facts, h("dt", {}, t("Not known")), h("dd", {}, message));
  }

  // ------------------------------------------------------------ parts

  private on(act: (id: string) => void): void {
    if (this.region) act(this.region.id);
  }

  private action(name: IconName, text: string, title: string, onclick: () => void) {
    return h("button", { type: "button", class: "pill", title, onclick }, icon(name), text);
  }

  private crumbs(ancestors: readonly Region[]): HTMLElement {
    return h(
      "nav",
      { class: "crumbs", "aria-label": t("Part of") },
      h("ol", {}, ...ancestors.map((above) => h("li", {}, this.goTo(above, above.name)))),
    );
  }

  private goTo(region: Region, text: string): HTMLElement {
    const onclick = () => this.events.onSelect(region.id);
    return h("button", { type: "button", class: "crumb", title: region.name, onclick }, text);
  }

  private factsOf(details: RegionDetails): HTMLElement[] {
    const { volumeMm3, hemispheres, share, centroid, box, synonyms, region, map } = details;
    const rows: HTMLElement[] = [];
    const put = (name: string, ...value: (Node | string)[]) =>
      rows.push(h("dt", {}, name), h("dd", {}, ...value));
    if (centroid === null) {
      put(t("Place"), t("This region has no voxels in this parcellation."));
    } else {
      if (volumeMm3 !== null) put(t("Volume"), volume(volumeMm3));
      if (hemispheres) {
        const { left, right } = hemispheres;
        put("", t("left {left}, right {right}", { left: volume(left), right: volume(right) }));
      }
      if (share !== null) {
        put(t("Proportion"), t("{percent} % of what it is part of", { percent: percent(share) }));
      }
      const go = () => this.events.onGo(centroid);
      put(
        t("Centroid"),
        h(
          "button",
          { type: "button", class: "crumb", title: t("Go to the centroid"), onclick: go },
          `${formatPoint(centroid)} mm`,
        ),
      );
    }
    if (box !== null) {
      const sides = box[0].map((lo, i) => Math.abs((box[1][i] ?? lo) - lo).toFixed(1));
      put(t("Extent"), `${sides.join(" × ")} mm`);
      const ends = box[0].map((lo, i) => `${lo.toFixed(1)} … ${(box[1][i] ?? lo).toFixed(1)}`);
      const lines = ["x", "y", "z"].map((axis, i) => h("span", {}, `${axis} ${ends[i]}`));
      put(t("Box"), h("span", { class: "box" }, ...lines));
    }
    if (map !== null) {
      const show = () => this.events.onMap(map);
      put(
        t("Probability"),
        h("button", { type: "button", class: "crumb", onclick: show }, t("Show its map")),
      );
    }
    const other = synonyms.filter((name) => name !== region.name && name !== region.acronym);
    if (other.length > 0) put(t("Also called"), other.join(", "));
    return rows;
  }

  private neighbours(all: readonly Neighbour[]): HTMLElement {
    const item = ({ region, areaMm2 }: Neighbour) =>
      h(
        "li",
        {},
        swatch(this.events.colorOf(region)),
        this.goTo(region, region.name),
        h("span", { class: "soft" }, t("{area} mm²", { area: round(areaMm2) })),
      );
    const list = h("ul", {}, ...all.slice(0, FEW).map(item));
    const rest = all.slice(FEW);
    const more = h(
      "button",
      {
        type: "button",
        class: "text-button",
        onclick: () => {
          list.append(...rest.map(item));
          more.remove();
          list.querySelectorAll<HTMLElement>("button")[FEW]?.focus();
        },
      },
      plural(rest.length, "{n} more", "{n} more"),
    );
    return h(
      "section",
      { class: "neighbours" },
      h("h3", {}, t("Touches")),
      list,
      rest.length > 0 && more,
    );
  }

  private downloads({ links, centroid }: RegionDetails): HTMLElement[] {
    const files: readonly (readonly [string, string | undefined, string])[] = [
      ["NIfTI", links.mask, t("The region as a mask, NIfTI")],
      ["PLY", links.ply, t("The region’s surface, PLY")],
      ["GLB", links.glb, t("The region’s surface, GLB")],
      [t("Table"), links.table, t("All regions of this parcellation as a table, CSV")],
    ];
    return files.flatMap(([name, path, title]) =>
      path === undefined || (centroid === null && path !== links.table)
        ? []
        : [h("a", { href: this.events.resolve(path), download: "", title }, name)],
    );
  }
}

function volume(mm3: number): string {
  return mm3 >= 1000
    ? `${count(mm3 / 1000, { maximumFractionDigits: 2 })} cm³`
    : `${count(mm3, { maximumFractionDigits: 2 })} mm³`;
}

function percent(share: number): string {
  return (share * 100).toLocaleString("en", { maximumSignificantDigits: 3 });
}

function round(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}
