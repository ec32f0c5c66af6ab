/** The strip at the foot: where the map is, what is under the cursor, what is still loading. */

import { type Choice, choicesOf, read, write } from "../coordinates";
import { decimalsToRead, type Vec3 } from "../geometry";
import { t } from "../words";
import { fill, h, iconButton, say } from "./dom";

export interface StatusEvents {
  onGo(point: Vec3): void;
  onCopy(text: string): void;
  /** Coordinates are to be read this way from now on. */
  onCoordinates(id: string | null): void;
}

const [PLAIN] = choicesOf(null, null, []);

export class Status {
  readonly element: HTMLElement;

  private readonly input: HTMLInputElement;
  private readonly hint = h("span", { class: "hint", role: "alert" });
  private readonly zoom = h("span", { class: "zoom", title: t("Millimetres a pixel") });
  private readonly told = h("span", { id: "crosshair", class: "cursor" });
  private readonly space = h("span", { class: "space" });
  private readonly progress = h("progress", { "aria-label": t("Loading the picture"), max: "1" });
  private readonly loading = h(
    "span",
    { class: "loading", hidden: true },
    t("Loading"),
    this.progress,
  );
  private cursor = "";
  private crosshair = "";
  private at: Vec3 = [0, 0, 0];
  private decimals = 1;
  private choices: readonly Choice[] = [];
  private choice: Choice = PLAIN as Choice;
  private readonly units: HTMLSelectElement;

  constructor(events: StatusEvents) {
    this.input = h("input", {
      type: "text",
      class: "position-input",
      "aria-label": t("Position x, y, z"),
      title: t("Type or paste x, y, z and press Enter"),
      autocomplete: "off",
      spellcheck: "false",
      size: "20",
      onfocus: () => this.input.select(),
      oninput: () => this.valid(true),
      onblur: () => {
        this.valid(true);
        this.write();
      },
      onkeydown: (event: KeyboardEvent) => {
        if (event.key === "Enter") {
          const point = read(this.choice, this.input.value);
          this.valid(point !== null);
          if (point) {
            events.onGo(point);
            this.write(true);
            this.input.select();
          }
        } else if (event.key === "Escape") {
          event.stopPropagation();
          this.input.blur();
        }
      },
    });
    this.units = h("select", {
      class: "units",
      "aria-label": t("Coordinates in"),
      onchange: () => {
        events.onCoordinates(this.choices[this.units.selectedIndex]?.id ?? null);
      },
    });
    this.element = h(
      "footer",
      { class: "status" },
      h(
        "div",
        { class: "position" },
        h("span", { class: "label", "aria-hidden": "true" }, "x, y, z"),
        this.input,
        this.units,
        iconButton("copy", t("Copy the position"), () =>
          events.onCopy(write(this.choice, this.at, this.decimals)),
        ),
        this.hint,
      ),
      this.told,
      this.loading,
      this.space,
      this.zoom,
    );
  }

  showPlace(at: Vec3, zoom: number): void {
    this.at = at;
    this.decimals = decimalsToRead(zoom);
    this.write();
    say(
      this.zoom,
      `${zoom < 0.01 ? `${(zoom * 1000).toPrecision(3)} µm` : `${zoom.toPrecision(3)} mm`} / px`,
    );
  }

  /** Offer the ways to read coordinates, and show which of them is chosen. */
  showChoices(choices: readonly Choice[], choice: Choice): void {
    if (choices !== this.choices) {
      this.choices = choices;
      fill(this.units, ...choices.map(({ unit, about }) => h("option", { title: about }, unit)));
    }
    this.choice = choice;
    this.units.selectedIndex = choices.indexOf(choice);
    this.units.title = choice.about;
    this.write();
  }

  showSpace(text: string): void {
    say(this.space, text);
    this.space.title = text === "" ? "" : t("Reference space: {space}", { space: text });
  }

  /** What is under the cursor; without one, what is at the crosshair is told. */
  showCursor(text: string): void {
    this.cursor = text;
    this.tell();
  }

  showCrosshair(told: string): void {
    this.crosshair = t("Crosshair: {told}", { told });
    this.tell();
  }

  private tell(): void {
    say(this.told, this.cursor || this.crosshair);
  }

  showLoading(share: number | null): void {
    this.loading.hidden = share === null;
    if (share === null) return;
    if (share > 0) this.progress.value = share;
    else this.progress.removeAttribute("value");
  }

  private write(force = false): void {
    if (document.activeElement === this.input && !force) return;
    this.input.value = write(this.choice, this.at, this.decimals);
  }

  private valid(valid: boolean): void {
    this.input.setAttribute("aria-invalid", String(!valid));
    say(this.hint, valid ? "" : t("Three numbers, as -26, 6, 0"));
  }
}
