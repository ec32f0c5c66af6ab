/** The panel of what is drawn and how: template, contrast, parcellation, outlines. */

import type { Atlas, Volume } from "../api";
import type { Drawn } from "../drawn";
import { defaultWindow, inColor, isRgb } from "../scene";
import {
  type Data,
  DRAWINGS,
  type Drawing,
  PALETTES,
  type Palette,
  SOLIDS,
  type Solids,
  STYLE,
  type Style,
} from "../state";
import { plural, t } from "../words";
import { compareControls } from "./compare";
import { fill, h, iconButton, say } from "./dom";

export interface LayersEvents {
  onStyle(patch: Partial<Style>): void;
  onData(patch: Partial<Data>): void;
  onClose(): void;
}

const DRAWING_NAMES: Record<Drawing, string> = {
  fill: t("Filled"),
  outline: t("Outlines"),
  both: t("Both"),
};

const PALETTE_NAMES: Record<Palette, string> = {
  atlas: t("The atlas’s own"),
  distinct: t("Neighbours differ"),
  safe: t("Safe for colour-blind eyes"),
};

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

  private build({ atlas, data, image, labels, volumes }: Shown): void {
    const { events } = this;
    const updates: ((style: Style) => void)[] = [];
    const name = (id: string) => volumes.find((volume) => volume.id === id)?.name ?? id;
    const parts: (Node | null)[] = [
      h(
        "header",
        {},
        h("h2", {}, t("Layers")),
        iconButton("close", t("Close the layers panel"), () => events.onClose()),
      ),
    ];

    if (image) {
      const group = h(
        "fieldset",
        {},
        h(
          "legend",
          {},
          checkbox(
            atlas ? t("Template") : t("Image"),
            (on) => events.onStyle({ template: on }),
            ({ template }) => template,
            updates,
          ),
        ),
      );
      if (atlas && atlas.templates.length > 1) {
        group.append(
          select(
            t("Template volume"),
            atlas.templates.map((id) => [id, name(id)] as const),
            data.template,
            (template) => events.onData({ template }),
          ),
        );
      } else {
        group.append(h("p", { class: "layer-name" }, image.name));
      }
      if (image.channels > 1) group.append(channelControl(image, events, updates));
      const contrast = windowControl(image, events, updates);
      updates.push((style) => {
        contrast.hidden = inColor(image, style);
      });
      group.append(contrast);
      group.append(
        slider(
          t("Gamma"),
          { min: 0.2, max: 3, step: 0.05, digits: 2 },
          (gamma) => events.onStyle({ gamma }),
          ({ gamma }) => gamma,
          updates,
        ),
      );
      parts.push(group);
    }

    if (labels) {
      const group = h(
        "fieldset",
        {},
        h(
          "legend",
          {},
          checkbox(
            atlas ? t("Parcellation") : t("Labels"),
            (on) => events.onStyle({ regions: on }),
            ({ regions }) => regions,
            updates,
          ),
        ),
      );
      if (atlas && atlas.parcellations.length > 1) {
        group.append(
          select(
            t("Parcellation"),
            atlas.parcellations.map(({ id, name: title }) => [id, title] as const),
            data.parcellation,
            (parcellation) => events.onData({ parcellation }),
          ),
        );
      } else {
        const title = atlas?.parcellations.find(({ id }) => id === data.parcellation)?.name;
        group.append(h("p", { class: "layer-name" }, title ?? labels.name));
      }
      group.append(
        slider(
          t("Opacity"),
          { min: 0, max: 1, step: 0.05, digits: 2 },
          (opacity) => events.onStyle({ opacity }),
          ({ opacity }) => opacity,
          updates,
        ),
        choice(
          t("Regions drawn as"),
          DRAWINGS.map((drawing) => [drawing, DRAWING_NAMES[drawing]] as const),
          (drawing) => events.onStyle({ drawing }),
          ({ drawing }) => drawing,
          updates,
        ),
      );
      if (atlas) {
        group.append(
          picked(
            t("Colours"),
            PALETTES.map((palette) => [palette, PALETTE_NAMES[palette]] as const),
            (palette) => events.onStyle({ palette }),
            ({ palette }) => palette,
            updates,
          ),
          checkbox(
            t("Names on the planes"),
            (names) => events.onStyle({ names }),
            ({ names }) => names,
            updates,
          ),
        );
      }
      parts.push(group);
    }

    if (image || atlas) {
      const solid = h("fieldset", {}, h("legend", {}, t("In 3D")));
      if (labels && atlas) {
        solid.append(
          choice(
            t("Regions’ surfaces"),
            SOLIDS.map((solids) => [solids, SOLID_NAMES[solids]] as const),
            (solids) => events.onStyle({ solids }),
            ({ solids }) => solids,
            updates,
          ),
          this.leftOut,
        );
      }
      solid.append(
        checkbox(
          t("Outside of the brain"),
          (shell) => events.onStyle({ shell }),
          ({ shell }) => shell,
          updates,
        ),
        checkbox(
          t("Planes"),
          (sections) => events.onStyle({ sections }),
          ({ sections }) => sections,
          updates,
        ),
      );
      parts.push(solid);
    }

    parts.push(
      h(
        "fieldset",
        {},
        h("legend", {}, t("Panels")),
        checkbox(
          t("Crosshair"),
          (crosshair) => events.onStyle({ crosshair }),
          ({ crosshair }) => crosshair,
          updates,
        ),
      ),
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
              const onStyle = ({ window }: Partial<Style>) => onWindow(window ?? null);
              const element = windowControl(volume, { ...events, onStyle }, own);
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
}

type Updates = ((style: Style) => void)[];

function checkbox(
  label: string,
  onchange: (on: boolean) => void,
  read: (style: Style) => boolean,
  updates: Updates,
): HTMLElement {
  const input = h("input", { type: "checkbox", onchange: () => onchange(input.checked) });
  updates.push((style) => {
    input.checked = read(style);
  });
  return h("label", { class: "check" }, input, label);
}

function select(
  label: string,
  options: readonly (readonly [string, string])[],
  value: string | null,
  onchange: (id: string) => void,
): HTMLElement {
  const input = h(
    "select",
    { "aria-label": label, onchange: () => onchange(input.value) },
    ...options.map(([id, name]) => h("option", { value: id, selected: id === value }, name)),
  );
  return input;
}

function slider(
  label: string,
  { min, max, step, digits }: { min: number; max: number; step: number; digits: number },
  onchange: (value: number) => void,
  read: (style: Style) => number,
  updates: Updates,
): HTMLElement {
  const output = h("output", {});
  const input = h("input", {
    type: "range",
    min,
    max,
    step,
    oninput: () => onchange(Number(input.value)),
  });
  updates.push((style) => {
    const value = read(style);
    if (Number(input.value) !== value) input.value = String(value);
    output.textContent = value.toFixed(digits);
  });
  return h("label", { class: "slider" }, h("span", {}, label), input, output);
}

function choice<T extends string>(
  label: string,
  options: readonly (readonly [T, string])[],
  onchange: (value: T) => void,
  read: (style: Style) => T,
  updates: Updates,
): HTMLElement {
  const buttons = options.map(([value, name]) => {
    const button = h("button", { type: "button", onclick: () => onchange(value) }, name);
    updates.push((style) => button.setAttribute("aria-pressed", String(read(style) === value)));
    return button;
  });
  return h(
    "div",
    { class: "choice-row" },
    h("span", {}, label),
    h("div", { class: "segmented", role: "group", "aria-label": label }, ...buttons),
  );
}

function picked<T extends string>(
  label: string,
  options: readonly (readonly [T, string])[],
  onchange: (value: T) => void,
  read: (style: Style) => T,
  updates: Updates,
): HTMLElement {
  const values = options.map(([value]) => value);
  const input = h(
    "select",
    {
      onchange: () => {
        const value = values[input.selectedIndex];
        if (value !== undefined) onchange(value);
      },
    },
    ...options.map(([, name]) => h("option", {}, name)),
  );
  updates.push((style) => {
    input.selectedIndex = values.indexOf(read(style));
  });
  return h("label", { class: "picked" }, h("span", {}, label), input);
}

function channelControl(image: Volume, events: LayersEvents, updates: Updates): HTMLElement {
  // In the order of the choices: what the style says of each.
  const values: (number | null)[] = [...Array(image.channels).keys()];
  if (isRgb(image)) values.unshift(null);
  const input = h(
    "select",
    {
      "aria-label": t("Channel"),
      onchange: () => {
        const channel = values[input.selectedIndex] ?? null;
        events.onStyle({ channel: isRgb(image) || channel !== 0 ? channel : null, window: null });
      },
    },
    ...values.map((value) =>
      h(
        "option",
        {},
        value === null ? t("Colour") : t("Channel {channel}", { channel: String(value) }),
      ),
    ),
  );
  updates.push(({ channel }) => {
    input.selectedIndex = values.indexOf(channel ?? (isRgb(image) ? null : 0));
  });
  return input;
}

function windowControl(image: Volume, events: LayersEvents, updates: Updates): HTMLElement {
  const [low, high] = defaultWindow(image);
  const [first, last] = image.valueRange ?? [low, high];
  const min = Math.min(first, low);
  const max = Math.max(last, high);
  const step = image.dtype.startsWith("float") ? (max - min) / 1000 || 1e-6 : 1;
  const decimals = image.dtype.startsWith("float") ? 4 : 0;
  let now: readonly [number, number] = [low, high];
  const set = (lo: number, hi: number) => {
    if (Number.isFinite(lo) && Number.isFinite(hi) && lo < hi) {
      events.onStyle({ window: lo === low && hi === high ? null : [lo, hi] });
    } else {
      show(now);
    }
  };
  const range = (label: string, end: 0 | 1) => {
    const input = h("input", {
      type: "range",
      min,
      max,
      step,
      "aria-label": label,
      oninput: () => {
        const value = Number(input.value);
        if (end === 0) set(Math.min(value, now[1] - step), now[1]);
        else set(now[0], Math.max(value, now[0] + step));
      },
    });
    return input;
  };
  const field = (label: string, end: 0 | 1) => {
    const input = h("input", {
      type: "number",
      step: "any",
      "aria-label": label,
      onchange: () => {
        const value = input.value === "" ? Number.NaN : Number(input.value);
        if (end === 0) set(value, now[1]);
        else set(now[0], value);
      },
    });
    return input;
  };
  const ranges = [range(t("Black at"), 0), range(t("White at"), 1)] as const;
  const fields = [field(t("Black at, value"), 0), field(t("White at, value"), 1)] as const;
  const band = h("span", { class: "band", "aria-hidden": "true" });
  const show = ([lo, hi]: readonly [number, number]) => {
    now = [lo, hi];
    for (const end of [0, 1] as const) {
      ranges[end].value = String(now[end]);
      fields[end].value = String(Number(now[end].toFixed(decimals)));
    }
    const share = (value: number) =>
      `${(100 * Math.min(1, Math.max(0, (value - min) / (max - min || 1)))).toFixed(2)}%`;
    band.style.left = share(lo);
    band.style.right = `calc(100% - ${share(hi)})`;
  };
  updates.push(({ window }) => show(window ?? [low, high]));
  return h(
    "div",
    { class: "window", role: "group", "aria-label": t("Contrast window") },
    h(
      "div",
      { class: "window-head" },
      h("span", {}, t("Contrast")),
      fields[0],
      h("span", { "aria-hidden": "true" }, "–"),
      fields[1],
      h(
        "button",
        {
          type: "button",
          class: "text-button",
          title: t("Back to the 1st and 99.5th percentile"),
          onclick: () => events.onStyle({ window: null }),
        },
        t("Reset"),
      ),
    ),
    h("div", { class: "two-thumbs" }, band, ranges[0], ranges[1]),
  );
}
