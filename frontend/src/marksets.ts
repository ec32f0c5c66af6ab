/** Sets of annotations as things of their own: made, opened, shared, their past, files of them. */

import { spaceOf } from "./library";
import { formatHash, parseHash } from "./link";
import type { SetBook } from "./marks/book";
import type { MarksClient } from "./marks/client";
import type { Filter } from "./marks/list";
import type { Mark, SetAbout } from "./marks/mark";
import type { Marks } from "./marks/marks";
import type { OpenSet } from "./marks/openset";
import { newName } from "./marks/random";
import type { Desk } from "./rooms";
import { saveFile } from "./ui/clipboard";
import { askImport, askNewSet, askOpenSet, openHistory, openSettings } from "./ui/markdialogs";
import { nameOf } from "./ui/markwords";
import type { Notices } from "./ui/notices";
import { t } from "./words";

export interface SetsHost {
  readonly desk: Desk;
  readonly notices: Notices;
  readonly base: URL;
  readonly book: SetBook;
  readonly client: MarksClient;
  /** `null` until what waited from before is read. */
  marks(): Marks | null;
  /** What is left of a set. */
  filterOf(set: string): Filter;
  /** Open or close the panel. */
  toggle(open: boolean): void;
  /** What is known of a set changed. */
  onChange(): void;
  tell(text: string): void;
  failed(error: unknown): void;
}

export class MarkSets {
  constructor(private readonly host: SetsHost) {}

  /** Keep the keys that came with a link. */
  learn(keys: ReadonlyMap<string, string>): void {
    for (const [set, key] of keys) {
      const known = this.host.book.get(set);
      if (key === known?.editKey || key === known?.readKey) continue;
      this.host.book.learn(set, { readKey: key });
      void this.tryKey(set, key);
    }
  }

  newSet(then: () => void = () => {}): void {
    const space = spaceOf(this.host.desk.session.loaded);
    if (space === null) return;
    askNewSet(this.host.book.author, async (about) => {
      const made = await this.host.client.make({ ...about, space });
      if (about.author) this.host.book.author = about.author;
      const { editKey, readKey } = made;
      this.host.book.learn(made.id, { title: about.title, space, editKey, readKey });
      this.host.marks()?.show(made.id);
      this.host.toggle(true);
      then();
    });
  }

  openSet(): void {
    const known = this.host.book.all.filter(
      ({ id }) => !this.host.marks()?.sets.some((set) => set.id === id),
    );
    askOpenSet(known, async (text) => {
      const found = setOf(text);
      if (!found) throw new Error(t("This is neither a link to a set nor an id of one."));
      this.learn(found.keys);
      for (const id of found.sets) {
        // Asked here, so that the dialog says what is wrong.
        await this.host.client.set(id, { key: this.host.book.keyOf(id) });
        this.host.marks()?.show(id);
      }
    });
  }

  settings(set: OpenSet): void {
    const { info } = set;
    if (!info) return;
    const known = this.host.book.get(set.id);
    const editKey = known?.editKey ?? null;
    const link = (key: string | null) => {
      const { view } = this.host.desk.session;
      const hash = formatHash({
        ...view,
        style: { ...view.style, sets: [{ set: set.id, visible: true }] },
      });
      return `${this.host.base.href}${hash}${key ? `&keys=${set.id}:${key}` : ""}`;
    };
    const links = {
      plain: link(null),
      reading: known?.readKey ? link(known.readKey) : null,
      editing: editKey ? link(editKey) : info.access === "editable" ? link(null) : null,
    };
    openSettings(info, editKey !== null, links, {
      onSave: async (about: SetAbout) => {
        set.info = await this.host.client.changeSet(info, about, editKey);
        this.host.book.learn(set.id, { title: about.title });
        this.host.onChange();
      },
      onCopy: (text) => void this.host.desk.copy(text, t("The link is copied.")),
      onRemove: async () => {
        await this.host.client.removeSet(set.id, editKey);
        this.host.marks()?.hide(set.id);
        this.host.notices.show({
          key: "removed",
          kind: "info",
          text: t("“{title}” was taken away.", { title: info.title }),
          action: { label: t("Bring it back"), run: () => void this.bringBack(set.id, editKey) },
        });
      },
    });
  }

  setHistory(set: OpenSet): void {
    const key = this.host.book.keyOf(set.id);
    const owns = this.host.book.get(set.id)?.editKey != null;
    openHistory(t("History of “{title}”", { title: set.info?.title ?? "" }), {
      read: (next) => this.host.client.history(set.id, null, next, { key }),
      restore: owns
        ? async ({ revision }) => {
            const { author } = this.host.book;
            await this.host.client.rewind(set.id, revision, author, { key, once: newName() });
          }
        : null,
      restoreLabel: t("All as it was then"),
    });
  }

  history(mark: Mark): void {
    const marks = this.host.marks();
    const set = marks?.sets.find(({ id }) => id === marks.chosen?.set);
    if (!marks || !set || mark.revision === 0) return;
    openHistory(t("History of “{title}”", { title: nameOf(mark) }), {
      read: (next) =>
        this.host.client.history(set.id, mark.id, next, { key: this.host.book.keyOf(set.id) }),
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
    const set = this.host.marks()?.active;
    if (!set) return;
    const { type, tag, region } = this.host.filterOf(set.id);
    try {
      const key = this.host.book.keyOf(set.id);
      saveFile(await this.host.client.giveFile(set.id, format, { type, tag, region }, key));
    } catch (error) {
      this.host.failed(error);
    }
  }

  /** Take a file of annotations into the set that is open. */
  async takeFile(file: File): Promise<void> {
    const marks = this.host.marks();
    const set = marks?.active;
    if (!marks || !set?.info || !marks.mayMark(set)) {
      this.host.toggle(true);
      this.host.tell(t("Make or open a set that you may change, and drop the file again."));
      return;
    }
    const text = await file.text();
    const { space } = set.info;
    const volumes = this.host.desk.volumes.filter((volume) => volume.space === space);
    askImport(
      file.name,
      text,
      set.info.title,
      volumes,
      (form) =>
        this.host.client.takeFile(set.id, text, form, this.host.book.author, {
          key: this.host.book.keyOf(set.id),
          once: newName(),
        }),
      (words) => this.host.tell(words),
    );
  }

  /** May more be done with a key than read? */
  private async tryKey(set: string, key: string): Promise<void> {
    try {
      const owned = await this.host.client.owned(key);
      if (owned.includes(set)) this.host.book.learn(set, { editKey: key });
      this.host.onChange();
    } catch (error) {
      this.host.failed(error);
    }
  }

  private async bringBack(id: string, key: string | null): Promise<void> {
    try {
      await this.host.client.bringBack(id, { key, once: newName() });
      this.host.marks()?.show(id);
    } catch (error) {
      this.host.failed(error);
    }
  }
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
