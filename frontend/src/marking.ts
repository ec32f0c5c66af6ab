/** Annotations on the page: tells the model what people do, and the rooms what there is. */

import type { Drawer } from "./drawer";
import { type Vec3, zoomToFit } from "./geometry";
import { spaceOf } from "./library";
import { formatHash, parseHash } from "./link";
import { SetBook } from "./marks/book";
import { MarksClient, Refused } from "./marks/client";
import { shownOf } from "./marks/draft";
import {
  type Filter,
  filtered,
  NO_FILTER,
  type Order,
  ordered,
  regionsOf,
  sameFilter,
  tagsOf,
} from "./marks/list";
import type { Mark, SetAbout } from "./marks/mark";
import { Marks } from "./marks/marks";
import type { OpenSet } from "./marks/openset";
import { openOps } from "./marks/opstore";
import { type Coloring, colorOf, type DrawnSet, numbersOf, OWN, type Rgb } from "./marks/paint";
import { newName } from "./marks/random";
import { Sender } from "./marks/sender";
import { boundsOf, middleOf, type Points, SHAPES, type Shape } from "./marks/shapes";
import type { Desk, Rooms } from "./rooms";
import { panelSize } from "./scene";
import { isColoring, type ShownSet } from "./state";
import { saveFile } from "./ui/clipboard";
import { askImport, askNewSet, askOpenSet, openHistory, openSettings } from "./ui/markdialogs";
import { PICK_KEY, TOOL_KEYS } from "./ui/marktools";
import { measureText, nameOf } from "./ui/markwords";
import type { Notices } from "./ui/notices";
import type { Tip } from "./ui/tooltip";
import type { Cursor } from "./viewer/cursor";
import type { PickedMark } from "./viewer/marklayers";
import type { Picked } from "./viewer/viewer";
import { plural, t } from "./words";

type MarkRooms = Pick<Rooms, "marks" | "markTools" | "markCanvas" | "toolbar">;

export class Marking {
  open = false;
  private marks: Marks | null = null;
  private viewer: Drawer | null = null;
  private filter: Filter = NO_FILTER;
  private order: Order = "newest";
  private due = false;
  private drawn: readonly DrawnSet[] = [];
  private readonly book: SetBook;
  private readonly client: MarksClient;

  constructor(
    private readonly desk: Desk,
    private readonly rooms: MarkRooms,
    private readonly notices: Notices,
    private readonly base: URL,
    private readonly stage: () => readonly [width: number, height: number],
  ) {
    this.book = new SetBook(base.pathname);
    this.client = new MarksClient((path) => desk.api.resolve(path));
  }

  /** Read the edits that still wait from before, and go on with them. */
  async start(): Promise<void> {
    const store = await openOps(this.base.pathname);
    const sender = new Sender(store, this.client, (set) => this.book.keyOf(set), {
      onQueue: () => this.renderSoon(),
      onDone: (op, item, revision, mark) => this.marks?.done(op, item, revision, mark),
    });
    const marks = new Marks(this.client, this.book, sender, {
      onMarks: () => this.renderSoon(),
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
    this.drawn = [];
    this.renderSoon();
  }

  learn(keys: ReadonlyMap<string, string>): void {
    for (const [set, key] of keys) {
      const known = this.book.get(set);
      if (key === known?.editKey || key === known?.readKey) continue;
      this.book.learn(set, { readKey: key });
      void this.tryKey(set, key);
    }
  }

  /** The view changed: perhaps the sets that it shows. */
  viewShown(): void {
    const { marks, desk } = this;
    const { sets } = desk.session.view.style;
    if (marks && desk.session.started && sets !== marks.shown) {
      marks.follow(sets);
      for (const set of marks.sets) this.want(set);
    }
    this.renderSoon();
  }

  /** The panels moved, or what they show. */
  placed(): void {
    if (this.viewer) this.rooms.markCanvas.place(this.viewer.maps());
  }

  toggle(open = !this.open): void {
    this.open = open;
    if (!open) this.marks?.take(null);
    this.render();
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
    if (mark) {
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
      color: css(colorOf(mark, this.coloringOf(set.id))),
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
    if (tool && !marks.active) this.newSet();
    else marks.take(tool);
  }

  /** Put a point at a place of the world. */
  markPoint(at: Vec3): void {
    const { marks } = this;
    if (!marks) return;
    this.toggle(true);
    if (marks.mayMark(marks.active)) marks.add("point", [at]);
    else this.newSet(() => marks.add("point", [at]));
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
    this.render();
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

  newSet(then: () => void = () => {}): void {
    const space = spaceOf(this.desk.session.loaded);
    if (space === null) return;
    askNewSet(this.book.author, async (about) => {
      const made = await this.client.make({ ...about, space });
      if (about.author) this.book.author = about.author;
      const { editKey, readKey } = made;
      this.book.learn(made.id, { title: about.title, space, editKey, readKey });
      this.marks?.show(made.id);
      this.toggle(true);
      then();
    });
  }

  openSet(): void {
    const known = this.book.all.filter(({ id }) => !this.marks?.sets.some((set) => set.id === id));
    askOpenSet(known, async (text) => {
      const found = setOf(text);
      if (!found) throw new Error(t("This is neither a link to a set nor an id of one."));
      this.learn(found.keys);
      for (const id of found.sets) {
        // Asked here, so that the dialog says what is wrong.
        await this.client.set(id, { key: this.book.keyOf(id) });
        this.marks?.show(id);
      }
    });
  }

  settings(set: OpenSet): void {
    const { info } = set;
    if (!info) return;
    const known = this.book.get(set.id);
    const editKey = known?.editKey ?? null;
    const link = (key: string | null) => {
      const { view } = this.desk.session;
      const hash = formatHash({
        ...view,
        style: { ...view.style, sets: [{ set: set.id, visible: true }] },
      });
      return `${this.base.href}${hash}${key ? `&keys=${set.id}:${key}` : ""}`;
    };
    const links = {
      plain: link(null),
      reading: known?.readKey ? link(known.readKey) : null,
      editing: editKey ? link(editKey) : info.access === "editable" ? link(null) : null,
    };
    openSettings(info, editKey !== null, links, {
      onSave: async (about: SetAbout) => {
        set.info = await this.client.changeSet(info, about, editKey);
        this.book.learn(set.id, { title: about.title });
        this.renderSoon();
      },
      onCopy: (text) => void this.desk.copy(text, t("The link is copied.")),
      onRemove: async () => {
        await this.client.removeSet(set.id, editKey);
        this.marks?.hide(set.id);
        this.notices.show({
          key: "removed",
          kind: "info",
          text: t("“{title}” was taken away.", { title: info.title }),
          action: { label: t("Bring it back"), run: () => void this.bringBack(set.id, editKey) },
        });
      },
    });
  }

  setHistory(set: OpenSet): void {
    const key = this.book.keyOf(set.id);
    const owns = this.book.get(set.id)?.editKey != null;
    openHistory(t("History of “{title}”", { title: set.info?.title ?? "" }), {
      read: (next) => this.client.history(set.id, null, next, { key }),
      restore: owns
        ? async ({ revision }) => {
            const { author } = this.book;
            await this.client.rewind(set.id, revision, author, { key, once: newName() });
          }
        : null,
      restoreLabel: t("All as it was then"),
    });
  }

  history(mark: Mark): void {
    const { marks } = this;
    const set = marks?.sets.find(({ id }) => id === marks.chosen?.set);
    if (!marks || !set || mark.revision === 0) return;
    openHistory(t("History of “{title}”", { title: nameOf(mark) }), {
      read: (next) => this.client.history(set.id, mark.id, next, { key: this.book.keyOf(set.id) }),
      restore: marks.mayMark(set)
        ? ({ itemRevision }) => marks.restore(set, mark.id, itemRevision)
        : null,
      restoreLabel: t("Bring back"),
    });
  }

  chooseFile(): void {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = ".csv,.tsv,.json,.txt";
    input.addEventListener("change", () => {
      const [file] = input.files ?? [];
      if (file) void this.takeFile(file);
    });
    input.click();
  }

  async give(format: string): Promise<void> {
    const set = this.marks?.active;
    if (!set) return;
    const { type, tag, region } = this.filterOf(set.id);
    try {
      const key = this.book.keyOf(set.id);
      saveFile(await this.client.giveFile(set.id, format, { type, tag, region }, key));
    } catch (error) {
      this.failed(error);
    }
  }

  find(filter: Filter): void {
    this.filter = { ...filter, region: null };
    const active = this.marks?.active;
    if (active) {
      const { coloring, range, region: before = null } = this.marks?.entry(active.id) ?? {};
      if (filter.region !== before) {
        const region = filter.region === null ? {} : { region: filter.region };
        this.marks?.dress(active.id, { ...said(coloring, range), ...region });
      }
      this.want(active);
    }
    this.render();
  }

  sort(order: Order): void {
    this.order = order;
    this.render();
  }

  colorBy(coloring: string): void {
    const { marks } = this;
    if (!marks?.active) return;
    const { region } = marks.entry(marks.active.id) ?? {};
    const range = this.numbers().get(coloring.replace("number:", ""));
    const by = isColoring(coloring) ? said(coloring, range && rising(range)) : {};
    marks.dress(marks.active.id, { ...by, ...(region ? { region } : {}) });
    this.render();
  }

  /** The model, for the rooms that ask it. */
  with(run: (marks: Marks) => unknown): void {
    if (this.marks) run(this.marks);
  }

  // ------------------------------------------------------------ inside

  /** May more be done with a key than read? */
  private async tryKey(set: string, key: string): Promise<void> {
    try {
      const owned = await this.client.owned(key);
      if (owned.includes(set)) this.book.learn(set, { editKey: key });
      this.renderSoon();
    } catch (error) {
      this.failed(error);
    }
  }

  private async bringBack(id: string, key: string | null): Promise<void> {
    try {
      await this.client.bringBack(id, { key, once: newName() });
      this.marks?.show(id);
    } catch (error) {
      this.failed(error);
    }
  }

  /** Whether the list is open at a set that may be changed. */
  get marking(): boolean {
    const set = this.marks?.active;
    return this.open && set?.info != null && this.marks?.mayMark(set) === true;
  }

  /** Take a file of annotations into the set that is open. */
  async takeFile(file: File): Promise<void> {
    const { marks } = this;
    const set = marks?.active;
    if (!marks || !set?.info || !marks.mayMark(set)) {
      this.toggle(true);
      this.tell(t("Make or open a set that you may change, and drop the file again."));
      return;
    }
    const text = await file.text();
    const { space } = set.info;
    const volumes = this.desk.volumes.filter((volume) => volume.space === space);
    askImport(
      file.name,
      text,
      set.info.title,
      volumes,
      (form) =>
        this.client.takeFile(set.id, text, form, this.book.author, {
          key: this.book.keyOf(set.id),
          once: newName(),
        }),
      (words) => this.tell(words),
    );
  }

  private coloringOf(id: string): Coloring {
    const { coloring, range } = this.marks?.entry(id) ?? {};
    const colors = coloring === "region" ? this.regionColors() : null;
    return this.keep(`coloring ${id}`, [coloring, range?.[0], range?.[1], colors], () => {
      if (colors) return { by: "region", colors };
      if (!coloring || !range) return OWN;
      return { by: "number", name: coloring.slice("number:".length), range };
    });
  }

  /** What is left of a set: the region is the view's, the rest is looked for in the panel. */
  private filterOf(id: string): Filter {
    const looked = this.marks?.active?.id === id ? this.filter : NO_FILTER;
    const now = { ...looked, region: this.marks?.entry(id)?.region ?? null };
    const before = this.filters.get(id);
    if (before && sameFilter(before, now)) return before;
    this.filters.set(id, now);
    return now;
  }
  private readonly filters = new Map<string, Filter>();

  /** Ask for what is to be listed of a large set, if it is something else than before. */
  private want(set: OpenSet): void {
    const { type, tag, region } = this.filterOf(set.id);
    const { wanted } = set;
    const same =
      type === (wanted.type ?? null) &&
      tag === (wanted.tag ?? null) &&
      region === (wanted.region ?? null);
    if (!same) void set.want({ type, tag, region });
  }

  /** The same objects as long as nothing changes: the engine is told only of what did. */
  private readonly kept = new Map<string, { of: unknown; value: unknown }>();
  private keep<T>(name: string, of: readonly unknown[], make: () => T): T {
    const before = this.kept.get(name);
    if (before && (before.of as unknown[]).every((part, i) => part === of[i])) {
      return before.value as T;
    }
    const value = make();
    this.kept.set(name, { of, value });
    return value;
  }

  private regionColors(): ReadonlyMap<string, Rgb> {
    const { tree } = this.desk.session.loaded;
    return this.keep(
      "colors",
      [tree],
      () => new Map((tree?.regions ?? []).map(({ id, rgb }) => [id, rgb])),
    );
  }

  private numbers(): ReadonlyMap<string, readonly [number, number]> {
    const set = this.marks?.active;
    return this.keep("numbers", [set?.marks], () => numbersOf(set?.marks.values() ?? []));
  }

  private regionNamed(id: string | undefined): { id: string; name: string } | null {
    if (id === undefined) return null;
    return { id, name: this.desk.session.loaded.tree?.get(id)?.name ?? id };
  }

  /** A region and all below it, by id. */
  private below(region: string): readonly string[] {
    const { tree } = this.desk.session.loaded;
    const found = [region];
    for (const id of found) found.push(...(tree?.childrenOf(id) ?? []).map((child) => child.id));
    return found;
  }

  private drawnSets(marks: Marks): DrawnSet[] {
    const space = spaceOf(this.desk.session.loaded);
    return marks.sets.flatMap((set) => {
      if (!marks.isVisible(set.id) || !set.info || set.info.space !== space) return [];
      const all = marks.of(set);
      const filter = this.filterOf(set.id);
      // Of a large set only what was drawn here is held apart from the server's index.
      const mine = this.keep(`drawn ${set.id}`, [all, filter, set.large], () =>
        set.large
          ? [...all.values()].filter(({ revision }) => revision === 0)
          : filtered([...all.values()], filter),
      );
      const { type, region } = filter;
      const stream = set.large
        ? this.keep(`stream ${set.id}`, [set.types, set.changes, type, region], () => ({
            url: this.client.resolve(`annotations/${set.id}`),
            types: type ? set.types.filter((one) => one === type) : set.types,
            version: set.changes,
            regions: region ? this.below(region) : null,
          }))
        : null;
      return [{ id: set.id, marks: mine, coloring: this.coloringOf(set.id), stream }];
    });
  }

  private renderSoon(): void {
    if (this.due) return;
    this.due = true;
    // Not with the engine's next frame: that may take long, and what others draw is news.
    setTimeout(() => {
      this.due = false;
      this.render();
    }, 15);
  }

  private render(): void {
    const { marks, desk, rooms } = this;
    const open = this.open && !desk.minimal;
    rooms.marks.element.hidden = !open;
    rooms.toolbar.showMarks(this.open);
    if (!marks) return;
    const { active, sender } = marks;
    const coloring = active ? this.coloringOf(active.id) : OWN;
    const shown = active ? marks.entry(active.id) : undefined;
    const filter = active ? this.filterOf(active.id) : NO_FILTER;
    const all = active ? marks.of(active) : null;
    const list = this.keep("list", [all], () => [...(all?.values() ?? [])]);
    const found = this.keep("found", [list, filter], () => filtered(list, filter));
    const listed = this.keep("listed", [found, this.order], () => ordered(found, this.order));
    const may = marks.mayMark(active);
    const mark = marks.chosenMark;
    if (this.viewer) this.viewer.drawing = marks.tool !== null;
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
        tags: this.keep("tags", [list], () => tagsOf(list)),
        regions: this.keep("regions", [list], () => regionsOf(list)),
        region: this.regionNamed(shown?.region),
        numbers: [...this.numbers().keys()],
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
    const drawing = draft && { ...draft, color: this.book.color, free: false };
    rooms.markCanvas.show(held ?? null, drawing ?? null);
    const drawn = this.drawnSets(marks);
    if (this.viewer && !sameDrawn(drawn, this.drawn)) {
      this.drawn = drawn;
      this.viewer.showMarks(drawn);
    }
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

/** A number that is the same everywhere has a colour too. */
function rising([lo, hi]: readonly [number, number]): readonly [number, number] {
  return lo < hi ? [lo, hi] : [lo, lo + 1];
}

/** What an entry of the view says of colours. */
function said(coloring: ShownSet["coloring"], range: ShownSet["range"]): Partial<ShownSet> {
  if (coloring === undefined) return {};
  if (coloring === "region") return { coloring };
  return range ? { coloring, range } : {};
}

function css(rgb: Rgb): string {
  return `rgb(${rgb.join(",")})`;
}

function sameDrawn(a: readonly DrawnSet[], b: readonly DrawnSet[]): boolean {
  return (
    a.length === b.length &&
    a.every((set, i) => {
      const other = b[i];
      return (
        other?.id === set.id &&
        other.marks === set.marks &&
        other.coloring === set.coloring &&
        other.stream === set.stream
      );
    })
  );
}

/** The sets that a text names: a link of the page, an address of the server, or an id. */
function setOf(
  text: string,
): { sets: readonly string[]; keys: ReadonlyMap<string, string> } | null {
  const plain = text.trim();
  const hash = plain.includes("#") ? parseHash(plain.slice(plain.indexOf("#"))) : null;
  const named = hash?.wish.style.sets?.map(({ set }) => set) ?? [];
  if (hash && named.length > 0) return { sets: named, keys: hash.keys };
  const id = /(?:^|\/annotations\/)([0-9a-z]{8,32})(?:\/\w+)?$/.exec(plain)?.[1];
  return id ? { sets: [id], keys: new Map() } : null;
}
