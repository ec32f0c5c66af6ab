/** The annotation that is chosen: what is said of it, and what is measured. */

import { formatPoint } from "../geometry";
import type { Content, Mark } from "../marks/mark";
import { middleOf } from "../marks/shapes";
import { t } from "../words";
import { fill, h, iconButton, say } from "./dom";
import { measureText, shapeName } from "./markwords";
import { time } from "./prose";

export interface FormEvents {
  /** `mark` is the annotation as it was when writing began. */
  onWrite(mark: Mark, patch: Partial<Content>): void;
  onFly(mark: Mark): void;
  onDelete(mark: Mark): void;
  onHistory(mark: Mark): void;
  onRegion(id: string): void;
  onLetGo(): void;
}

export class MarkForm {
  readonly element: HTMLElement;
  private mark: Mark | null = null;
  /** As it was when the first key was pressed in a field. */
  private opened: Mark | null = null;

  private readonly title = h("h3", {});
  private readonly label = h("input", { type: "text", maxlength: 500, autocomplete: "off" });
  private readonly text = h("textarea", { rows: 2 });
  private readonly color = h("input", { type: "color" });
  private readonly tags = h("input", { type: "text", autocomplete: "off", spellcheck: "false" });
  private readonly author = h("input", { type: "text", maxlength: 200, autocomplete: "name" });
  private readonly facts = h("dl", { class: "facts" });
  private readonly fields: HTMLFieldSetElement;
  private readonly remove: HTMLButtonElement;

  constructor(private readonly events: FormEvents) {
    const field = (name: string, input: HTMLElement) =>
      h("label", { class: "mark-field" }, h("span", {}, name), input);
    const with_ = (run: (mark: Mark) => void) => () => this.mark && run(this.mark);
    this.fields = h(
      "fieldset",
      {},
      field(t("Label"), this.label),
      field(t("Text"), this.text),
      field(t("Tags"), this.tags),
      h(
        "div",
        { class: "mark-pair" },
        field(t("Author"), this.author),
        field(t("Colour"), this.color),
      ),
    );
    this.tags.placeholder = t("with commas between");
    for (const input of [this.label, this.text, this.tags, this.author, this.color]) {
      input.addEventListener("input", () => {
        this.opened ??= this.mark;
      });
      input.addEventListener("change", () => this.commit());
    }
    this.label.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.commit();
    });
    this.remove = iconButton("trash", t("Delete this annotation (Delete)"), with_(events.onDelete));
    this.element = h(
      "section",
      { class: "mark-form", "aria-label": t("The chosen annotation"), hidden: true },
      h(
        "header",
        {},
        this.title,
        iconButton("target", t("Fly to it"), with_(events.onFly)),
        iconButton("history", t("History of this annotation"), with_(events.onHistory)),
        this.remove,
        iconButton("close", t("Let go of it"), () => events.onLetGo()),
      ),
      this.fields,
      this.facts,
    );
  }

  show(mark: Mark | null, may: boolean): void {
    if (mark?.id !== this.mark?.id) {
      // A new one that the server has named is the same annotation.
      const named =
        mark && this.mark?.revision === 0 && mark.created && this.mark.id.startsWith("~");
      if (!named || mark.label !== this.mark?.label) this.opened = null;
    }
    this.mark = mark;
    this.element.hidden = mark === null;
    if (!mark) return;
    this.fields.disabled = !may;
    this.remove.hidden = !may;
    say(this.title, shapeName(mark.type));
    if (!this.opened) {
      put(this.label, mark.label);
      put(this.text, mark.text);
      put(this.tags, mark.tags.join(", "));
      put(this.author, mark.author);
      put(this.color, mark.color ?? "#ffff00");
    }
    this.showFacts(mark);
  }

  /** Write in the first field. */
  focus(): void {
    this.label.focus();
  }

  private showFacts(mark: Mark): void {
    const { region } = mark;
    const measured = measureText(mark.type, mark.points, true);
    const numbers = Object.entries(mark.properties);
    const pair = (name: string, ...value: (Node | string)[]) => [
      h("dt", {}, name),
      h("dd", {}, ...value),
    ];
    fill(
      this.facts,
      ...pair(
        t("Region"),
        region
          ? h(
              "button",
              { type: "button", class: "crumb", onclick: () => this.events.onRegion(region.id) },
              region.name,
            )
          : "–",
      ),
      ...(measured === "" ? [] : pair(t("Measured"), measured)),
      ...pair(t("Middle"), `${formatPoint(middleOf(mark.type, mark.points), 2)} mm`),
      ...numbers.flatMap(([name, value]) => pair(name, String(value))),
      ...(mark.revision === 0 ? [] : pair(t("Changed"), time(mark.updated))),
    );
  }

  private commit(): void {
    const mark = this.opened ?? this.mark;
    this.opened = null;
    if (!mark) return;
    const tags = this.tags.value.split(",").map((tag) => tag.trim());
    const color = this.color.value;
    this.events.onWrite(mark, {
      label: this.label.value.trim(),
      text: this.text.value.trim(),
      tags: [...new Set(tags.filter(Boolean))],
      author: this.author.value.trim(),
      color: color === (mark.color ?? "#ffff00") ? mark.color : color,
    });
  }
}

function put(input: HTMLInputElement | HTMLTextAreaElement, value: string): void {
  if (input.value !== value) input.value = value;
}
