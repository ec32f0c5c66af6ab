/** Asks what a figure is to be like, and hands over the file. */

import { firstScale } from "../figure";
import { t } from "../words";
import { fill, h, iconButton, say } from "./dom";

/** Stands for every plane that is shown. */
export const ALL = "all";

export interface FigureWish {
  /** Id of a plane, or `ALL`. */
  readonly plane: string;
  readonly scale: number;
  readonly kind: "png" | "svg";
  readonly title: string;
  /** In an SVG, the picture beneath the outlines. */
  readonly under: boolean;
}

export interface FigureOffer {
  /** Id and name of each plane that is shown. */
  readonly planes: readonly (readonly [string, string])[];
  readonly scales: (plane: string) => readonly number[];
  readonly size: (plane: string, scale: number) => readonly [number, number];
  readonly title: string;
  readonly outlines: boolean;
}

export interface FigureEvents {
  make(
    wish: FigureWish,
    making: { signal: AbortSignal; onProgress(share: number): void },
  ): Promise<Blob>;
}

export class FigureDialog {
  readonly element: HTMLDialogElement;

  private readonly plane = h("select", { id: "figure-plane", onchange: () => this.fit() });
  private readonly scale = h("select", { id: "figure-scale", onchange: () => this.tell() });
  private readonly kind = h("select", { id: "figure-kind", onchange: () => this.tell() });
  private readonly title = h("input", { id: "figure-title", type: "text", maxlength: "200" });
  private readonly under = h("input", { type: "checkbox", checked: true });
  private readonly underRow: HTMLElement;
  private readonly size = h("p", { class: "plane-note" });
  private readonly note = h("p", { class: "plane-note", role: "status" });
  private readonly progress = h("progress", { max: "1", "aria-label": t("Making the figure") });
  private readonly go: HTMLButtonElement;
  private offer: FigureOffer | null = null;
  private making: AbortController | null = null;

  constructor(private readonly events: FigureEvents) {
    this.underRow = h(
      "label",
      { class: "check" },
      this.under,
      t("The picture beneath the outlines"),
    );
    this.go = h("button", { type: "submit", class: "pill" }, t("Download"));
    this.progress.hidden = true;
    this.element = h(
      "dialog",
      {
        class: "figure",
        "aria-labelledby": "figure-head",
        onclose: () => this.making?.abort(),
      },
      h(
        "form",
        {
          onsubmit: (event: Event) => {
            event.preventDefault();
            void this.make();
          },
        },
        h(
          "header",
          {},
          h("h2", { id: "figure-head" }, t("A figure of a plane")),
          iconButton("close", t("Close"), () => this.element.close()),
        ),
        row("figure-title", t("Title"), this.title),
        row("figure-plane", t("Plane"), this.plane),
        row("figure-kind", t("Format"), this.kind),
        row("figure-scale", t("Size"), this.scale),
        this.underRow,
        this.size,
        h(
          "p",
          { class: "plane-note" },
          t(
            "It has a scale bar, the letters of the body’s sides, the names that are on the plane, the place, the citation, the licence and the link.",
          ),
        ),
        h("div", { class: "plane-row" }, this.go, this.progress),
        this.note,
      ),
    );
  }

  open(offer: FigureOffer): void {
    this.offer = offer;
    fill(this.plane, ...offer.planes.map(([id, name]) => option(id, name)));
    fill(
      this.kind,
      option("png", t("PNG, a picture")),
      offer.outlines && option("svg", t("SVG, the regions’ outlines")),
    );
    this.title.value = offer.title;
    say(this.note, "");
    this.fit();
    this.element.showModal();
  }

  /** Offer what the chosen plane can be had as. */
  private fit(): void {
    const plane = this.plane.value;
    const { offer } = this;
    const { value } = this.scale;
    const scales = offer?.scales(plane) ?? [];
    fill(this.scale, ...scales.map((scale) => option(String(scale), `${scale} ×`)));
    const first = firstScale(scales, (scale) => offer?.size(plane, scale)[0] ?? 0);
    this.scale.value = scales.some((scale) => String(scale) === value) ? value : String(first);
    const several = plane === ALL;
    if (several) this.kind.value = "png";
    this.kind.disabled = several;
    this.tell();
  }

  private tell(): void {
    const svg = this.kind.value === "svg";
    this.underRow.hidden = !svg;
    const scale = Number(this.scale.value);
    const [width, height] = this.offer?.size(this.plane.value, svg ? 1 : scale) ?? [0, 0];
    this.scale.disabled = svg;
    say(this.size, t("{width} × {height} pixels", { width, height }));
  }

  private async make(): Promise<void> {
    this.making?.abort();
    const making = new AbortController();
    this.making = making;
    this.progress.hidden = false;
    this.progress.value = 0;
    this.go.disabled = true;
    say(this.note, t("Making the figure…"));
    const kind = this.kind.value === "svg" ? "svg" : "png";
    const title = this.title.value.trim();
    try {
      const wish = {
        plane: this.plane.value,
        scale: Number(this.scale.value),
        kind,
        title,
        under: this.under.checked,
      } as const;
      const blob = await this.events.make(wish, {
        signal: making.signal,
        onProgress: (share) => {
          this.progress.value = share;
        },
      });
      if (making.signal.aborted) return;
      download(blob, `${slug(title)}.${kind}`);
      say(this.note, t("The figure is downloaded."));
    } catch (error) {
      if (!making.signal.aborted)
        say(this.note, error instanceof Error ? error.message : String(error));
    } finally {
      this.progress.hidden = true;
      this.go.disabled = false;
    }
  }
}

function option(value: string, text: string): HTMLOptionElement {
  return h("option", { value }, text);
}

function row(id: string, name: string, field: HTMLElement): HTMLElement {
  return h("div", { class: "figure-row" }, h("label", { for: id }, name), field);
}

/** Hand a file over to whoever sits at the browser. */
export function download(blob: Blob, name: string): void {
  const href = URL.createObjectURL(blob);
  const link = h("a", { href, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

export function slug(title: string): string {
  const plain = title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return (
    plain
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "")
      .slice(0, 60) || "atlasview"
  );
}
