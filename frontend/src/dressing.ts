/** What the drawing of regions needs beyond their table: asked for when first wanted, and kept. */

import type { Api } from "./api";
import { type Dress, UNDRESSED } from "./drawn";
import type { Loaded } from "./library";
import type { Region } from "./regions";
import type { Style } from "./state";

type Wanted = Pick<Style, "palette" | "depth" | "side">;

export class Dressing {
  private readonly palettes = new Map<string, Coming<ReadonlyMap<string, Region["rgb"]>>>();
  private readonly voxels = new Map<string, Coming<ReadonlyMap<string, number>>>();
  private last: Dress = UNDRESSED;

  constructor(
    private readonly api: Api,
    /** Something that was asked for is there. */
    private readonly onCome: () => void,
    private readonly onFailed: (error: unknown, again: () => void) => void,
  ) {}

  /** What is known now; what is not is asked for. The same as before unless something changed. */
  of(loaded: Loaded, style: Wanted): Dress {
    const { atlas, parcellation } = loaded.data;
    if (!atlas || !parcellation || !loaded.tree) return UNDRESSED;
    void this.palette(loaded, style);
    void this.count(loaded, style);
    const next: Dress = {
      palette: this.palettes.get(paletteKey(loaded, style))?.value ?? null,
      voxels: this.voxels.get(voxelsKey(loaded, style))?.value ?? null,
      sided: loaded.sided,
    };
    const { last } = this;
    const same =
      last.palette === next.palette && last.voxels === next.voxels && last.sided === next.sided;
    if (!same) this.last = next;
    return this.last;
  }

  /** Settle when the colours of a style are there. */
  async palette(loaded: Loaded, style: Wanted): Promise<void> {
    const { palette, depth } = style;
    const key = paletteKey(loaded, style);
    if (palette === "atlas") return;
    await this.ask(this.palettes, key, async (signal) => {
      const asked = { palette, ...(depth === null ? {} : { depth: String(depth) }) };
      const { atlas, parcellation } = loaded.data;
      const regions = await this.api.regions(atlas ?? "", parcellation ?? "", signal, asked);
      return new Map(regions.map(({ id, rgb }) => [id, rgb]));
    });
  }

  private async count(loaded: Loaded, style: Wanted): Promise<void> {
    const { atlas, parcellation } = loaded.data;
    await this.ask(this.voxels, voxelsKey(loaded, style), (signal) =>
      this.api.voxels(atlas ?? "", parcellation ?? "", sideOf(loaded, style), signal),
    );
  }

  private ask<T>(
    kept: Map<string, Coming<T>>,
    key: string,
    fetch: (signal: AbortSignal) => Promise<T>,
  ): Promise<void> {
    let coming = kept.get(key);
    if (!coming) {
      const asked: Coming<T> = { value: null, settled: Promise.resolve() };
      kept.set(key, asked);
      asked.settled = fetch(new AbortController().signal).then(
        (value) => {
          asked.value = value;
          this.onCome();
        },
        (error: unknown) =>
          this.onFailed(error, () => {
            kept.delete(key);
            this.onCome();
          }),
      );
      coming = asked;
    }
    return coming.settled;
  }
}

interface Coming<T> {
  value: T | null;
  settled: Promise<void>;
}

function sideOf({ sided }: Loaded, { side }: Wanted): string | null {
  return sided === "volume" ? side : null;
}

function paletteKey({ data }: Loaded, { palette, depth }: Wanted): string {
  return JSON.stringify([data.atlas, data.parcellation, palette, depth]);
}

function voxelsKey(loaded: Loaded, style: Wanted): string {
  const { atlas, parcellation } = loaded.data;
  return JSON.stringify([atlas, parcellation, sideOf(loaded, style)]);
}
