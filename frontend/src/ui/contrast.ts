/** The control of which values of a volume are black and which are white. */

import { defaultWindow } from "../scene";
import type { Volume } from "../volume";
import { t } from "../words";
import type { Updates } from "./controls";
import { h } from "./dom";

export function windowControl(
  image: Volume,
  onWindow: (window: readonly [number, number] | null) => void,
  updates: Updates,
): HTMLElement {
  const [low, high] = defaultWindow(image);
  const [first, last] = image.valueRange ?? [low, high];
  const min = Math.min(first, low);
  const max = Math.max(last, high);
  const step = image.dtype.startsWith("float") ? (max - min) / 1000 || 1e-6 : 1;
  const decimals = image.dtype.startsWith("float") ? 4 : 0;
  let now: readonly [number, number] = [low, high];
  const set = (lo: number, hi: number) => {
    if (Number.isFinite(lo) && Number.isFinite(hi) && lo < hi) {
      onWindow(lo === low && hi === high ? null : [lo, hi]);
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
          onclick: () => onWindow(null),
        },
        t("Reset"),
      ),
    ),
    h("div", { class: "two-thumbs" }, band, ranges[0], ranges[1]),
  );
}
