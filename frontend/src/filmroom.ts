/** Where films are made: of views that are added by hand, or of a story's steps. */

import type { WishedStep } from "./document";
import { write, writeLetters } from "./draftsman";
import type { Drawer } from "./drawer";
import { countStills, type KeyFrame, keysOf, MOST_STILLS, PACE, type Pace, stillsOf } from "./film";
import type { Panel } from "./panels";
import type { Session } from "./session";
import { download, slug } from "./ui/figuredialog";
import { FilmPanel } from "./ui/filmpanel";
import { t } from "./words";

export interface FilmDesk {
  readonly session: Session;
  /** `null` where there is no engine that could be filmed. */
  drawer(): Drawer | null;
  panels(): readonly Panel[];
  /** The steps of the story that is open. */
  steps(): readonly WishedStep[];
  titleNow(): string;
  onOpen(open: boolean): void;
}

export class FilmRoom {
  readonly panel: FilmPanel;

  private keys: readonly KeyFrame[] = [];
  private pace: Pace = PACE;
  private making: AbortController | null = null;
  private progress: { done: number; count: number } | null = null;
  private hindrance: string | null = null;

  constructor(private readonly desk: FilmDesk) {
    this.panel = new FilmPanel({
      onAdd: () => {
        const { camera, style } = desk.session.view;
        this.change([...this.keys, { title: desk.titleNow(), camera, style }]);
      },
      onStory: () => this.takeStory(),
      onGo: (index) => {
        const key = this.keys[index];
        if (!key) return;
        desk.session.choose(key.style);
        desk.session.go(key.camera);
      },
      onRemove: (index) => this.change(this.keys.filter((_, i) => i !== index)),
      onPace: (pace) => {
        this.pace = { ...this.pace, ...pace };
        this.show();
      },
      onMake: () => void this.make(),
      onCancel: () => this.making?.abort(),
      onClose: () => this.open(false),
    });
  }

  get isOpen(): boolean {
    return !this.panel.element.hidden;
  }

  open(open = !this.isOpen): void {
    if (open === this.isOpen) return;
    if (!open) this.making?.abort();
    this.panel.element.hidden = !open;
    this.desk.onOpen(open);
    if (!open) return;
    this.show();
    this.panel.focus();
    void import("./filmmaker").then(
      ({ whyNot }) => {
        this.hindrance = whyNot();
        this.show();
      },
      () =>
        this.panel.tell(t("A part of this page could not be loaded. Is the server still running?")),
    );
  }

  /** Open with the steps of the story. */
  openStory(): void {
    this.open(true);
    if (this.making === null) this.takeStory();
  }

  private takeStory(): void {
    const { data, camera } = this.desk.session.view;
    this.change(keysOf(this.desk.steps(), data, camera));
  }

  private change(keys: readonly KeyFrame[]): void {
    this.keys = keys;
    this.show();
  }

  private show(): void {
    const { keys, pace, hindrance, progress } = this;
    const seconds = countStills(keys.length, pace) / pace.perSecond;
    const story = this.desk.steps().length > 0;
    this.panel.show({ keys, pace, seconds, story, hindrance, progress });
  }

  private async make(): Promise<void> {
    const { session } = this.desk;
    const count = countStills(this.keys.length, this.pace);
    if (count > MOST_STILLS) {
      const most = Math.floor(MOST_STILLS / this.pace.perSecond);
      this.panel.tell(t("A film is no longer than {most} seconds.", { most }));
      return;
    }
    const making = new AbortController();
    this.making = making;
    this.progress = { done: 0, count };
    this.show();
    const before = session.view;
    let said = "";
    try {
      const film = await this.shoot(count, making.signal);
      said = film ? t("The film is downloaded.") : t("The film was called off.");
      if (film) download(film, `${slug(this.desk.titleNow())}.webm`);
    } catch (error) {
      said = error instanceof Error ? error.message : String(error);
    } finally {
      session.pose(before.camera, before.style);
      this.making = null;
      this.progress = null;
      this.show();
      this.panel.tell(said);
    }
  }

  private async shoot(count: number, signal: AbortSignal): Promise<Blob | null> {
    const { session } = this.desk;
    const { shoot } = await import("./filmmaker");
    const { width, height } = session.mapSize();
    const stills = stillsOf(this.keys, this.pace);
    return shoot({
      width,
      height,
      perSecond: this.pace.perSecond,
      count,
      signal,
      draw: async (pen) => {
        const still = stills.next().value;
        const drawer = this.desk.drawer();
        if (!still || !drawer) throw new Error(t("The engine was lost while the film was made."));
        session.pose(still.camera, still.style);
        await drawer.drawn();
        const picture = new Image();
        picture.src = drawer.picture();
        await picture.decode();
        pen.drawImage(picture, 0, 0);
        this.write(pen, still.title);
      },
      onProgress: (done, all) => {
        this.progress = { done, count: all };
        this.show();
      },
    });
  }

  /** The letters in every plane, and what the place is called; the engine draws its scale bar. */
  private write(pen: CanvasRenderingContext2D, title: string): void {
    for (const { axes, left, top, width, height } of this.desk.panels()) {
      if (!axes) continue;
      pen.save();
      pen.translate(left, top);
      writeLetters(pen, axes, width, height);
      pen.restore();
    }
    if (title !== "") write(pen, title, 12, 24, 16, "left");
  }
}
