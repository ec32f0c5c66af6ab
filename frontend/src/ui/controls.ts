/** Controls of the layers panel: each tells what is chosen, and shows what the style says. */

import type { Style } from "../state";
import { h } from "./dom";

/** Told of the style whenever it changes. */
export type Updates = ((style: Style) => void)[];

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

/** Which of several is shown, to be chosen; where there is but one, its name. */
export function select(
  label: string,
  options: readonly (readonly [string, string])[],
  value: string | null,
  onchange: (id: string) => void,
): HTMLElement {
  const [only] = options;
  if (only && options.length === 1) return h("p", { class: "layer-name" }, only[1]);
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

/** The members of the style that are of a type. */
type Of<T> = { [K in keyof Style]: Style[K] extends T ? K : never }[keyof Style];
/** Those whose every text a control must offer. */
type Worded = { [K in keyof Style]: Style[K] extends string ? K : never }[keyof Style];

/** Controls of single members of the style: what is chosen is told, what the style says is shown. */
export class Dials {
  constructor(
    private readonly onStyle: (patch: Partial<Style>) => void,
    private readonly updates: Updates,
  ) {}

  checkbox(label: string, member: Of<boolean>): HTMLElement {
    return checkbox(label, this.tell(member), (style) => style[member], this.updates);
  }

  /** A group of controls, whose title shows or hides what they are of. */
  group(title: string, member: Of<boolean>): HTMLElement {
    return h("fieldset", {}, h("legend", {}, this.checkbox(title, member)));
  }

  slider(label: string, range: Parameters<typeof slider>[1], member: Of<number>): HTMLElement {
    return slider(label, range, this.tell(member), (style) => style[member], this.updates);
  }

  choice<K extends Worded>(
    label: string,
    options: readonly (readonly [Style[K], string])[],
    member: K,
  ): HTMLElement {
    return choice(label, options, this.tell(member), (style) => style[member], this.updates);
  }

  picked<K extends Worded>(
    label: string,
    options: readonly (readonly [Style[K], string])[],
    member: K,
  ): HTMLElement {
    return picked(label, options, this.tell(member), (style) => style[member], this.updates);
  }

  /** Hide a control where it means nothing. */
  unless(control: HTMLElement, idle: (style: Style) => boolean): HTMLElement {
    this.updates.push((style) => {
      control.hidden = idle(style);
    });
    return control;
  }

  private tell<K extends keyof Style>(member: K): (value: Style[K]) => void {
    return (value) => this.onStyle({ [member]: value } as Partial<Style>);
  }
}
