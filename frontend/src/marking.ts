/** Annotations on the page: tells the model what people do, and the rooms what there is. */

import type { Drawer } from "./drawer";
import { type Vec3, zoomToFit } from "./geometry";
import { MarkPainting } from "./markpainting";
import { SetBook } from "./marks/book";
import { MarksClient, Refused } from "./marks/client";
import { DROPPED } from "./marks/dropped";
import type { Filter, Order } from "./marks/list";
import type { Mark } from "./marks/mark";
import { Marks } from "./marks/marks";
import { openOps } from "./marks/opstore";
import { colorOf, css } from "./marks/paint";
import { Sender } from "./marks/sender";
import { boundsOf, middleOf, type Points, SHAPES, type Shape } from "./marks/shapes";
import { MarkSets } from "./marksets";
import { MarkShowing } from "./markshowing";
import type { Desk, Rooms } from "./rooms";
import { panelSize } from "./scene";
import { PICK_KEY, TOOL_KEYS } from "./ui/marktools";
import { measureText, nameOf } from "./ui/markwords";
import type { Notices } from "./ui/notices";
import type { Tip } from "./ui/tooltip";
import type { Cursor } from "./viewer/cursor";
import type { PickedMark } from "./viewer/marklayers";
import type { Picked } from "./viewer/viewer";
import { plural } from "./words";

type MarkRooms = Pick<Rooms, "marks" | "markTools" | "markCanvas" | "toolbar" | "pointTable">;

export class Marking {
  open = false;
  private marks: Marks | null = null;
  private viewer: Drawer | null = null;
  private readonly showing: MarkShowing;
  private readonly book: SetBook;
  private readonly client: MarksClient;
  readonly sets: MarkSets;
  readonly painting: MarkPainting;

  constructor(
    private readonly desk: Desk,
    private readonly rooms: MarkRooms,
    private readonly notices: Notices,
    private readonly base: URL,
    private readonly stage: () => readonly [width: number, height: number],
  ) {
    this.book = new SetBook(base.pathname);
    this.client = new MarksClient((path) => desk.api.resolve(path));
    this.painting = new MarkPainting(desk.session, this.client, () => this.marks);
    this.showing = new MarkShowing(desk, rooms, this.painting, this.book, () => ({
      marks: this.marks,
      open: this.open,
    }));
    this.sets = new MarkSets({
      desk,
      notices,
      base,
      book: this.book,
      client: this.client,
      marks: () => this.marks,
      filterOf: (set) => this.painting.filterOf(set),
      toggle: (open) => this.toggle(open),
      onChange: () => this.showing.soon(),
      tell: (text) => this.tell(text),
      failed: (error) => this.failed(error),
    });
  }

  /** Read the edits that still wait from before, and go on with them. */
  async start(): Promise<void> {
    const store = await openOps(this.base.pathname);
    const sender = new Sender(store, this.client, (set) => this.book.keyOf(set), {
      onQueue: () => this.showing.soon(),
      onDone: (op, item, revision, mark) => this.marks?.done(op, item, revision, mark),
    });
    const marks = new Marks(this.client, this.book, sender, {
      onMarks: () => this.showing.soon(),
      onSets: (sets) => this.desk.session.choose({ sets }),
      onWords: (text) => this.tell(text),
      onFailed: (error) => this.failed(error),
    });
    this.marks = marks;
    const waiting = await sender.start();
    if (waiting > 0) {
      this.tell(
        plural(
          waiting,
          "{n} change from your last visit waited here, and is sent now.",
          "{n} changes from your last visit waited here, and are sent now.",
        ),
        false,
      );
    }
    window.addEventListener("online", () => sender.wake());
    document.addEventListener("visibilitychange", () => {
      marks.activate(marks.active);
      if (!document.hidden) sender.wake();
    });
    window.addEventListener("beforeunload", (event) => {
      // The browser asks in its own words.
      if (sender.ops.length > 0) event.preventDefault();
    });
    document.addEventListener("keydown", (event) => this.key(event));
    this.viewShown();
  }

  attach(viewer: Drawer): void {
    this.viewer = viewer;
    this.showing.attach(viewer);
  }

  /** The view changed: perhaps the sets that it shows. */
  viewShown(): void {
    const { marks, desk } = this;
    const { sets } = desk.session.view.style;
    if (marks && desk.session.started && sets !== marks.shown) {
      marks.follow(sets);
      for (const set of marks.sets) this.painting.want(set);
    }
    this.showing.soon();
  }

  /** The panels moved, or what they show. */
  placed(): void {
    if (this.viewer) this.rooms.markCanvas.place(this.viewer.maps());
  }

  toggle(open = !this.open): void {
    this.open = open;
    if (!open) this.marks?.take(null);
    this.showing.now();
  }

  // ------------------------------------------------------------ what people do on the map

  /** A click on the map; true when it was meant for annotations. */
  pick({ cursor, mark, x, y }: Picked): boolean {
    const { marks } = this;
    if (!marks) return false;
    if (marks.tool) {
      marks.place(cursor.point, x, y);
      return true;
    }
    if (mark?.set === DROPPED) this.rooms.pointTable.activate(Number(mark.item));
    else if (mark) {
      void this.choosePicked(mark);
      return true;
    }
    if (marks.chosen) marks.choose(null);
    return false;
  }

  hover(cursor: Cursor | null): void {
    if (this.marks?.tool) this.marks.hover(cursor?.point ?? null);
  }

  /** Are clicks meant to draw? */
  get drawing(): boolean {
    return this.marks?.tool != null;
  }

  /** What is said beside the mouse. */
  tip(): Tip | null {
    const picked = this.marks && this.viewer?.markAtCursor();
    const set = picked && this.marks?.sets.find(({ id }) => id === picked.set);
    const mark = set && picked.item && this.marks?.of(set).get(picked.item);
    if (!mark) return null;
    const measured = measureText(mark.type, mark.points);
    return {
      color: css(colorOf(mark, this.painting.coloringOf(set.id))),
      name: nameOf(mark),
      parent: measured || null,
    };
  }

  /** Esc: let go of what is drawn or chosen; false when there was nothing. */
  leave(): boolean {
    const { marks } = this;
    if (!marks) return false;
    if (marks.cancel()) return true;
    if (!marks.chosen) return false;
    marks.choose(null);
    return true;
  }

  /** Keys of tools, while the panel is open. */
  keys(): Readonly<Record<string, () => void>> {
    const { marks } = this;
    if (!marks || !this.open) return {};
    return {
      [PICK_KEY]: () => marks.take(null),
      ...Object.fromEntries(SHAPES.map((shape) => [TOOL_KEYS[shape], () => this.take(shape)])),
    };
  }

  take(tool: Shape | null): void {
    const { marks } = this;
    if (!marks) return;
    if (tool && !marks.active) this.sets.newSet();
    else marks.take(tool);
  }

  /** Put a point at a place of the world. */
  markPoint(at: Vec3): void {
    const { marks } = this;
    if (!marks) return;
    this.toggle(true);
    if (marks.mayMark(marks.active)) marks.add("point", [at]);
    else this.sets.newSet(() => marks.add("point", [at]));
  }

  /** Draw the points of a file, or none any more. */
  showDropped(points: readonly (Vec3 | null)[] | null): void {
    this.showing.drop(points);
  }

  finish(): void {
    this.marks?.finish();
  }

  stepBack(): void {
    this.marks?.stepBack();
  }

  move(points: Points, done: boolean): void {
    const { marks } = this;
    const mark = marks?.chosenMark;
    if (!marks || !mark || !marks.chosen) return;
    marks.moving = done ? null : points;
    if (done) void marks.write(marks.chosen.set, mark, { points });
    this.showing.now();
  }

  private key(event: KeyboardEvent): void {
    const { marks } = this;
    const target = event.target as HTMLElement;
    if (!marks || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (target.closest("input, select, textarea")) return;
    const control = event.ctrlKey || event.metaKey;
    const name = event.key.toLowerCase();
    const onButton = target.closest("button, summary, a") !== null;
    if (control && name === "z" && this.open) void (event.shiftKey ? marks.redo() : marks.undo());
    else if (control && name === "y" && this.open) void marks.redo();
    else if (name === "enter" && marks.draft && !onButton) marks.finish();
    else if (name === "backspace" && marks.draft) marks.stepBack();
    else if (name === "delete" && marks.chosenMark) this.remove(marks.chosenMark);
    else return;
    event.preventDefault();
  }

  private async choosePicked({ set, item, place }: PickedMark): Promise<void> {
    const { marks } = this;
    const open = marks?.sets.find(({ id }) => id === set);
    if (!marks || !open) return;
    try {
      const id = item ?? (place === null ? null : (await open.find(place))?.id);
      if (!id) return;
      marks.choose({ set, item: id });
      this.toggle(!this.desk.minimal);
    } catch (error) {
      this.failed(error);
    }
  }

  // ------------------------------------------------------------ what people do in the panel

  choose(mark: Mark): void {
    const { marks } = this;
    if (marks?.active) marks.choose({ set: marks.active.id, item: mark.id });
  }

  letGo(): void {
    this.marks?.choose(null);
  }

  write(mark: Mark, patch: Partial<Mark>): void {
    const { marks } = this;
    if (!marks?.chosen) return;
    if (patch.author !== undefined && patch.author !== mark.author) this.book.author = patch.author;
    if (patch.color && patch.color !== mark.color) this.book.color = patch.color;
    // It may have got its id since the form was opened.
    const now = marks.chosenMark;
    void marks.write(marks.chosen.set, now && mark.revision === 0 ? now : mark, patch);
  }

  fly({ type, points }: Mark): void {
    const { session } = this.desk;
    const bounds = boundsOf(type, points);
    const [width, height] = this.stage();
    const room = panelSize(session.view.style.layout, { width, height });
    const fit = zoomToFit(bounds, [room], 2);
    const far = type === "point" ? session.view.camera.zoom : Math.max(fit, 1e-4);
    // Near enough to be seen, and no nearer than one was.
    const zoom = Math.min(Math.max(session.view.camera.zoom, far), Math.max(far, 0.25));
    session.go({
      at: middleOf(type, points),
      zoom: type === "point" ? session.view.camera.zoom : zoom,
    });
  }

  remove(mark: Mark): void {
    const { marks } = this;
    const set = marks?.chosen?.item === mark.id ? marks.chosen.set : marks?.active?.id;
    if (marks && set && marks.mayMark(marks.sets.find(({ id }) => id === set) ?? null)) {
      void marks.remove(set, mark);
    }
  }

  find(filter: Filter): void {
    this.painting.find(filter);
    this.showing.now();
  }

  sort(order: Order): void {
    this.showing.sort(order);
  }

  colorBy(coloring: string): void {
    this.painting.colorBy(coloring);
    this.showing.now();
  }

  /** The model, for the rooms that ask it. */
  with(run: (marks: Marks) => unknown): void {
    if (this.marks) run(this.marks);
  }

  // ------------------------------------------------------------ inside

  /** Whether the list is open at a set that may be changed. */
  get marking(): boolean {
    const set = this.marks?.active;
    return this.open && set?.info != null && this.marks?.mayMark(set) === true;
  }

  private tell(text: string, brief = true): void {
    this.notices.show({ key: "marks", kind: "info", text, brief });
  }

  private failed(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    const kind = error instanceof Refused ? "info" : "error";
    this.notices.show({ key: "marks", kind, text });
  }
}
