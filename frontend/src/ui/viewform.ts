/** What a maker says of a view: title, text, author, how long its link works, on what page. */

import { t } from "../words";
import { h } from "./dom";

export interface Said {
  readonly title: string;
  readonly text: string;
  readonly author: string;
  /** A moment as the server takes it; `null` is never. */
  readonly expires: string | null;
  readonly minimal: boolean;
}

const DAYS = { week: 7, month: 30, year: 365 } as const;

export class ViewForm {
  readonly element: HTMLFormElement;

  private readonly title = h("input", { type: "text", maxlength: "300", autocomplete: "off" });
  private readonly text = h("textarea", { rows: "4", maxlength: "20000" });
  private readonly author = h("input", { type: "text", maxlength: "200", autocomplete: "name" });
  private readonly lasts = h(
    "select",
    { onchange: () => this.showDay() },
    h("option", { value: "ever" }, t("For ever")),
    h("option", { value: "week" }, t("For a week")),
    h("option", { value: "month" }, t("For 30 days")),
    h("option", { value: "year" }, t("For a year")),
    h("option", { value: "day" }, t("Until a day…")),
  );
  private readonly day = h("input", { type: "date", "aria-label": t("Last day") });
  private readonly minimal = h("input", { type: "checkbox" });

  constructor(said: Said, onChange: () => void) {
    this.title.value = said.title;
    this.text.value = said.text;
    this.author.value = said.author;
    this.minimal.checked = said.minimal;
    this.lasts.value = said.expires === null ? "ever" : "day";
    this.day.value = said.expires === null ? "" : localDay(new Date(said.expires));
    this.day.min = localDay(new Date());
    this.element = h(
      "form",
      {
        class: "view-form",
        oninput: onChange,
        onsubmit: (event: SubmitEvent) => event.preventDefault(),
      },
      field(t("Title"), this.title),
      field(t("Text"), this.text),
      field(t("Author"), this.author),
      h(
        "div",
        { class: "field" },
        h("label", { for: "view-lasts" }, t("The link works")),
        h("div", { class: "field-row" }, this.lasts, this.day),
      ),
      h(
        "label",
        { class: "check" },
        this.minimal,
        t("Open it on a page that only shows, without tools"),
      ),
    );
    this.lasts.id = "view-lasts";
    this.showDay();
  }

  /** What stands in its fields, to be compared: a week from now is another moment every time. */
  get filled(): string {
    const { title, text, author, lasts, day, minimal } = this;
    const last = lasts.value === "day" ? day.value : "";
    const fields = [title, text, author, lasts].map(({ value }) => value);
    return JSON.stringify([...fields, last, minimal.checked]);
  }

  said(): Said {
    return {
      title: this.title.value,
      text: this.text.value,
      author: this.author.value,
      expires: this.expires(),
      minimal: this.minimal.checked,
    };
  }

  focus(): void {
    this.title.focus();
    this.title.select();
  }

  private expires(): string | null {
    const choice = this.lasts.value;
    if (choice === "day") {
      // The whole of that day, where its maker is.
      return this.day.value ? new Date(`${this.day.value}T23:59:59`).toISOString() : null;
    }
    const days = DAYS[choice as keyof typeof DAYS];
    return days === undefined ? null : new Date(Date.now() + days * 86_400_000).toISOString();
  }

  private showDay(): void {
    this.day.hidden = this.lasts.value !== "day";
  }
}

function field(label: string, input: HTMLElement): HTMLElement {
  return h("label", { class: "field" }, h("span", {}, label), input);
}

function localDay(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
