/** What of a view stays when other data are shown: the place, and the regions that both have. */

import { carried } from "./affine";
import { counterparts } from "./counterparts";
import { type Loaded, spaceOf } from "./library";
import { boundsOf } from "./scene";
import type { Camera, Style, View } from "./state";
import type { Way } from "./whereabouts";
import { plural, t } from "./words";

export interface Switched {
  readonly camera: Camera;
  readonly style: Partial<Style>;
  /** What could not be kept, and what was carried over. */
  readonly words: readonly string[];
}

/** Tells how one gets from one space to another; `null` where nothing leads. */
export type Ways = (from: string, to: string) => Promise<Way | null>;

const NAMED = 4;

/** Find out what stays; `home` is where one looks from where the place cannot. */
export async function switched(
  before: Loaded,
  after: Loaded,
  view: View,
  home: Camera,
  ways: Ways,
): Promise<Switched> {
  const place = await placed(before, after, view.camera, home, ways);
  const regions = chosen(before, after, view.style);
  return {
    camera: place.camera,
    style: regions.style,
    words: [...place.words, ...regions.words],
  };
}

async function placed(
  before: Loaded,
  after: Loaded,
  camera: Camera,
  home: Camera,
  ways: Ways,
): Promise<{ camera: Camera; words: string[] }> {
  const from = spaceOf(before);
  const to = spaceOf(after);
  const name = nameOf(after);
  if (from === null || to === null) {
    const silent = from === null ? nameOf(before) : name;
    // Before the first data there is no place to lose.
    const words =
      before.scene.image || before.scene.labels
        ? [
            t("{silent} does not say in which space it lies, so the place could not be kept.", {
              silent,
            }),
          ]
        : [];
    return { camera: home, words };
  }
  const way = from === to ? null : await ways(from, to);
  if (from === to || way?.by === "") return { camera, words: [] };
  if (!way) {
    return {
      camera: home,
      words: [
        t(
          "The place could not be kept: nothing leads from the space {from} to {to}. " +
            "This is the whole of {name}.",
          { from, to, name },
        ),
      ],
    };
  }
  const there = carried(camera, way.matrix);
  const bounds = boundsOf(after.scene);
  const inside = bounds?.[0].every(
    (low, i) => low <= (there.at[i] ?? 0) && (there.at[i] ?? 0) <= (bounds[1][i] ?? 0),
  );
  if (!inside) {
    return {
      camera: home,
      words: [t("The place lies outside of {name}, which is shown as a whole.", { name })],
    };
  }
  return {
    camera: there,
    words: [
      t("The place was carried from the space {from} to {to} by {way}. {accuracy}", {
        from,
        to,
        way: way.by,
        accuracy: way.accuracy,
      }),
    ],
  };
}

/** What is chosen of regions, as far as the others have them too. */
function chosen(
  before: Loaded,
  after: Loaded,
  style: Style,
): { style: Partial<Style>; words: string[] } {
  if (after.tree === before.tree) return { style: {}, words: [] };
  const related = before.atlas?.species === after.atlas?.species;
  const find = (ids: readonly string[]) => counterparts(before.tree, after.tree, ids, related);
  const selected = find(style.selected);
  const colors = find(Object.keys(style.colors)).found;
  const ids = [...new Set(selected.found.values())];
  return {
    style: {
      selected: ids,
      hidden: [...new Set(find(style.hidden).found.values())],
      colors: Object.fromEntries(
        [...colors].map(([old, id]) => [id, style.colors[old] ?? ""] as const),
      ),
      isolate: style.isolate && ids.length > 0,
      depth: null,
    },
    words: selected.lost.length > 0 ? [lostWords(selected.lost, nameOf(after))] : [],
  };
}

function lostWords(lost: readonly string[], name: string): string {
  const some = lost.slice(0, NAMED).join(", ");
  const more = lost.length - NAMED;
  const regions =
    more > 0 ? plural(more, "{some} and {n} more", "{some} and {n} more", { some }) : some;
  return plural(
    lost.length,
    "{name} has no region {regions}: it is no longer selected.",
    "{name} does not have these regions, which are no longer selected: {regions}.",
    { name, regions },
  );
}

function nameOf({ atlas, scene, data }: Loaded): string {
  const parcellation = atlas?.parcellations.find(({ id }) => id === data.parcellation)?.name;
  const several = (atlas?.parcellations.length ?? 0) > 1;
  const shown = (several ? parcellation : null) ?? atlas?.name;
  return shown ?? (scene.image ?? scene.labels)?.name ?? "";
}
