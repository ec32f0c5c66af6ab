/** What the server has, and the data of one view found and loaded out of it. */

import type { Api } from "./api";
import { ApiError } from "./apierror";
import type { Atlas } from "./atlas";
import type { Sided } from "./drawn";
import { RegionTree } from "./regions";
import type { Scene } from "./scene";
import type { Data, Style } from "./state";
import type { Volume } from "./volume";
import { t } from "./words";

/** What a view shows, found and loaded. */
export interface Loaded {
  readonly data: Data;
  readonly atlas: Atlas | null;
  readonly tree: RegionTree | null;
  readonly scene: Scene;
  readonly sided: Sided;
}

export const NO_DATA: Data = { atlas: null, template: null, parcellation: null, volume: null };

export const NOTHING: Loaded = {
  data: NO_DATA,
  atlas: null,
  tree: null,
  scene: { image: null, labels: null, surfaces: false },
  sided: null,
};

/** What the server calls the space of a volume that names none: no two of these are the same. */
const NO_SPACE = "unspecified";

export class Library {
  volumes: readonly Volume[] = [];
  atlases: readonly Atlas[] = [];
  private ahead: Promise<[Volume[], Atlas[]]> | null = null;
  private readonly trees = new Map<string, RegionTree>();

  constructor(private readonly api: Api) {}

  /** Ask the server what there is, once more unless it was asked ahead. */
  async read(signal: AbortSignal): Promise<void> {
    const { ahead } = this;
    this.ahead = null;
    [this.volumes, this.atlases] = await (ahead ?? this.ask(signal));
  }

  /** Ask the server what there is; who reads next has the same answer. */
  async readAhead(signal: AbortSignal): Promise<void> {
    this.ahead = this.ask(signal);
    [this.volumes, this.atlases] = await this.ahead;
  }

  private ask(signal: AbortSignal): Promise<[Volume[], Atlas[]]> {
    return Promise.all([this.api.volumes(signal), this.api.atlases(signal)]);
  }

  /** Complete a wish for data with what there is; what there is not is told in `notices`. */
  resolve(wish: Partial<Data>, notices: string[]): Data {
    if (wish.volume) {
      if (this.volumes.some(({ id }) => id === wish.volume))
        return { ...NO_DATA, volume: wish.volume };
      notices.push(t("There is no volume “{name}” on this server.", { name: wish.volume }));
    }
    if (wish.atlas && !this.atlases.some(({ id }) => id === wish.atlas)) {
      notices.push(t("There is no atlas “{name}” on this server.", { name: wish.atlas }));
    }
    const atlas = this.atlases.find(({ id }) => id === wish.atlas) ?? this.atlases[0];
    if (!atlas) {
      const first = this.volumes.find(({ kind }) => kind === "image") ?? this.volumes[0];
      return { ...NO_DATA, volume: first?.id ?? null };
    }
    const own = <T extends string>(
      wished: T | null | undefined,
      ids: readonly T[],
      missing: (name: string) => string,
    ) => {
      if (wished && ids.includes(wished)) return wished;
      if (wished) notices.push(missing(wished));
      return ids[0] ?? null;
    };
    return {
      atlas: atlas.id,
      template: own(wish.template, atlas.templates, (name) =>
        t("{atlas} has no template “{name}”.", { atlas: atlas.name, name }),
      ),
      parcellation: own(
        wish.parcellation,
        atlas.parcellations.map(({ id }) => id),
        (name) => t("{atlas} has no parcellation “{name}”.", { atlas: atlas.name, name }),
      ),
      volume: null,
    };
  }

  /** The volumes that data are drawn from. */
  sceneOf(data: Data): Scene {
    const atlas = this.atlases.find(({ id }) => id === data.atlas);
    if (!atlas) {
      const only = this.volume(data.volume);
      const image = only?.kind === "image" ? only : null;
      const labels = only?.kind === "labels" ? only : null;
      return { image, labels, surfaces: false };
    }
    const parcellation = atlas.parcellations.find(({ id }) => id === data.parcellation);
    return {
      image: this.volume(data.template),
      labels: this.volume(parcellation?.labels),
      surfaces: parcellation !== undefined,
    };
  }

  async load(data: Data, signal: AbortSignal): Promise<Loaded> {
    const atlas = this.atlases.find(({ id }) => id === data.atlas) ?? null;
    if (!atlas) return { ...NOTHING, data, scene: this.sceneOf(data) };
    const parcellation = atlas.parcellations.find(({ id }) => id === data.parcellation);
    const tree = parcellation ? await this.regions(atlas.id, parcellation.id, signal) : null;
    return {
      data,
      atlas,
      tree,
      scene: this.sceneOf(data),
      sided: parcellation?.hemispheres ? "volume" : tree?.hasSides ? "regions" : null,
    };
  }

  private volume(id: string | null | undefined): Volume | null {
    const found = this.volumes.find((candidate) => candidate.id === id);
    if (id && !found)
      throw new ApiError(
        t("The server names a volume “{name}” that it does not list.", { name: id }),
      );
    return found ?? null;
  }

  private async regions(atlas: string, parcellation: string, signal: AbortSignal) {
    const key = JSON.stringify([atlas, parcellation]);
    let found = this.trees.get(key);
    if (!found) {
      found = new RegionTree(await this.api.regions(atlas, parcellation, signal));
      this.trees.set(key, found);
    }
    return found;
  }
}

/** The name of the space that data lie in; `null` when they name none. */
export function spaceOf({ scene }: Loaded): string | null {
  const space = (scene.image ?? scene.labels)?.space ?? NO_SPACE;
  return space === NO_SPACE ? null : space;
}

/** What of a style the data can show: regions, a side or a channel that they lack are left out. */
export function fitting(style: Style, loaded: Loaded): Style {
  const channels = loaded.scene.image?.channels ?? 1;
  return {
    ...style,
    channel: style.channel !== null && style.channel < channels ? style.channel : null,
    selected: style.selected.filter((id) => knows(loaded, id)),
    hidden: style.hidden.filter((id) => knows(loaded, id)),
    colors: Object.fromEntries(Object.entries(style.colors).filter(([id]) => knows(loaded, id))),
    side: loaded.sided === null ? null : style.side,
  };
}

/** Can a region, or a label of a volume without regions, be selected here? */
function knows({ tree, scene }: Loaded, id: string): boolean {
  return tree ? tree.get(id) !== undefined : scene.labels !== null && /^\d+$/.test(id);
}
