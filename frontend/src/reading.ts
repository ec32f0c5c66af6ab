/** How the coordinates of what is shown are read and typed, as the view chooses. */

import { type Choice, choicesOf } from "./coordinates";
import { spaceOf } from "./library";
import type { Session } from "./session";
import type { Volume } from "./volume";
import type { Frame, Whereabouts } from "./whereabouts";

export class Reading {
  choices: readonly Choice[] = choicesOf(null, null, []);
  private space: string | null = null;
  private volume: Volume | null = null;
  private frames: readonly Frame[] = [];
  /** Whether all frames of the space are known. */
  private known = true;

  constructor(
    private readonly where: Whereabouts,
    private readonly session: Session,
    /** The choices are others now. */
    private readonly onChoices: () => void,
    /** What the view chooses is not known here. */
    private readonly onMissing: (id: string) => void,
  ) {}

  get choice(): Choice {
    const wanted = this.session.view.style.coordinates;
    return (
      this.choices.find(({ id }) => id === wanted) ??
      this.choices[0] ?? { id: null, unit: "", about: "", frame: null }
    );
  }

  /** The data may be others now. */
  update(): void {
    const { loaded } = this.session;
    const space = spaceOf(loaded);
    const volume = loaded.scene.image ?? loaded.scene.labels;
    if (space === this.space && volume === this.volume) return;
    if (space !== this.space) this.frames = [];
    this.volume = volume;
    this.known = space === this.space && this.known;
    this.space = space;
    this.offer();
    if (!this.known) void this.ask(space);
  }

  private async ask(space: string | null): Promise<void> {
    let frames: readonly Frame[] = [];
    try {
      if (space !== null) frames = await this.where.frames(space);
    } catch {
      // Millimetres and voxels are there all the same; asked again with the next data.
    }
    if (space !== this.space) return;
    this.frames = frames;
    this.known = true;
    this.offer();
    const { coordinates } = this.session.view.style;
    if (coordinates !== null && this.choice.id !== coordinates) this.onMissing(coordinates);
  }

  private offer(): void {
    this.choices = choicesOf(this.space, this.volume, this.frames);
    this.onChoices();
  }
}
