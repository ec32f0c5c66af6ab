/** Short links: made of what is shown, told of, revised and revoked by who made them. */

import { ApiError } from "./apierror";
import { toDocument } from "./document";
import { Keyring } from "./keyring";
import { spaceOf } from "./library";
import { pythonFor } from "./python";
import type { Session } from "./session";
import { type StoryDraft, storyDocument } from "./story";
import { type MyView, MyViewsDialog } from "./ui/myviews";
import { inWords } from "./ui/notices";
import { ShareDialog } from "./ui/share";
import type { Said } from "./ui/viewform";
import type { ViewBrief, Views } from "./views";
import { t } from "./words";

/** A view whose key is here, as it is on the server. */
interface Kept {
  readonly id: string;
  readonly key: string;
  /** Names the revision that a change is made to. */
  readonly tag: string;
  readonly document: unknown;
  readonly said: Said;
}

export interface SharingDesk {
  readonly views: Views;
  readonly session: Session;
  /** The folder that the page lies in. */
  readonly base: URL;
  /** What is shown, in a few words. */
  titleNow(): string;
  /** Make a story, or go on with one. */
  makeStory(story: StoryDraft | null): void;
  /** The story is on the server, under this id. */
  storyKept(id: string | null): void;
}

const AUTHOR = "atlasview:author";

export class Sharing {
  readonly share: ShareDialog;
  readonly mine: MyViewsDialog;
  private readonly ring: Keyring;
  private readonly signal = new AbortController().signal;
  private kept: Kept | null = null;
  /** What is tried again when it failed. */
  private again: () => Promise<void> = () => this.make();

  constructor(private readonly desk: SharingDesk) {
    this.ring = new Keyring(desk.base);
    this.share = new ShareDialog({
      onSave: (said, anyway) => void this.save(said, anyway),
      onRevoke: () => this.kept && void this.revoke(this.kept.id, this.kept.key, true),
      onAgain: () => void this.again(),
      onPython: () => this.copyPython(),
      onNeuroglancer: () => void this.copyNeuroglancer(),
      onMine: () => {
        this.share.dialog.close();
        void this.showMine();
      },
      onStory: () => {
        this.share.dialog.close();
        desk.makeStory(this.kept && storyIn(this.kept));
      },
    });
    this.mine = new MyViewsDialog({
      onCopy: (view) => void this.copyLink(view),
      onRevise: (view) => void this.revise(view),
      onEdit: (view) => void this.edit(view),
      onRevisions: async (view, show) => {
        await this.tried(async () => {
          const all = await desk.views.revisions(view.id, this.signal);
          show(
            all.map(({ revision, title, updated }) => ({
              number: revision,
              title,
              made: updated,
              link: desk.views.linkOf(view.id, revision),
            })),
          );
        });
      },
      onRevoke: (view) => void this.revoke(view.id, view.key, false),
      onForget: (view) => {
        this.ring.forget(view.id);
        void this.showMine();
      },
      onKey: (key) => void this.addKey(key),
      onStory: () => {
        this.mine.dialog.close();
        desk.makeStory(null);
      },
    });
  }

  /** Make a short link of what is shown, and copy it at once. */
  async make(): Promise<void> {
    this.again = () => this.make();
    const { session } = this.desk;
    session.address.flush();
    const { view, loaded } = session;
    const document = toDocument(view, { space: spaceOf(loaded) }, this.digests());
    await this.keep(document, this.desk.titleNow(), location.href);
  }

  /** Keep a story: for the first time, or as a new revision. */
  async keepStory(draft: StoryDraft): Promise<void> {
    this.again = () => this.keepStory(draft);
    const document = storyDocument(draft, this.digests());
    const key = draft.id === null ? null : this.ring.keyOf(draft.id);
    if (draft.id === null || key === null) {
      const id = await this.keep(document, draft.title, location.href);
      if (id !== null) this.desk.storyKept(id);
      return;
    }
    try {
      const now = await this.desk.views.get(draft.id, null, this.signal, key);
      const title = draft.title || now.title;
      this.kept = { id: now.id, key, tag: now.tag, document, said: { ...now, title } };
      await this.show(true);
      await this.save(this.kept.said, false);
    } catch (error) {
      // It was revoked meanwhile: kept again it has a new link.
      if (error instanceof ApiError && error.status === 410) this.desk.storyKept(null);
      await this.share.showFailed(inWords(error), location.href);
    }
  }

  async showMine(words = ""): Promise<void> {
    this.mine.showAsking();
    try {
      this.mine.show(await this.all());
      if (words) this.mine.tell(words);
    } catch (error) {
      this.mine.tell(inWords(error));
    }
  }

  /** Make a view of a document; its id, or `null` when that failed, which is told. */
  private async keep(document: unknown, title: string, long: string): Promise<string | null> {
    const said: Said = { title, text: "", author: authorKept(), expires: null, minimal: false };
    this.share.showMaking();
    try {
      const made = await this.desk.views.make({ ...said, document }, this.signal);
      this.ring.keep(made.key, [made.id]);
      this.kept = { id: made.id, key: made.key, tag: `"${made.revision}"`, document, said };
      await this.show(true);
      return made.id;
    } catch (error) {
      await this.share.showFailed(inWords(error), long);
      return null;
    }
  }

  private async show(copy: boolean): Promise<void> {
    const { kept } = this;
    if (!kept) return;
    const url = this.desk.views.linkOf(kept.id);
    const story = storyIn(kept) !== null;
    const made = { url, key: kept.key, kept: this.ring.lasting, story, here: copy && !story };
    await this.share.showMade(made, kept.said, copy);
  }

  private async save(said: Said, anyway: boolean): Promise<void> {
    const { kept } = this;
    if (!kept) return;
    keepAuthor(said.author);
    try {
      const draft = { ...said, document: kept.document };
      const match = anyway ? "*" : kept.tag;
      const now = await this.desk.views.revise(kept.id, kept.key, match, draft, this.signal);
      this.kept = { ...kept, said, tag: now.tag };
      this.share.showSaved(t("Saved, as revision {n}.", { n: now.revision }));
    } catch (error) {
      const conflict = error instanceof ApiError && error.status === 412;
      this.share.showUnsaved(inWords(error), conflict);
    }
  }

  private async revise(view: MyView): Promise<void> {
    await this.tried(async () => {
      const before = await this.desk.views.get(view.id, null, this.signal, view.key);
      const { session } = this.desk;
      const space = spaceOf(session.loaded);
      const document = toDocument(session.view, { space }, this.digests());
      const draft = { ...before, document };
      const now = await this.desk.views.revise(view.id, view.key, before.tag, draft, this.signal);
      await this.showMine(t("It shows what you see now, as revision {n}.", { n: now.revision }));
    });
  }

  private async edit(view: MyView): Promise<void> {
    await this.tried(async () => {
      const now = await this.desk.views.get(view.id, null, this.signal, view.key);
      this.kept = { id: now.id, key: view.key, tag: now.tag, document: now.document, said: now };
      this.mine.dialog.close();
      await this.show(false);
    });
  }

  private async revoke(id: string, key: string, shared: boolean): Promise<void> {
    try {
      await this.desk.views.revoke(id, key, this.signal);
      this.ring.forget(id);
    } catch (error) {
      if (shared) this.share.tell(inWords(error));
      else this.mine.tell(inWords(error));
      return;
    }
    if (shared) {
      this.share.dialog.close();
      this.kept = null;
    }
    await this.showMine(t("The link is revoked: who opens it is told so."));
  }

  private async addKey(key: string): Promise<void> {
    await this.tried(async () => {
      const found = await this.desk.views.ofKey(key, this.signal);
      if (found.length === 0) {
        this.mine.tell(t("This key opens no view of this server."));
        return;
      }
      this.ring.keep(
        key,
        found.map(({ id }) => id),
      );
      await this.showMine();
    });
  }

  private async copyLink(view: MyView): Promise<void> {
    try {
      await navigator.clipboard.writeText(view.link);
      this.mine.tell(t("The link is copied."));
    } catch {
      this.mine.tell(t("Copy it by hand: {link}", { link: view.link }));
    }
  }

  private copyPython(): void {
    const { session, base } = this.desk;
    if (!this.kept) return;
    const address = base.href.replace(/\/$/, "");
    const text = pythonFor(
      session.view,
      session.loaded.scene,
      session.mapSize(),
      address,
      this.kept.id,
    );
    void this.copyText(text, t("The Python program is copied. It needs: pip install atlasview"));
  }

  private async copyNeuroglancer(): Promise<void> {
    if (!this.kept) return;
    try {
      const state = await this.desk.views.neuroglancer(this.kept.id, this.signal);
      const done = t("The state is copied: paste it into any Neuroglancer, at its {} button.");
      await this.copyText(JSON.stringify(state, null, 2), done);
    } catch (error) {
      this.share.tell(inWords(error));
    }
  }

  private async copyText(text: string, done: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.share.tell(done);
    } catch {
      this.share.showText(text);
    }
  }

  /** Do what may fail; the words of a failure stand in the list of views. */
  private async tried(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.mine.tell(inWords(error));
    }
  }

  /** All views of this browser's keys, the newest first. */
  private async all(): Promise<MyView[]> {
    const rows = await Promise.all(
      this.ring.all().map(async ({ key, views }) => {
        const found = await this.desk.views.ofKey(key, this.signal);
        const known = new Map(found.map((brief) => [brief.id, brief]));
        const ids = [...known.keys(), ...views.filter((id) => !known.has(id))];
        return ids.map((id) => this.row(id, key, known.get(id) ?? null));
      }),
    );
    const when = ({ brief }: MyView) => brief?.created ?? "";
    return rows.flat().sort((a, b) => when(b).localeCompare(when(a)));
  }

  private row(id: string, key: string, brief: ViewBrief | null): MyView {
    const { views } = this.desk;
    const picture = brief ? views.pictureOf(id, brief.revision) : "";
    return { id, key, brief, link: views.linkOf(id), picture };
  }

  /** Of the volumes that are shown, as far as the server tells them. */
  private digests(): Record<string, string> {
    const { image, labels } = this.desk.session.loaded.scene;
    const shown = [image, labels].flatMap((volume) => (volume?.digest ? [volume] : []));
    return Object.fromEntries(shown.map(({ id, digest }) => [id, digest ?? ""]));
  }
}

/** The story that a kept view is; `null` when it is a single view. */
function storyIn({ id, document, said }: Kept): StoryDraft | null {
  const { steps } = (document ?? {}) as { steps?: StoryDraft["steps"] };
  return steps && steps.length > 0 ? { id, title: said.title, steps } : null;
}

function authorKept(): string {
  try {
    return localStorage.getItem(AUTHOR) ?? "";
  } catch {
    return "";
  }
}

function keepAuthor(author: string): void {
  try {
    localStorage.setItem(AUTHOR, author);
  } catch {
    // It is typed again next time.
  }
}
