/** The engine: fetched after the first pixels, covered by the server's pictures till it has drawn. */

import type { Drawer } from "./drawer";
import { fetchEngine } from "./filesahead";
import { layPanels, type Panel } from "./panels";
import { picturesOf } from "./pictures";
import { Revival } from "./revival";
import type { Session } from "./session";
import type { View } from "./state";
import { h } from "./ui/dom";
import type { Notices } from "./ui/notices";
import type { Shell } from "./ui/shell";

/** What a part of the page that draws offers. */
interface Drawing {
  readonly Viewer: new (target: HTMLElement) => Drawer;
}

export interface EngineEvents {
  /** A drawer is there, the first one or one made anew. */
  onDrawer(drawer: Drawer): void;
}

export class Engine {
  /** `null` until it is there, and while it is made anew. */
  drawer: Drawer | null = null;
  private readonly revival: Revival;
  /** Makes what draws; nothing to be made before its code is there. */
  private make: () => void = () => {};
  /** What the pictures that were drawn ahead show. */
  private ahead: { view: View; width: number; height: number } | null = null;

  constructor(
    private readonly session: Session,
    private readonly shell: Pick<Shell, "surface" | "preview">,
    notices: Notices,
    private readonly resolve: (path: string) => string,
    private readonly events: EngineEvents,
    /** Draw planes alone, without WebGL2. */
    private readonly flat: boolean,
  ) {
    this.revival = new Revival(notices, {
      lay: () => {
        this.drawer?.dispose();
        this.drawer = null;
        this.shell.surface.replaceChildren();
        this.cover();
      },
      make: () => this.make(),
      done: () => void this.uncover(),
    });
  }

  /** Make another drawer, beside this one. */
  async another(target: HTMLElement): Promise<Drawer> {
    return new (await this.code()).Viewer(target);
  }

  /**
   * Show what the server can draw at once, fetch the engine meanwhile, and have it made.
   *
   * @throws Error when its code cannot be had.
   */
  async bring(): Promise<void> {
    // A turn later the browser has sent for the pictures, before the far larger engine.
    await new Promise((resolve) => setTimeout(resolve));
    let code: Drawing;
    try {
      code = await this.code();
      if (!this.flat) void fetchEngine();
    } catch (error) {
      this.shell.preview.hide();
      throw error;
    }
    this.make = () => this.draw(new code.Viewer(this.ground()));
    this.make();
  }

  /** Show the server's pictures where the engine's are missing. */
  cover(): void {
    const { view, loaded, mapSize } = this.session;
    const size = mapSize();
    this.ahead = { view, ...size };
    this.shell.preview.show(picturesOf(view, loaded.scene, size, this.resolve));
  }

  /** Take the server's pictures away once the engine has drawn. */
  async uncover(): Promise<void> {
    // What is drawn last and what is hidden then reach the screen in one frame.
    await this.drawer?.drawn().catch(() => {});
    this.shell.preview.hide();
  }

  /** What was drawn ahead is shown as long as it is of this very view. */
  checkAhead(): void {
    const { ahead, session } = this;
    if (ahead === null) return;
    const { width, height } = session.mapSize();
    if (ahead.view === session.view && ahead.width === width && ahead.height === height) return;
    this.shell.preview.hide();
  }

  /** The panels as they are drawn, or as they will be. */
  panels(): readonly Panel[] {
    const { view, camera, mapSize } = this.session;
    const placed = this.drawer?.panels() ?? [];
    return placed.length > 0 ? placed : layPanels(view.style.layout, camera.turn, mapSize());
  }

  /** Settle when the whole picture is drawn. */
  async drawn(patience: number): Promise<void> {
    const end = performance.now() + patience;
    while (this.drawer === null && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (this.drawer === null) throw new Error("The engine did not come");
    await this.drawer.drawn(end - performance.now());
  }

  private code(): Promise<Drawing> {
    return this.flat ? import("./flat/viewer") : import("./viewer/viewer");
  }

  /** What an engine draws on: each has its own. */
  private ground(): HTMLElement {
    const ground = h("div", { class: "ground" });
    this.shell.surface.replaceChildren(ground);
    return ground;
  }

  private draw(drawer: Drawer): void {
    this.drawer = drawer;
    drawer.onLost = () => void this.revival.begin();
    this.events.onDrawer(drawer);
  }
}
