/** The panel of the plane that is laid by hand: angles, three points, a line, and planes kept by name. */

import { formatPoint, parsePoint, type Vec3 } from "../geometry";
import { type KeptPlane, MOST_NAME } from "../keptplanes";
import type { Angles } from "../planes";
import { plural, t } from "../words";
import { fill, h, iconButton, say } from "./dom";

export interface PlanePanelEvents {
  onAngle(which: keyof Angles, degrees: number): void;
  onUpright(): void;
  /** Lay the plane along the selected region. */
  onRegion(): void;
  onLock(locked: boolean): void;
  /** The next click on the map is a point for this. */
  take(words: string, onPoint: (point: Vec3) => void): void;
  onPoints(points: readonly [Vec3, Vec3, Vec3], corners: boolean): void;
  /** A line was typed or changed; answers with how long it is in mm, or `null` when it is none. */
  onLine(text: string): { readonly length: number; readonly points: number } | null;
  onAlong(mm: number): void;
  onKeep(name: string): void;
  onGo(plane: KeptPlane): void;
  onLink(plane: KeptPlane): void;
  onForget(plane: KeptPlane): void;
  onFigure(): void;
  onFilm(): void;
  onClose(): void;
}

const TABS = ["angles", "points", "line"] as const;
type Tab = (typeof TABS)[number];

const CORNERS = 3;

export class PlanePanel {
  readonly element: HTMLElement;

  private readonly dials: Readonly<Record<keyof Angles, Dial>>;
  private readonly inputs: readonly HTMLInputElement[];
  private readonly wrong = h("p", { class: "plane-note", role: "status" });
  private readonly corners = h("input", { type: "checkbox" });
  private readonly line: HTMLTextAreaElement;
  private readonly along: HTMLInputElement;
  private readonly alongText = h("output", {});
  private readonly lineNote = h("p", { class: "plane-note", role: "status" });
  private readonly lock: HTMLInputElement;
  private readonly where = h("p", { class: "plane-note" });
  private readonly region = h("button", {
    type: "button",
    class: "text-button",
    hidden: true,
    onclick: () => this.events.onRegion(),
  });
  private readonly name: HTMLInputElement;
  private readonly kept = h("ul", { class: "kept-planes" });
  private readonly tabs = new Map<Tab, { button: HTMLElement; body: HTMLElement }>();

  constructor(private readonly events: PlanePanelEvents) {
    const dial = (which: keyof Angles, label: string, about: string) =>
      new Dial(label, about, (degrees) => events.onAngle(which, degrees));
    this.dials = {
      nod: dial("nod", t("Nod"), t("About the axis from left to right")),
      lean: dial("lean", t("Lean"), t("About the axis from back to front")),
      turn: dial("turn", t("Turn"), t("About the axis from below to above")),
    };
    this.lock = h("input", {
      type: "checkbox",
      onchange: () => events.onLock(this.lock.checked),
    });
    const names = [t("First point"), t("Second point"), t("Third point")];
    this.inputs = names.map((name) =>
      h("input", {
        type: "text",
        "aria-label": t("{point}: x, y, z in mm", { point: name }),
        placeholder: "x, y, z",
        autocomplete: "off",
        spellcheck: "false",
      }),
    );
    this.line = h("textarea", {
      rows: "4",
      "aria-label": t("Points of the line, x, y, z in mm, one on each line"),
      placeholder: "-30, -40, 20\n-26, 6, 0",
      spellcheck: "false",
      oninput: () => this.lineChanged(),
    });
    this.along = h("input", {
      type: "range",
      min: "0",
      max: "0",
      step: "any",
      disabled: true,
      "aria-label": t("How far along the line"),
      oninput: () => this.goAlong(),
    });
    this.name = h("input", {
      type: "text",
      maxlength: String(MOST_NAME),
      placeholder: t("Name of this plane"),
      "aria-label": t("Name of this plane"),
      autocomplete: "off",
    });
    this.element = h(
      "section",
      { id: "planes", class: "plane-panel", "aria-label": t("Any plane"), hidden: true },
      h(
        "header",
        {},
        h("h2", {}, t("Any plane")),
        iconButton("close", t("Close the plane panel"), () => events.onClose()),
      ),
      this.tabBar(),
      this.where,
      this.keeping(),
      h(
        "div",
        { class: "plane-row" },
        h(
          "button",
          { type: "button", class: "pill", onclick: () => events.onFigure() },
          t("Make a figure"),
        ),
        h(
          "button",
          { type: "button", class: "text-button", onclick: () => events.onFilm() },
          t("Make a film"),
        ),
      ),
    );
    this.choose("angles");
  }

  focus(): void {
    this.tabs.get("angles")?.button.focus();
  }

  showAngles(angles: Angles): void {
    for (const [which, dial] of Object.entries(this.dials)) dial.show(angles[which as "nod"]);
  }

  /** A plane can be laid along this region; along none with `null`. */
  showRegion(name: string | null): void {
    this.region.hidden = name === null;
    if (name !== null) say(this.region, t("Along the axis of {name}", { name }));
  }

  /** In which panel a plane was laid. */
  showLaid(words: string): void {
    say(this.where, words);
  }

  showKept(planes: readonly KeptPlane[], lasting: boolean): void {
    const { events } = this;
    fill(
      this.kept,
      ...planes.map((plane) =>
        h(
          "li",
          {},
          h(
            "button",
            { type: "button", class: "crumb", onclick: () => events.onGo(plane) },
            plane.name,
          ),
          iconButton("link", t("Copy a link to {name}", { name: plane.name }), () =>
            events.onLink(plane),
          ),
          iconButton("close", t("Forget {name}", { name: plane.name }), () =>
            events.onForget(plane),
          ),
        ),
      ),
      !lasting && h("li", {}, t("This browser keeps nothing: they go when the page is closed.")),
    );
  }

  private tabBar(): HTMLElement {
    const names: Record<Tab, string> = {
      angles: t("Angles"),
      points: t("Points"),
      line: t("Line"),
    };
    const bodies: Record<Tab, HTMLElement> = {
      angles: this.anglesTab(),
      points: this.pointsTab(),
      line: this.lineTab(),
    };
    const buttons = TABS.map((tab) => {
      const choose = () => this.choose(tab);
      const button = h("button", { type: "button", onclick: choose }, names[tab]);
      this.tabs.set(tab, { button, body: bodies[tab] });
      return button;
    });
    const group = { class: "segmented", role: "group", "aria-label": t("How to lay the plane") };
    return h("div", { class: "plane-tabs" }, h("div", group, ...buttons), ...Object.values(bodies));
  }

  private choose(tab: Tab): void {
    for (const [name, { button, body }] of this.tabs) {
      button.setAttribute("aria-pressed", String(name === tab));
      body.hidden = name !== tab;
    }
  }

  private anglesTab(): HTMLElement {
    return h(
      "div",
      {},
      ...Object.values(this.dials).map((dial) => dial.element),
      h("p", { class: "plane-note" }, t("Or drag the rings on the map; with Shift by 15 degrees.")),
      h("label", { class: "check" }, this.lock, t("Let the plane face the 3D view")),
      h(
        "button",
        { type: "button", class: "text-button", onclick: () => this.events.onUpright() },
        t("Back to upright"),
      ),
      this.region,
    );
  }

  private pointsTab(): HTMLElement {
    return h(
      "div",
      {},
      ...this.inputs.map((input, i) =>
        h(
          "div",
          { class: "plane-point" },
          h("span", { "aria-hidden": "true" }, String(i + 1)),
          input,
          iconButton("target", t("Take point {n} from the map", { n: i + 1 }), () =>
            this.events.take(t("Click on the map for point {n}.", { n: i + 1 }), (point) => {
              input.value = formatPoint(point, 2);
            }),
          ),
        ),
      ),
      h(
        "label",
        { class: "check" },
        this.corners,
        t("They are the picture’s corners: top left, top right, bottom left"),
      ),
      h(
        "button",
        { type: "button", class: "pill", onclick: () => this.layPoints() },
        t("Lay the plane"),
      ),
      this.wrong,
    );
  }

  private lineTab(): HTMLElement {
    const file = h("input", {
      type: "file",
      accept: ".csv,.tsv,.txt,text/csv,text/plain",
      class: "plane-file",
      "aria-label": t("A file with the points of the line"),
      onchange: async () => {
        const [chosen] = file.files ?? [];
        if (!chosen) return;
        this.line.value = await chosen.text();
        this.lineChanged();
      },
    });
    return h(
      "div",
      {},
      h(
        "p",
        { class: "plane-note" },
        t("Two points, a vector or a streamline: the plane is across it."),
      ),
      this.line,
      h(
        "div",
        { class: "plane-row" },
        h(
          "button",
          { type: "button", class: "text-button", onclick: () => this.addFromMap() },
          t("Add a point from the map"),
        ),
        h("label", { class: "text-button" }, t("Open a file"), file),
      ),
      this.lineNote,
      h("div", { class: "plane-along" }, this.along, this.alongText),
    );
  }

  private keeping(): HTMLElement {
    const keep = () => {
      const name = this.name.value.trim();
      if (name === "") {
        this.name.focus();
        return;
      }
      this.events.onKeep(name);
      this.name.value = "";
    };
    return h(
      "div",
      { class: "plane-keep" },
      h(
        "form",
        {
          class: "plane-row",
          onsubmit: (event: Event) => {
            event.preventDefault();
            keep();
          },
        },
        this.name,
        h("button", { type: "submit", class: "text-button" }, t("Keep")),
      ),
      this.kept,
    );
  }

  private layPoints(): void {
    const points = this.inputs.map(({ value }) => parsePoint(value));
    points.forEach((point, i) => {
      this.inputs[i]?.setAttribute("aria-invalid", String(point === null));
    });
    const found = points.filter((point) => point !== null);
    say(
      this.wrong,
      found.length < CORNERS ? t("Each point is three numbers in mm, as -26, 6, 0.") : "",
    );
    const [a, b, c] = found;
    if (a && b && c) this.events.onPoints([a, b, c], this.corners.checked);
  }

  /** The points say no plane. */
  refuse(words: string): void {
    say(this.wrong, words);
  }

  private addFromMap(): void {
    this.events.take(t("Click on the map: the point is added to the line."), (point) => {
      const before = this.line.value.trimEnd();
      this.line.value = `${before === "" ? "" : `${before}\n`}${formatPoint(point, 2)}`;
      this.lineChanged();
    });
  }

  private lineChanged(): void {
    const found = this.events.onLine(this.line.value);
    this.along.disabled = found === null;
    if (!found) {
      const empty = this.line.value.trim() === "";
      say(this.lineNote, empty ? "" : t("A line takes two points at least, three numbers each."));
      say(this.alongText, "");
      return;
    }
    this.along.max = String(found.length);
    this.along.value = String(found.length / 2);
    say(this.lineNote, plural(found.points, "{n} point", "{n} points"));
    this.goAlong();
  }

  private goAlong(): void {
    const [mm, length] = [Number(this.along.value), Number(this.along.max)];
    const decimals = length < 1 ? 3 : 1;
    const words = { at: mm.toFixed(decimals), length: length.toFixed(decimals) };
    say(this.alongText, t("{at} of {length} mm", words));
    this.along.setAttribute("aria-valuetext", t("{at} of {length} mm", words));
    this.events.onAlong(mm);
  }
}

/** An angle that is dragged or typed. */
class Dial {
  readonly element: HTMLElement;
  private readonly range: HTMLInputElement;
  private readonly number: HTMLInputElement;

  constructor(label: string, about: string, onChange: (degrees: number) => void) {
    const tell = (input: HTMLInputElement) => {
      const degrees = Number(input.value);
      if (input.value !== "" && Number.isFinite(degrees)) onChange(degrees);
    };
    const common = { min: "-180", max: "180", "aria-label": `${label}: ${about}` };
    this.range = h("input", {
      type: "range",
      step: "0.5",
      ...common,
      oninput: () => tell(this.range),
    });
    this.number = h("input", {
      type: "number",
      step: "0.1",
      ...common,
      "aria-label": t("{angle} in degrees", { angle: label }),
      onchange: () => tell(this.number),
    });
    this.element = h(
      "div",
      { class: "dial", title: about },
      h("span", { "aria-hidden": "true" }, label),
      this.range,
      this.number,
      h("span", { "aria-hidden": "true" }, "°"),
    );
  }

  show(degrees: number): void {
    // What is being dragged or typed stays as it is.
    if (document.activeElement !== this.range) this.range.value = degrees.toFixed(1);
    if (document.activeElement !== this.number) this.number.value = degrees.toFixed(1);
  }
}
