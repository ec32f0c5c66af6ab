/**
 * A second volume in step with the first: the same place, zoom and orientation; of another space
 * that one knows the way to, the place that matches.
 */

import { type Affine, applied, carried, IDENTITY, inverse } from "./affine";
import type { Beholder } from "./board";
import type { Drawer } from "./drawer";
import { NOTHING_DRAWN } from "./drawn";
import { NO_DATA, spaceOf } from "./library";
import type { Session } from "./session";
import { type Camera, type Comparison, STYLE, type Style, sameCamera, type View } from "./state";
import type { Ways } from "./switching";
import { h, say } from "./ui/dom";
import type { Notices } from "./ui/notices";
import type { Cursor } from "./viewer/cursor";
import type { Volume } from "./volume";
import { t } from "./words";

/** How far a key moves the divider, as a share of the map. */
const STEP = 0.02;

export interface ComparingNeeds {
  readonly session: Session;
  readonly notices: Notices;
  readonly stage: HTMLElement;
  volumes(): readonly Volume[];
  resolve(path: string): string;
  onCursor(cursor: Cursor | null): void;
  readonly ways: Ways;
  /** Bring what draws, on an element of its own. */
  draw(target: HTMLElement): Promise<Drawer>;
}

export class Comparing implements Beholder {
  private readonly second = h("div", {
    class: "second",
    role: "region",
    "aria-label": t("The volume to compare with"),
    hidden: true,
  });
  private readonly name = h("span", { class: "second-name" });
  private readonly divider = h("div", {
    class: "divider",
    role: "slider",
    tabindex: "0",
    "aria-label": t("Divider between the two volumes"),
    "aria-valuemin": "0",
    "aria-valuemax": "100",
    hidden: true,
    onkeydown: (event: KeyboardEvent) => this.key(event),
    onpointerdown: (event: PointerEvent) => this.divider.setPointerCapture(event.pointerId),
    onpointermove: (event: PointerEvent) => {
      if (this.divider.hasPointerCapture(event.pointerId)) this.slide(event.clientX);
    },
  });
  private drawer: Drawer | null = null;
  private bringing = false;
  private following = false;
  /** What the second drawer shows: made anew only when it is another. */
  private shown = "";
  /** From the space of the first into that of the second, and between which two that is. */
  private way: Affine = IDENTITY;
  private between = "";

  constructor(private readonly needs: ComparingNeeds) {
    needs.stage.append(this.second, this.divider);
  }

  hover(): void {}

  viewed(): void {
    const { session, stage } = this.needs;
    const { compare } = session.view.style;
    const volume = compare && this.needs.volumes().find(({ id }) => id === compare.volume);
    this.second.hidden = !volume;
    this.divider.hidden = !volume || compare?.how !== "swipe";
    stage.classList.toggle("beside", volume !== null && compare?.how === "beside");
    if (!session.started || !compare || !volume) {
      this.let();
      if (compare && !volume && session.started) {
        session.choose({ compare: null });
        this.tell(t("There is no volume “{name}” on this server.", { name: compare.volume }));
      }
      return;
    }
    say(this.name, volume.name);
    this.lay(compare);
    void this.findWay(volume);
    if (this.drawer) this.show(compare, volume);
    else void this.bring();
  }

  /** Find how one gets to the second volume's space, once for each two spaces, and say so. */
  private async findWay(volume: Volume): Promise<void> {
    const { session, ways } = this.needs;
    const here = spaceOf(session.loaded);
    const there = volume.space;
    const between = JSON.stringify([here, there]);
    if (between === this.between) return;
    this.between = between;
    this.way = IDENTITY;
    if (here === null || here === there) {
      this.needs.notices.dismiss("compare");
      return;
    }
    // A server that does not answer is told of elsewhere; here nothing leads to that space.
    const way = await ways(here, there).catch(() => null);
    if (between !== this.between) return;
    const { name } = volume;
    if (way === null) {
      this.tell(
        t("{name} lies in another space ({space}): the same millimetres are not the same place.", {
          name,
          space: there,
        }),
      );
      return;
    }
    this.way = way.matrix;
    if (way.by === "") return;
    this.tell(
      t("{name} is shown at the matching place of its own space ({space}), by {way}. {accuracy}", {
        name,
        space: there,
        way: way.by,
        accuracy: way.accuracy,
      }),
    );
    this.viewed();
  }

  /** Where the second looks when the first looks so. */
  private carry(camera: Camera): Camera {
    return carried(camera, this.way);
  }

  private async bring(): Promise<void> {
    if (this.bringing) return;
    this.bringing = true;
    const ground = h("div", { class: "ground" });
    this.second.replaceChildren(ground, this.name);
    try {
      const drawer = await this.needs.draw(ground);
      drawer.onCamera = () => this.follow(drawer);
      drawer.onCursor = (cursor) =>
        this.needs.onCursor(
          cursor && { ...cursor, label: null, point: applied(inverse(this.way), cursor.point) },
        );
      this.drawer = drawer;
      this.shown = "";
    } catch {
      // The first drawer tells that a part of the page is missing.
    } finally {
      this.bringing = false;
    }
    if (this.drawer) this.viewed();
  }

  private show(compare: Comparison, volume: Volume): void {
    const { session } = this.needs;
    const { camera, style } = session.view;
    // It has its own window, and is grey beside whatever colours the first one has.
    const own: Style = {
      ...style,
      window: compare.window,
      channel: null,
      colormap: STYLE.colormap,
      invert: STYLE.invert,
      shell: false,
      compare: null,
    };
    const key = JSON.stringify([volume.id, volume.digest, own]);
    this.following = true;
    if (key === this.shown) {
      this.drawer?.fly(this.carry(session.camera));
    } else {
      this.shown = key;
      const view: View = {
        data: { ...NO_DATA, volume: volume.id },
        camera: this.carry(camera),
        style: own,
      };
      const drawn = volume.kind === "image";
      const scene = {
        image: drawn ? volume : null,
        labels: drawn ? null : volume,
        surfaces: false,
      };
      this.drawer?.show(view, scene, NOTHING_DRAWN, (path) => this.needs.resolve(path));
    }
    this.following = false;
  }

  /** A gesture on the second one moves both. */
  private follow(drawer: Drawer): void {
    const { session } = this.needs;
    if (this.following || !session.started) return;
    const camera = drawer.camera();
    if (sameCamera(camera, this.carry(session.camera))) return;
    session.move(carried(camera, inverse(this.way)));
  }

  private tell(text: string): void {
    this.needs.notices.show({ key: "compare", kind: "info", text });
  }

  private lay({ how, at }: Comparison): void {
    const percent = `${(at * 100).toFixed(2)}%`;
    this.second.style.clipPath = how === "swipe" ? `inset(0 0 0 ${percent})` : "";
    this.divider.style.left = percent;
    this.divider.setAttribute("aria-valuenow", String(Math.round(at * 100)));
  }

  private key(event: KeyboardEvent): void {
    const at = this.needs.session.view.style.compare?.at ?? 0.5;
    const to: Record<string, number> = {
      ArrowLeft: at - STEP,
      ArrowRight: at + STEP,
      Home: 0,
      End: 1,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.put(next);
  }

  private slide(x: number): void {
    const { left, width } = this.needs.stage.getBoundingClientRect();
    this.put((x - left) / Math.max(1, width));
  }

  private put(at: number): void {
    const { session } = this.needs;
    const { compare } = session.view.style;
    if (compare) session.adjust({ compare: { ...compare, at: Math.min(1, Math.max(0, at)) } });
  }

  /** Nothing is compared: what drew it goes, and gives its memory back. */
  private let(): void {
    this.between = "";
    this.way = IDENTITY;
    if (!this.drawer) return;
    this.drawer.dispose();
    this.drawer = null;
    this.second.replaceChildren();
  }
}
