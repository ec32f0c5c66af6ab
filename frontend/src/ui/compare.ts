/** The controls of comparing: with which volume, how, and how dark. */

import { COMPARISONS, type Comparison, type Style } from "../state";
import type { Volume } from "../volume";
import { t } from "../words";
import { fill, h } from "./dom";

const HOW: Record<Comparison["how"], string> = {
  swipe: t("Under a divider"),
  beside: t("Side by side"),
};

export interface CompareNeeds {
  /** What can be compared with; without a word nothing can. */
  readonly volumes: readonly Volume[];
  onCompare(compare: Comparison | null): void;
  /** Controls of a volume's window, and what brings them up to date. */
  windowOf(
    volume: Volume,
    onWindow: (window: Comparison["window"]) => void,
  ): { element: HTMLElement; update(window: Comparison["window"]): void };
}

export function compareControls(needs: CompareNeeds, updates: ((style: Style) => void)[]) {
  const { volumes } = needs;
  let now: Comparison | null = null;
  const change = (patch: Partial<Comparison>) => {
    if (now) needs.onCompare({ ...now, ...patch });
  };
  const choice = h(
    "select",
    {
      "aria-label": t("Compare with"),
      onchange: () => {
        const volume = volumes[choice.selectedIndex - 1];
        const { how, at } = now ?? { how: "swipe" as const, at: 0.5 };
        needs.onCompare(volume ? { volume: volume.id, how, at, window: null } : null);
      },
    },
    h("option", {}, t("Nothing")),
    ...volumes.map(({ name }) => h("option", {}, name)),
  );
  const buttons = COMPARISONS.map((how) =>
    h("button", { type: "button", onclick: () => change({ how }) }, HOW[how]),
  );
  const more = h(
    "div",
    {},
    h("div", { class: "segmented", role: "group", "aria-label": t("How to compare") }, ...buttons),
  );
  const contrast = h("div", {});
  more.append(contrast);
  let of: string | null = null;
  let update: (window: Comparison["window"]) => void = () => {};
  updates.push(({ compare }) => {
    now = compare;
    const index = volumes.findIndex(({ id }) => id === compare?.volume);
    choice.selectedIndex = index + 1;
    more.hidden = index < 0;
    COMPARISONS.forEach((how, i) => {
      buttons[i]?.setAttribute("aria-pressed", String(how === compare?.how));
    });
    const volume = volumes[index];
    if (volume && volume.id !== of) {
      fill(contrast);
      update = () => {};
      if (volume.kind === "image") {
        const control = needs.windowOf(volume, (window) => change({ window }));
        contrast.append(control.element);
        update = control.update;
      }
    }
    of = volume?.id ?? null;
    if (compare) update(compare.window);
  });
  return h("fieldset", {}, h("legend", {}, t("Compare")), choice, more);
}
