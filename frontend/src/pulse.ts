/** Feels whether the server is still there with what is shown, and goes on when it is back. */

import { type Health, healthOf, healthText, pause, unanswered } from "./health";
import type { Notices } from "./ui/notices";
import type { Volume } from "./volume";
import { t } from "./words";

/** An answer that takes longer than this, in ms, is none. */
const PATIENCE = 15_000;

export interface PulseDesk {
  /** What is shown; nothing yet is `null`. */
  volume(): Volume | null;
  resolve(path: string): string;
  /** The server is well again: ask once more for what is missing. */
  recover(): void;
}

export class Pulse {
  private health: Health = { kind: "well", digest: null };
  private timer: number | undefined;
  private moved = 0;
  private lived = Number.NEGATIVE_INFINITY;
  private asked: string | null = null;

  constructor(
    private readonly desk: PulseDesk,
    private readonly notices: Notices,
  ) {
    document.addEventListener("visibilitychange", () => this.feelSoon());
    window.addEventListener("online", () => this.feelSoon());
    window.addEventListener("offline", () => this.feelSoon());
    this.later();
  }

  /** Somebody is at work: what they see should be true. */
  stir(): void {
    this.moved = performance.now();
  }

  /** Something of the picture came: the server is there, however long its other answers take. */
  heard(): void {
    this.lived = performance.now();
  }

  /** Something was not to be had: ask at once why. */
  feelSoon(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.feel());
  }

  private later(): void {
    clearTimeout(this.timer);
    const wait = pause(this.health, performance.now() - this.moved);
    this.timer = window.setTimeout(() => void this.feel(), wait);
  }

  private async feel(): Promise<void> {
    const volume = this.desk.volume();
    if (volume && document.visibilityState === "visible") {
      const health = await this.ask(volume);
      if (this.desk.volume()?.id === volume.id) this.tell(health, volume);
    }
    this.later();
  }

  private async ask({ id }: Volume): Promise<Health> {
    const asked = performance.now();
    try {
      const answer = await fetch(this.desk.resolve(`api/volumes/${encodeURIComponent(id)}`), {
        cache: "no-cache",
        signal: AbortSignal.timeout(PATIENCE),
      });
      const said: unknown = await answer.json().catch(() => null);
      const { digest, detail } = (said ?? {}) as { digest?: unknown; detail?: unknown };
      const text = (words: unknown) => (typeof words === "string" ? words : "");
      return healthOf(answer.status, text(digest) || null, text(detail));
    } catch (error) {
      const late = error instanceof DOMException && error.name === "TimeoutError";
      return unanswered(this.health, late && this.lived > asked);
    }
  }

  private tell(health: Health, volume: Volume): void {
    const before = this.health;
    const other = this.asked !== volume.id;
    this.asked = volume.id;
    this.health = health;
    const text = healthText(health, volume.name);
    if (text !== null) {
      // What the engine says of the same misfortune is said here already.
      for (const key of ["chunks", "source", "slow"]) this.notices.dismiss(key);
      this.notices.show({ key: "health", kind: "error", text });
      return;
    }
    this.notices.dismiss("health");
    if (health.kind === "well" && health.digest !== volume.digest) {
      this.notices.show({
        key: "replaced",
        kind: "info",
        text: t("“{name}” was replaced on the server by another state of it.", {
          name: volume.name,
        }),
        action: { label: t("Show the new one"), run: () => location.reload() },
      });
    }
    if (before.kind === "well" || other) return;
    this.desk.recover();
    this.notices.show({
      key: "recovered",
      kind: "info",
      text: t("The server answers again."),
      brief: true,
    });
  }

  /** Is there anything that the server's own state explains? */
  get ails(): boolean {
    return this.health.kind !== "well";
  }
}
