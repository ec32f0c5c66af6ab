/** What the server knows of a point: its voxels in the image and in the labels. */

import type { Vec3 } from "../geometry";
import { parse, record } from "../json";

export interface Found {
  readonly label: bigint | null;
  readonly value: string | null;
}

/** A resting pointer is asked for, not each of its ways. */
const PAUSE = 60;

export class Probe {
  private asking = new AbortController();

  stop(): void {
    this.asking.abort();
  }

  /** Ask for one point; `null` when another is asked for meanwhile. */
  async ask(
    point: Vec3,
    {
      image,
      labels,
      resolve,
    }: {
      image: string | null;
      labels: string | null;
      resolve: (path: string) => string;
    },
  ): Promise<Found | null> {
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    await new Promise((done) => setTimeout(done, PAUSE));
    if (signal.aborted) return null;
    const at = point.map((value) => Number(value.toFixed(6))).join();
    const value = async (volume: string | null): Promise<unknown> => {
      if (volume === null) return null;
      const path = `api/volumes/${encodeURIComponent(volume)}/value?point=${at}`;
      const response = await fetch(resolve(path), { signal });
      // Outside of the volume there is nothing.
      if (!response.ok) return null;
      return record(parse(await response.text()), "it").value ?? null;
    };
    try {
      const [drawn, label] = await Promise.all([value(image), value(labels)]);
      return {
        label: /^\d+$/.test(String(label)) ? BigInt(String(label)) : null,
        value: drawn === null ? null : [drawn].flat().join(", "),
      };
    } catch {
      return null;
    }
  }
}
