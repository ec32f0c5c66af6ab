/** What is loading, and what failed. */

import {
  ChunkPriorityTier,
  ChunkState,
  getChunkStateStatisticIndex,
} from "neuroglancer/unstable/chunk_manager/base.js";
import { type Engine, layersOf } from "./engine";

export interface Loading {
  readonly needed: number;
  readonly available: number;
}

export function loading(engine: Engine): Loading {
  let needed = 0;
  let available = 0;
  for (const layer of layersOf(engine)) {
    for (const { layerChunkProgressInfo: info } of layer.renderLayers) {
      needed += info.numVisibleChunksNeeded;
      available += info.numVisibleChunksAvailable;
    }
  }
  return { needed, available };
}

/** Is the picture complete? */
export function isReady(engine: Engine): boolean {
  const layers = engine.layerManager.managedLayers;
  return layers.length > 0 && layers.every(({ layer }) => layer !== null) && engine.isReady();
}

/** What failed to load, in the engine's words. */
export function problems(engine: Engine): string[] {
  const found = new Set<string>();
  for (const layer of layersOf(engine)) {
    for (const source of layer.dataSources ?? []) {
      if (source.loadState?.error) found.add(source.loadState.error.message);
    }
    for (const { messages } of layer.renderLayers) {
      for (const { severity, message } of messages ?? []) {
        if (severity === 2) found.add(message);
      }
    }
  }
  return [...found];
}

/** How many chunks of the picture could not be read. */
export async function failedChunks(engine: Engine): Promise<number> {
  const index = getChunkStateStatisticIndex(ChunkState.FAILED, ChunkPriorityTier.VISIBLE);
  let failed = 0;
  for (const [, statistics] of await engine.chunkQueueManager.getStatistics()) {
    failed += statistics[index] ?? 0;
  }
  return failed;
}

/** Ask again for everything. */
export async function retry(engine: Engine): Promise<void> {
  for (const [source] of await engine.chunkQueueManager.getStatistics()) {
    (source as { invalidateCache?: () => void }).invalidateCache?.();
  }
}
