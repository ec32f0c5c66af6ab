/** Annotation sets as layers of the engine: small ones held here, large ones streamed. */

import { makeLayer } from "neuroglancer/unstable/layer/index.js";
import { type DrawnSet, type EngineMark, engineMark, shaderOf } from "../marks/paint";
import type { Engine, EngineLayer } from "./engine";

const PREFIX = "marks ";
/** Of many, so many pixels lie between those that are drawn: dots of 5 pixels that stay apart. */
const SPACING = 12;
const MM = { x: [1e-3, "m"], y: [1e-3, "m"], z: [1e-3, "m"] };

/** What the engine holds of the annotations of a layer. */
interface LocalSource {
  readonly annotationMap: Map<string, EngineMark>;
  readonly changed: { dispatch(): void };
}

interface MarkLayer extends EngineLayer {
  readonly localAnnotations?: LocalSource;
  readonly annotationDisplayState: { readonly shader: { value: string } };
}

/** An annotation under the mouse. */
export interface PickedMark {
  readonly set: string;
  /** Our id, of an annotation that is held here. */
  readonly item: string | null;
  /** The number that the server's index has for it. */
  readonly place: number | null;
}

export class MarkLayers {
  private drawn: readonly DrawnSet[] = [];
  private due = false;

  constructor(private readonly engine: Engine) {}

  /** From now on these sets are drawn. */
  show(sets: readonly DrawnSet[]): void {
    const before = this.drawn;
    this.drawn = sets;
    for (const { id, stream } of before) {
      const now = sets.find((set) => set.id === id);
      const [old, kept] = [names(id, stream), now ? names(id, now.stream) : []];
      for (const name of old) if (!kept.includes(name)) this.remove(name);
      if (now?.stream && stream && now.stream.version !== stream.version) this.refresh(id);
    }
    this.restore();
  }

  /** Add what is missing, and bring what is there up to date. */
  restore(): void {
    for (const set of this.drawn) {
      const shader = shaderOf({ ...set, stream: null });
      this.layer(`${PREFIX}${set.id}`, shader, {
        source: { url: "local://annotations", transform: { outputDimensions: MM } },
        annotationProperties: [{ id: "color", type: "rgb", default: "#ffff00" }],
      });
      for (const type of set.stream?.types ?? []) {
        const suffix = type === "point" ? "" : `.${type}`;
        this.layer(`${PREFIX}${set.id} ${type}`, shaderOf(set), {
          source: `precomputed://${set.stream?.url}${suffix}`,
          crossSectionAnnotationSpacing: SPACING,
          projectionAnnotationSpacing: SPACING,
        });
      }
    }
    this.fill();
  }

  /** What the engine last saw under the mouse. */
  picked(): PickedMark | null {
    const state = this.engine.mouseState;
    const id = state.pickedAnnotationId;
    const layer = state.pickedAnnotationLayer;
    if (!state.active || id === undefined || !layer) return null;
    const managed = this.engine.layerManager.managedLayers.find((candidate) =>
      statesOf(candidate.layer).some((state) => state === (layer as unknown)),
    );
    const match = /^marks (\S+)( \S+)?$/.exec(managed?.name ?? "");
    if (!match?.[1]) return null;
    return match[2]
      ? { set: match[1], item: null, place: Number(id) }
      : { set: match[1], item: id, place: null };
  }

  private layer(name: string, shader: string, spec: object): void {
    const { layerManager, layerSpecification } = this.engine;
    const found = layerManager.getLayerByName(name);
    if (found) {
      const layer = found.layer as unknown as MarkLayer | null;
      const state = layer?.annotationDisplayState.shader;
      if (state && state.value !== shader) state.value = shader;
      return;
    }
    layerSpecification.add(
      makeLayer(layerSpecification, name, { type: "annotation", shader, ...spec }),
    );
  }

  private remove(name: string): void {
    const layer = this.engine.layerManager.getLayerByName(name);
    if (layer) this.engine.layerManager.removeManagedLayer(layer);
  }

  /** Read anew what is streamed. */
  private refresh(id: string): void {
    for (const { name, layer } of this.engine.layerManager.managedLayers) {
      if (!name.startsWith(`${PREFIX}${id} `)) continue;
      for (const { source } of statesOf(layer)) {
        const { spatiallyIndexedSources } = source as Partial<StreamSource>;
        for (const chunks of spatiallyIndexedSources ?? []) chunks.invalidateCache();
      }
    }
  }

  /** Hand the annotations to the layers that are ready; to the others a moment later. */
  private fill(): void {
    let missing = false;
    for (const set of this.drawn) {
      const managed = this.engine.layerManager.getLayerByName(`${PREFIX}${set.id}`);
      const source = (managed?.layer as unknown as MarkLayer | null)?.localAnnotations;
      if (source) pour(set, source);
      else missing = true;
    }
    if (!missing || this.due) return;
    this.due = true;
    setTimeout(() => {
      this.due = false;
      this.fill();
    }, 20);
  }
}

interface StreamSource {
  readonly spatiallyIndexedSources: ReadonlySet<{ invalidateCache(): void }>;
}

/** What a layer of annotations has loaded. */
function statesOf(layer: unknown): readonly { readonly source: unknown }[] {
  const own = layer as { annotationStates?: { states: { source: unknown }[] } } | null;
  return own?.annotationStates?.states ?? [];
}

const poured = new WeakMap<LocalSource, DrawnSet>();

function pour(set: DrawnSet, source: LocalSource): void {
  const before = poured.get(source);
  if (before?.marks === set.marks && before.coloring === set.coloring) return;
  const known = new Map(
    before?.coloring === set.coloring ? before.marks.map((mark) => [mark.id, mark]) : [],
  );
  const { annotationMap } = source;
  const ids = new Set(set.marks.map(({ id }) => id));
  for (const id of [...annotationMap.keys()]) if (!ids.has(id)) annotationMap.delete(id);
  for (const mark of set.marks) {
    if (known.get(mark.id) !== mark) annotationMap.set(mark.id, engineMark(mark, set.coloring));
  }
  poured.set(source, set);
  source.changed.dispatch();
}

function names(id: string, stream: DrawnSet["stream"]): string[] {
  return [`${PREFIX}${id}`, ...(stream?.types ?? []).map((type) => `${PREFIX}${id} ${type}`)];
}
