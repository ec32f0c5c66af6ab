/** Figures of what is shown: which planes there are, and what is said of them. */

import type { Api } from "./api";
import { Draftsman, type Making, type Plate } from "./draftsman";
import { fits, type Lying, rowOf, SCALES, sizeOf } from "./figure";
import { spaceOf } from "./library";
import { formatHash } from "./link";
import { type Look, lookOf } from "./look";
import type { Name } from "./names";
import { orientationOf, type Panel } from "./panels";
import type { Session } from "./session";
import type { Style, View } from "./state";
import { ALL, FigureDialog, type FigureWish } from "./ui/figuredialog";
import { t } from "./words";

/** A plane as a panel shows it, with what is written on it. */
type Laid = Lying & Pick<Plate, "names">;

export class Figures {
  readonly dialog: FigureDialog;
  private readonly draftsman: Draftsman;

  constructor(
    api: Api,
    private readonly session: Session,
    private readonly panels: () => readonly Panel[],
    /** The names that are written on each panel. */
    private readonly names: () => readonly (readonly Name[])[],
    private readonly base: URL,
  ) {
    this.draftsman = new Draftsman((path) => api.resolve(path));
    this.dialog = new FigureDialog({ make: (wish, making) => this.make(wish, making) });
  }

  open(): void {
    const planes = this.planes();
    const { loaded, view } = this.session;
    if (planes.size === 0) return;
    const names: Readonly<Record<string, string>> = {
      horizontal: t("Horizontal"),
      coronal: t("Coronal"),
      sagittal: t("Sagittal"),
    };
    const shownOn = (plane: string) => namedBy(planes, plane).map(({ shown }) => shown);
    this.dialog.open({
      planes: [
        ...[...planes.keys()].map((id) => [id, names[id] ?? id] as const),
        ...(planes.size > 1 ? [[ALL, t("All planes, in a row")] as const] : []),
      ],
      scales: (plane) => SCALES.filter((scale) => fits(shownOn(plane), scale)),
      size: (plane, scale) => {
        const { width, height } = rowOf(
          shownOn(plane).map((shown) => sizeOf(shown, scale)),
          scale,
        );
        return [width, height];
      },
      title: [this.selectedName(), loaded.atlas?.name ?? loaded.scene.image?.name]
        .filter((part) => part)
        .join(" · "),
      outlines: loaded.scene.labels !== null && view.style.regions,
    });
  }

  private selectedName(): string | undefined {
    const { loaded, view } = this.session;
    const last = view.style.selected.at(-1);
    return last === undefined ? undefined : loaded.tree?.get(last)?.name;
  }

  /** What each panel shows now. */
  private planes(): Map<string, Laid> {
    const { at, zoom, turn } = this.session.camera;
    const found = new Map<string, Laid>();
    this.panels().forEach(({ plane, axes, width, height }, i) => {
      if (plane === "3d" || !axes) return;
      const orientation = orientationOf(plane, turn);
      const names = this.names()[i] ?? [];
      found.set(plane, { shown: { at, orientation, zoom, width, height }, axes, names });
    });
    return found;
  }

  private look(view: View): Look | null {
    const look = lookOf(view, this.session.loaded.scene, true);
    return look && { ...look, format: "png" };
  }

  private async make(wish: FigureWish, making: Making): Promise<Blob> {
    const { session } = this;
    const { view, loaded } = session;
    const planes = namedBy(this.planes(), wish.plane);
    const look = this.look(view);
    if (!look) throw new Error(t("Nothing is shown of which a figure could be made."));
    const { image, labels } = loaded.scene;
    const cited = [loaded.atlas?.citation, image?.citation, labels?.citation];
    const licensed = loaded.atlas?.licence
      ? [loaded.atlas.licence]
      : [image, labels].map((one) => one?.licence);
    const [plate, ...others] = planes.map(
      (plane): Plate => ({
        ...plane,
        scale: wish.kind === "svg" ? 1 : wish.scale,
        look,
        caption: {
          title: wish.title,
          space: spaceOf(loaded) ?? "",
          citations: distinct(cited),
          licences: distinct(licensed).map((licence) => t("Licence: {licence}", { licence })),
          link: new URL(formatHash(view), this.base).href,
        },
      }),
    );
    if (!plate) throw new Error(t("Nothing is shown of which a figure could be made."));
    if (wish.kind === "png" || !labels) return this.draftsman.png([plate, ...others], making);
    const only = (patch: Partial<Style>) =>
      this.look({ ...view, style: { ...view.style, ...patch } });
    // What is drawn faintly has no outline.
    const {
      rest: _,
      opacity: __,
      outline: ___,
      ...chosen
    } = only({ template: false })?.query ?? {};
    const over: Record<string, string> = wish.under ? { outline: "1" } : { opacity: "0.35" };
    const outlines = { volume: labels.id, format: "png", query: { ...chosen, ...over } } as const;
    const regionless = only({ regions: false });
    const under = wish.under && regionless !== null;
    const beneath = regionless ? { ...plate, look: regionless } : plate;
    return this.draftsman.svg(beneath, outlines, under, making);
  }
}

/** The planes that a choice names. */
function namedBy(planes: ReadonlyMap<string, Laid>, choice: string): readonly Laid[] {
  const one = planes.get(choice);
  return one ? [one] : choice === ALL ? [...planes.values()] : [];
}

/** Each citation once, and none that another holds already. */
function distinct(cited: readonly (string | null | undefined)[]): string[] {
  const found: string[] = [];
  for (const words of cited) {
    if (words && !found.some((before) => before.includes(words))) found.push(words);
  }
  return found;
}
