/** What the rooms of annotations, and the map, show of the model. */

import type { Drawer } from "./drawer";
import type { Vec3 } from "./geometry";
import { spaceOf } from "./library";
import { type MarkPainting, sameDrawn } from "./markpainting";
import type { SetBook } from "./marks/book";
import { shownOf } from "./marks/draft";
import { droppedSet } from "./marks/dropped";
import { filtered, NO_FILTER, type Order, ordered, regionsOf, tagsOf } from "./marks/list";
import type { Marks } from "./marks/marks";
import { colorOf, css, type DrawnSet, OWN } from "./marks/paint";
import type { Desk, Rooms } from "./rooms";

/** The annotations, and whether their panel is asked for. */
export interface MarkModel {
  readonly marks: Marks | null;
  readonly open: boolean;
}

export class MarkShowing {
  private viewer: Drawer | null = null;
  private order: Order = "newest";
  private due = false;
  private drawn: readonly DrawnSet[] = [];
  /** Points of a file, and the space in which they were read. */
  private dropped: { readonly set: DrawnSet; readonly space: string | null } | null = null;

  constructor(
    private readonly desk: Desk,
    private readonly rooms: Pick<Rooms, "marks" | "markTools" | "markCanvas" | "toolbar">,
    private readonly painting: MarkPainting,
    private readonly book: SetBook,
    private readonly model: () => MarkModel,
  ) {}

  attach(viewer: Drawer): void {
    this.viewer = viewer;
    this.drawn = [];
    this.soon();
  }

  /** Draw the points of a file, or none any more. */
  drop(points: readonly (Vec3 | null)[] | null): void {
    const space = spaceOf(this.desk.session.loaded);
    this.dropped = points && { set: droppedSet(points), space };
    this.soon();
  }

  sort(order: Order): void {
    this.order = order;
    this.now();
  }

  /** Show what there is after the next change, once for all that come together. */
  soon(): void {
    if (this.due) return;
    this.due = true;
    // Not with the engine's next frame: that may take long, and what others draw is news.
    setTimeout(() => {
      this.due = false;
      this.now();
    }, 15);
  }

  now(): void {
    const { desk, rooms, painting, book, viewer } = this;
    const { marks, open: asked } = this.model();
    const open = asked && !desk.minimal;
    rooms.marks.element.hidden = !open;
    rooms.toolbar.showMarks(asked);
    if (!marks) return;
    const { active, sender } = marks;
    const coloring = active ? painting.coloringOf(active.id) : OWN;
    const shown = active ? marks.entry(active.id) : undefined;
    const filter = active ? painting.filterOf(active.id) : NO_FILTER;
    const all = active ? marks.of(active) : null;
    const list = painting.keep("list", [all], () => [...(all?.values() ?? [])]);
    const found = painting.keep("found", [list, filter], () => filtered(list, filter));
    const listed = painting.keep("listed", [found, this.order], () => ordered(found, this.order));
    const may = marks.mayMark(active);
    const mark = marks.chosenMark;
    if (viewer) viewer.drawing = marks.tool !== null;
    rooms.markTools.show(open, may, marks.tool, marks.draft);
    if (open) {
      rooms.marks.show({
        sets: marks.sets,
        active,
        visible: (set) => marks.isVisible(set.id),
        may,
        space: spaceOf(desk.session.loaded),
        listed,
        total: list.length,
        chosen: mark,
        waiting: new Set(sender.ops.map(({ item }) => item)),
        online: sender.online,
        conflicts: marks.conflicts,
        tags: painting.keep("tags", [list], () => tagsOf(list)),
        regions: painting.keep("regions", [list], () => regionsOf(list)),
        region: painting.regionNamed(shown?.region),
        numbers: [...painting.numbers().keys()],
        coloring: shown?.coloring ?? "own",
        canUndo: marks.steps.done.length > 0,
        canRedo: marks.steps.undone.length > 0,
        color: (one) => css(colorOf(one, coloring)),
      });
    }
    const draft = marks.draft && shownOf(marks.draft);
    const held = mark && {
      type: mark.type,
      points: marks.moving ?? mark.points,
      color: css(colorOf(mark, coloring)),
      free: may && !desk.minimal,
    };
    const drawing = draft && { ...draft, color: book.color, free: false };
    rooms.markCanvas.show(held ?? null, drawing ?? null);
    const { dropped } = this;
    const here = dropped?.space === spaceOf(desk.session.loaded) ? dropped : null;
    const drawn = [...painting.drawnSets(marks), ...(here ? [here.set] : [])];
    if (viewer && !sameDrawn(drawn, this.drawn)) {
      this.drawn = drawn;
      viewer.showMarks(drawn);
    }
  }
}
