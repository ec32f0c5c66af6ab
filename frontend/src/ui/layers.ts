/** The panel of what is drawn and how: template, contrast, parcellation, outlines. */

import type { Atlas } from "../atlas";
import type { Drawn } from "../drawn";
import { type Data, SOLIDS, type Solids, STYLE, type Style } from "../state";
import type { Volume } from "../volume";
import { plural, t } from "../words";
import { compareControls } from "./compare";
import { windowControl } from "./contrast";
import { Dials, type Updates } from "./controls";
import { fill, h, iconButton, say } from "./dom";
import { imageControls } from "./imagelayer";
import { regionControls } from "./regionlayer";

export interface LayersEvents {
  onStyle(patch: Partial<Style>): void;
  onData(patch: Partial<Data>): void;
  onClose(): void;
}

const SOLID_NAMES: Record<Solids, string> = {
  selected: t("Selected"),
  all: t("All"),
  none: t("None"),
};

export interface Shown {
  readonly atlas: Atlas | null;
  readonly data: Data;
  readonly image: Volume | null;
  readonly labels: Volume | null;
  readonly volumes: readonly Volume[];
}

export class LayersPanel {
  readonly element = h("section", {
    id: "layers",
    class: "layers",
    "aria-label": t("Layers"),
    hidden: true,
  });

  private readonly leftOut = h("p", { class: "layer-name", role: "status", hidden: true });
  private shown: Shown | null = null;
  private refresh: (style: Style) => void = () => {};

  constructor(private readonly events: LayersEvents) {}

  /** Show the controls of these data; only when they change is the panel made anew. */
  show(shown: Shown, style: Style): void {
    const before = this.shown;
    if (
      before === null ||
      before.atlas !== shown.atlas ||
      before.image !== shown.image ||
      before.labels !== shown.labels
    ) {
      this.shown = shown;
      this.build(shown);
    }
    this.refresh(style);
  }

  /** Say what is not shown of the surfaces, since more would not turn smoothly. */
  tell({ joinedAt, leftOut }: Pick<Drawn, "joinedAt" | "leftOut">): void {
    this.leftOut.hidden = leftOut === 0 && joinedAt === null;
    say(
      this.leftOut,
      joinedAt === null
        ? plural(
            leftOut,
            "{n} small region is left out in 3D: more surfaces would not turn smoothly.",
            "{n} small regions are left out in 3D: more surfaces would not turn smoothly.",
          )
        : t("In 3D regions are joined at level {n} of the tree: more would not turn smoothly.", {
            n: joinedAt,
          }),
    );
  }

  private build(shown: Shown): void {
    const { atlas, image, labels, volumes } = shown;
    const { events } = this;
    const updates: Updates = [];
    const dials = new Dials(events.onStyle, updates);
    const parts: (Node | null)[] = [
      h(
        "header",
        {},
        h("h2", {}, t("Layers")),
        iconButton("close", t("Close the layers panel"), () => events.onClose()),
      ),
    ];

    if (image) parts.push(imageControls(image, shown, events, updates));
    if (labels) parts.push(regionControls(labels, shown, events, updates));
    if (image || atlas) parts.push(this.solidControls(labels !== null && atlas !== null, dials));
    parts.push(
      h("fieldset", {}, h("legend", {}, t("Panels")), dials.checkbox(t("Crosshair"), "crosshair")),
    );
    const others = volumes.filter(({ id }) => id !== image?.id);
    if (others.length > 0) {
      parts.push(
        compareControls(
          {
            volumes: others,
            onCompare: (compare) => events.onStyle({ compare }),
            windowOf: (volume, onWindow) => {
              const own: Updates = [];
              const element = windowControl(volume, onWindow, own);
              return {
                element,
                update: (window) => {
                  for (const one of own) one({ ...STYLE, window });
                },
              };
            },
          },
          updates,
        ),
      );
    }
    const notes = [image, labels].flatMap((volume) =>
      volume ? [volume.citation, volume.licence].filter((text) => text !== null) : [],
    );
    const all = [...new Set([atlas?.citation, atlas?.licence, ...notes])].filter(
      (text) => typeof text === "string" && text !== "",
    ) as string[];
    if (all.length > 0) {
      parts.push(
        h(
          "details",
          { class: "sources" },
          h("summary", {}, t("Source and licence")),
          ...all.map((text) => h("p", {}, text)),
        ),
      );
    }
    fill(this.element, ...parts);
    this.refresh = (style) => {
      for (const update of updates) update(style);
    };
  }

  /** What is shown in 3D; where there are regions, which of their surfaces. */
  private solidControls(regions: boolean, dials: Dials): HTMLElement {
    const solid = h("fieldset", {}, h("legend", {}, t("In 3D")));
    if (regions) {
      solid.append(
        dials.choice(
          t("Regions’ surfaces"),
          SOLIDS.map((solids) => [solids, SOLID_NAMES[solids]] as const),
          "solids",
        ),
        this.leftOut,
      );
    }
    solid.append(
      dials.checkbox(t("Outside of the brain"), "shell"),
      dials.checkbox(t("Planes"), "sections"),
    );
    return solid;
  }
}
