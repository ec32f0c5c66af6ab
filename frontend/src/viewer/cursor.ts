/** What is under the mouse. */

import type { Vec3 } from "../geometry";
import type { Plane } from "../panels";
import { IMAGE_LAYERS, LABELS_LAYER, SOLIDS_LAYER } from "../scene";
import { type Engine, type EngineLayer, type EnginePanel, panelsOf } from "./engine";
import { planeOf, pointAt } from "./panels";

export interface Cursor {
  readonly point: Vec3;
  readonly plane: Plane;
  /** The voxel of the labels under the cursor; `null` where there is none. */
  readonly label: bigint | null;
  /** The surface under the cursor in the 3D panel. */
  readonly solid: bigint | null;
  /** The voxel of the image under the cursor, as text: a number for each channel drawn. */
  readonly value: string | null;
}

/** The mouse over the engine's panels. */
export class Mouse {
  private panel: EnginePanel | null = null;
  private at: { readonly x: number; readonly y: number } | null = null;

  constructor(private readonly engine: Engine) {}

  /** Is it over the map? */
  get present(): boolean {
    return this.at !== null;
  }

  /** The panel it was over last, or the first one. */
  get active(): EnginePanel {
    const panels = panelsOf(this.engine);
    const panel = this.panel && panels.includes(this.panel) ? this.panel : panels[0];
    if (!panel) throw new Error("The map has no panel");
    return panel;
  }

  moved(event: PointerEvent): void {
    this.panel = this.panelAt(event);
    this.at = { x: event.clientX, y: event.clientY };
  }

  left(): void {
    this.at = null;
  }

  panelAt(event: Event): EnginePanel | null {
    const target = event.target as Node | null;
    return panelsOf(this.engine).find(({ element }) => element.contains(target)) ?? null;
  }

  /**
   * What is under it, now. The engine's own answer comes some frames later, by way of the graphics
   * card; only the 3D panel needs that.
   */
  cursor(): Cursor | null {
    const { panel, at } = this;
    if (panel === null || at === null) return null;
    const point = pointAt(panel, at.x, at.y) ?? this.pickedIn3d();
    if (point === null) return null;
    return {
      point,
      plane: planeOf(panel, this.engine.crossSectionOrientation.orientation),
      solid: panel.sliceView ? null : this.solidIn3d(),
      ...this.voxelsAt(point),
    };
  }

  /** What is at a point, as far as it is loaded. */
  look(point: Vec3): Cursor {
    const plane = planeOf(this.active, this.engine.crossSectionOrientation.orientation);
    return { point, plane, solid: null, ...this.voxelsAt(point) };
  }

  /** The labels of a panel that shows a plane, looked at in steps of pixels, row by row. */
  labelsOf(
    panel: EnginePanel,
    step: number,
  ): { cols: number; rows: number; labels: bigint[] } | null {
    const box = panel.element.getBoundingClientRect();
    const cols = Math.floor(box.width / step);
    const rows = Math.floor(box.height / step);
    const labels: bigint[] = [];
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) {
        const point = pointAt(panel, box.left + (col + 0.5) * step, box.top + (row + 0.5) * step);
        if (point === null) return null;
        labels.push(labelOf(this.valueAt(LABELS_LAYER, point)) ?? 0n);
      }
    }
    return { cols, rows, labels };
  }

  private solidIn3d(): bigint | null {
    const { pickedRenderLayer, pickedValue } = this.engine.mouseState;
    const managed = this.engine.layerManager.getLayerByName(SOLIDS_LAYER);
    const layers: readonly unknown[] = (managed?.layer as EngineLayer | null)?.renderLayers ?? [];
    return layers.includes(pickedRenderLayer) ? pickedValue : null;
  }

  private pickedIn3d(): Vec3 | null {
    const { mouseState } = this.engine;
    const [x, y, z] = mouseState.unsnappedPosition;
    if (!mouseState.active || x === undefined || y === undefined || z === undefined) return null;
    return [x, y, z];
  }

  private voxelsAt(point: Vec3): Pick<Cursor, "label" | "value"> {
    const values = IMAGE_LAYERS.map((name) => this.valueAt(name, point)).filter((v) => v !== null);
    return {
      label: labelOf(this.valueAt(LABELS_LAYER, point)),
      value: values.length > 0 ? values.map(text).join(", ") : null,
    };
  }

  /** The voxel at a point, of the finest level that is loaded there. */
  private valueAt(name: string, point: Vec3): unknown {
    const managed = this.engine.layerManager.getLayerByName(name);
    if (!managed?.visible) return null;
    for (const layer of (managed.layer as EngineLayer | null)?.renderLayers ?? []) {
      const value = layer.getValueAt?.(Float32Array.from(point)) ?? null;
      if (value !== null) return value;
    }
    return null;
  }
}

function labelOf(value: unknown): bigint | null {
  return typeof value === "bigint" ? value : typeof value === "number" ? BigInt(value) : null;
}

function text(value: unknown): string {
  if (typeof value === "number") return String(Number(value.toPrecision(7)));
  if (Array.isArray(value)) return value.map(text).join(", ");
  return String(value);
}
