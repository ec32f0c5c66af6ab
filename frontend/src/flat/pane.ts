/** One plane, drawn by OpenSeadragon from the server's Deep Zoom. Its world is millimetres. */

import OpenSeadragon from "openseadragon";
import { dot, scale, type Vec3 } from "../geometry";
import type { Look } from "../look";
import type { PlaneMap } from "../marks/project";
import { h } from "../ui/dom";
import { t } from "../words";
import { type FlatPlane, type Grid, pointOn, sliceAt } from "./grid";

export interface PaneEvents {
  /** A gesture moved it: the point in its middle, and millimetres a pixel. */
  onMoved(pane: Pane, at: Vec3, zoom: number): void;
  onFailed(): void;
}

/** Width and height of a slice, in the pixels of its last level. */
export type Size = readonly [number, number];

const MOTION = 0.25;

/**
 * OpenSeadragon writes a style sheet into the page, which the page's policy forbids and flat.css
 * has, unless it finds one with its mark: here is the mark, on what is no style sheet.
 */
function markStyled(): void {
  if (document.querySelector("style[data-openseadragon-mobile-css]")) return;
  const mark = document.createElementNS("urn:atlasview", "style");
  mark.setAttribute("data-openseadragon-mobile-css", "");
  document.head.append(mark);
}

export class Pane {
  readonly element = h("div", { class: "pane" });
  private readonly viewer: OpenSeadragon.Viewer;
  private shown: string | null = null;
  private at: Vec3 = [0, 0, 0];
  private zoom = 1;

  constructor(
    readonly plane: FlatPlane,
    private readonly grid: Grid,
    parent: HTMLElement,
    private readonly events: PaneEvents,
  ) {
    parent.append(this.element);
    markStyled();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.viewer = OpenSeadragon({
      element: this.element,
      drawer: "canvas",
      tabIndex: -1,
      showNavigationControl: false,
      showNavigator: false,
      animationTime: still ? 0 : MOTION,
      blendTime: 0,
      immediateRender: true,
      visibilityRatio: 0,
      minZoomLevel: 1e-6,
      maxZoomLevel: 1e6,
      preserveViewport: true,
      autoResize: false,
      imageSmoothingEnabled: true,
      maxImageCacheCount: 300,
      zoomPerScroll: 1.25,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true, flickEnabled: !still },
      gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: false, pinchRotate: false },
      gestureSettingsPen: { clickToZoom: false, dblClickToZoom: false },
    });
    const { viewer } = this;
    viewer.addHandler("canvas-key", (event) => {
      // The keys are those of the page.
      event.preventDefaultAction = true;
    });
    viewer.addHandler("viewport-change", () => this.moved());
    viewer.addHandler("tile-load-failed", () => events.onFailed());
  }

  /** Draw the slice that holds a point. */
  draw(look: Look, size: Size, at: Vec3, resolve: (path: string) => string): void {
    const slice = sliceAt(this.grid, at);
    const query = new URLSearchParams({
      ...look.query,
      ...(this.grid.square ? {} : { pixels: "square" }),
    });
    const base = resolve(`dzi/${look.volume}/${this.plane}/${slice}_files`);
    const key = `${base}?${query}`;
    if (key === this.shown) return;
    this.shown = key;
    const { world } = this.viewer;
    // Of the slices on the way only the newest is wanted.
    for (let i = world.getItemCount() - 1; i > 0; i--) world.removeItem(world.getItemAt(i));
    this.viewer.addTiledImage({
      tileSource: {
        width: size[0],
        height: size[1],
        tileSize: 254,
        tileOverlap: 1,
        minLevel: 0,
        getTileUrl: (level: number, x: number, y: number) =>
          `${base}/${level}/${x}_${y}.${look.format}?${query}`,
      } as OpenSeadragon.TileSourceOptions,
      x: this.grid.left,
      y: this.grid.top,
      width: this.grid.width,
      success: (event: unknown) => {
        const { item } = event as { item: OpenSeadragon.TiledImage };
        item.whenFullyLoaded(() => this.settle(item));
      },
    } as OpenSeadragon.TileSourceSpecifier);
  }

  /** Bring a point to the middle, at so many millimetres a pixel. */
  place(at: Vec3, zoom: number): void {
    const { right, down } = this.grid;
    const here = this.isAt(dot(right, at), dot(down, at), zoom);
    this.at = at;
    if (here) return;
    this.zoom = zoom;
    this.put();
  }

  /** Is this, but for less than can be seen, what was put or reported last? */
  private isAt(u: number, v: number, zoom: number): boolean {
    const { right, down } = this.grid;
    const near = (a: number, b: number) => Math.abs(a - b) < zoom * 0.01;
    const same = Math.abs(zoom / this.zoom - 1) < 1e-4;
    return same && near(u, dot(right, this.at)) && near(v, dot(down, this.at));
  }

  /** Its size changed: what is in the middle stays there, as large as it is. */
  resized(): void {
    const { viewport } = this.viewer;
    const { x, y } = viewport.getContainerSize();
    const { clientWidth, clientHeight } = this.element;
    if (x === clientWidth && y === clientHeight) return;
    viewport.resize(new OpenSeadragon.Point(clientWidth, clientHeight), false);
    this.put();
    this.viewer.forceRedraw();
  }

  zoomBy(factor: number, client: { x: number; y: number } | null = null): void {
    const { viewport } = this.viewer;
    const point = client && viewport.pointFromPixel(this.pixel(client), true);
    viewport.zoomBy(1 / factor, point ?? undefined);
    viewport.applyConstraints();
  }

  /** Move by a share of its size. */
  pan(across: number, down: number): void {
    const { width, height } = this.viewer.viewport.getBounds(true);
    this.viewer.viewport.panBy(new OpenSeadragon.Point(across * width, down * height));
  }

  pointAt(client: { x: number; y: number }): Vec3 {
    const { x, y } = this.viewer.viewport.pointFromPixel(this.pixel(client), true);
    return pointOn(this.grid, x, y, this.at);
  }

  /** How it maps the world to its pixels, as it is drawn this moment. */
  map(): PlaneMap {
    const {
      offsetLeft: left,
      offsetTop: top,
      clientWidth: width,
      clientHeight: height,
    } = this.element;
    const { x, y, width: shown } = this.viewer.viewport.getBounds(true);
    const zoom = shown / Math.max(1, width);
    const centre = pointOn(this.grid, x + shown / 2, y + (zoom * height) / 2, this.at);
    const { right, down, normal } = this.grid;
    const axes = {
      right: scale(right, zoom),
      down: scale(down, zoom),
      normal: scale(normal, zoom),
    };
    return { kind: "plane", left, top, width, height, centre, ...axes };
  }

  /** One slice on, or several, or back. */
  stepped(slices: number, at: Vec3): Vec3 {
    const { normal, step } = this.grid;
    return at.map((value, i) => value + slices * step * (normal[i] ?? 0)) as unknown as Vec3;
  }

  get complete(): boolean {
    const { world } = this.viewer;
    const last = world.getItemAt(world.getItemCount() - 1);
    return last?.getFullyLoaded() === true;
  }

  get canvas(): HTMLCanvasElement {
    return this.viewer.drawer.canvas as HTMLCanvasElement;
  }

  destroy(): void {
    this.viewer.destroy();
    this.element.remove();
  }

  private pixel({ x, y }: { x: number; y: number }): OpenSeadragon.Point {
    const box = this.element.getBoundingClientRect();
    return new OpenSeadragon.Point(x - box.left, y - box.top);
  }

  /** The newest slice is there: those beneath it have had their time. */
  private settle(item: OpenSeadragon.TiledImage): void {
    const { world } = this.viewer;
    const index = world.getIndexOfItem(item);
    for (let i = index - 1; i >= 0; i--) world.removeItem(world.getItemAt(i));
  }

  private put(): void {
    const { right, down } = this.grid;
    const size = this.viewer.viewport.getContainerSize();
    const width = Math.max(1, size.x) * this.zoom;
    const height = Math.max(1, size.y) * this.zoom;
    const x = dot(right, this.at) - width / 2;
    const y = dot(down, this.at) - height / 2;
    this.viewer.viewport.fitBounds(new OpenSeadragon.Rect(x, y, width, height), true);
  }

  private moved(): void {
    if (this.shown === null) return;
    const bounds = this.viewer.viewport.getBounds(true);
    const { x, y } = bounds.getCenter();
    const zoom = bounds.width / Math.max(1, this.viewer.viewport.getContainerSize().x);
    // It is told of what was put too, a frame later.
    if (this.isAt(x, y, zoom)) return;
    const at = pointOn(this.grid, x, y, this.at);
    this.at = at;
    this.zoom = zoom;
    this.events.onMoved(this, at, zoom);
  }
}

/** What stands where a 3D picture would be. */
export function noSpace(): HTMLElement {
  return h(
    "div",
    { class: "pane pane-empty" },
    h("p", {}, t("3D and tilted planes need WebGL2, which is not used here.")),
  );
}
