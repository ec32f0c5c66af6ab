/** Controls of the layers panel: each tells what is chosen, and shows what the style says. */

import type { Style } from "../state";
import { h } from "./dom";

/** Told of the style whenever it changes. */
export type Updates = ((style: Style) => void)[];

export function checkbox(
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

/** A group of controls, whose title shows or hides what they are of. */
export function switched(
  title: string,
  onchange: (on: boolean) => void,
  read: (style: Style) => boolean,
  updates: Updates,
): HTMLElement {
  return h("fieldset", {}, h("legend", {}, checkbox(title, onchange, read, updates)));
}

export function select(
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

export function slider(
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

export function choice<T extends string>(
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

export function picked<T extends string>(
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
