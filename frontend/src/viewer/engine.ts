/** The parts of Neuroglancer that we use and whose types it does not publish. */

import type { Viewer } from "neuroglancer/unstable/viewer.js";
import type { Quat } from "../geometry";

export type Engine = Viewer;

export interface EngineLayer {
  readonly dataSources?: readonly {
    readonly loadState?: { readonly error?: Error } | undefined;
  }[];
  readonly renderLayers: readonly {
    readonly layerChunkProgressInfo: {
      readonly numVisibleChunksNeeded: number;
      readonly numVisibleChunksAvailable: number;
    };
    getValueAt?(point: Float32Array): unknown;
    readonly messages?: Iterable<{ readonly severity: number; readonly message: string }>;
  }[];
  readonly displayState?: {
    readonly ignoreNullVisibleSet: { value: boolean };
    readonly notSelectedAlpha: { value: number };
    /** Of surfaces. */
    readonly renderScaleTarget: { value: number };
    readonly segmentStatedColors: { readonly value: LabelMap };
    readonly segmentationGroupState: {
      readonly value: Record<"visibleSegments" | "selectedSegments", LabelSet> & {
        readonly segmentEquivalences: { clear(): void; linkAll(labels: readonly bigint[]): void };
      };
    };
  };
  /** The shader of an image. */
  readonly fragmentMain?: { value: string };
  readonly shaderControlState?: { restoreState(state: unknown): void };
}

/** Where the engine keeps the planes of its 3D panel. */
export interface EngineLayout {
  readonly container: {
    readonly component: {
      readonly layerGroupViewer: {
        readonly layout: {
          readonly specification: {
            readonly crossSections: ReadonlyMap<
              string,
              { readonly orientation: { readonly value: { restoreState(q: Quat): void } } }
            >;
          };
        };
      };
    };
  };
}

interface LabelMap {
  clear(): void;
  set(label: bigint, packed: bigint): void;
}

interface LabelSet {
  clear(): void;
  add(labels: bigint[]): void;
  readonly size: number;
}

export interface EnginePanel {
  readonly element: HTMLElement;
  readonly sliceView?: {
    readonly projectionParameters: { readonly value: { readonly invViewMatrix: Float32Array } };
    readonly navigationState: {
      readonly pose: { readonly orientation: { readonly orientation: Float32Array } };
    };
    readonly viewChanged: { dispatch(): void };
  };
  readonly navigationState: { zoomBy(factor: number): void };
  handleMouseMove(clientX: number, clientY: number): void;
  translateByViewportPixels(deltaX: number, deltaY: number): void;
}

/** The layers of the engine, as far as they are there yet. */
export function layersOf(engine: Engine): EngineLayer[] {
  return engine.layerManager.managedLayers.flatMap(({ layer }) =>
    layer ? [layer as EngineLayer] : [],
  );
}

export function panelsOf(engine: Engine): EnginePanel[] {
  return [...engine.display.panels] as unknown as EnginePanel[];
}
