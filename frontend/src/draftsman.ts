/** Makes figures: fetches a plane's picture in parts, and writes on it what a reader must know. */

import {
  type Bar,
  barOf,
  type Part,
  partsOf,
  placeText,
  rowOf,
  type Shown,
  sizeOf,
  wrapped,
} from "./figure";
import { sidesOf } from "./geometry";
import type { Look } from "./look";
import type { Name } from "./names";
import type { Axes } from "./panels";
import { planeAddress } from "./pictures";
import { t } from "./words";

/** What a figure says beside its picture. */
export interface Caption {
  readonly title: string;
  readonly space: string;
  readonly citations: readonly string[];
  readonly licences: readonly string[];
  /** Leads back to the view. */
  readonly link: string;
}

export interface Plate {
  readonly shown: Shown;
  /** Names of regions as they are written on the plane. */
  readonly names: readonly Name[];
  readonly axes: Axes;
  readonly scale: number;
  readonly look: Look;
  readonly caption: Caption;
}

export interface Making {
  readonly signal: AbortSignal;
  /** The share that is done. */
  onProgress(share: number): void;
}

const INK = "#16202a";
const SOFT = "#52606d";
/** Beside what is written below a figure, in pixels of the screen. */
const MARGIN = 8;

export class Draftsman {
  constructor(private readonly resolve: (path: string) => string) {}

  /** The picture of a plane alone. */
  async picture({ shown, axes, scale, look }: Plate, making: Making): Promise<HTMLCanvasElement> {
    const [width, height] = sizeOf(shown, scale);
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext("2d");
    if (!pen) throw new Error(t("This browser cannot keep a picture of this size."));
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, width, height);
    const parts = partsOf(shown, scale, axes);
    for (const [i, part] of parts.entries()) {
      const bitmap = await this.part(part, look, making.signal);
      pen.drawImage(bitmap, part.left, part.top);
      bitmap.close();
      making.onProgress((i + 1) / parts.length);
    }
    return canvas;
  }

  /**
   * A figure as PNG: each picture with scale bar and letters, what it is and where written below.
   *
   * Several planes, of one scale, stand in a row over the same words.
   */
  async png(plates: readonly [Plate, ...Plate[]], making: Making): Promise<Blob> {
    const [{ scale: k }] = plates;
    const pictures: HTMLCanvasElement[] = [];
    for (const [i, plate] of plates.entries()) {
      const onProgress = (share: number) => making.onProgress((i + share) / plates.length);
      pictures.push(await this.picture(plate, { ...making, onProgress }));
    }
    const row = rowOf(
      pictures.map(({ width, height }) => [width, height]),
      k,
    );
    const lines = captionOf(plates, row.width / k);
    const canvas = document.createElement("canvas");
    canvas.width = row.width;
    canvas.height = row.height + Math.ceil((16 + lines.length * 17) * k);
    const pen = canvas.getContext("2d");
    if (!pen) throw new Error(t("This browser cannot keep a picture of this size."));
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    for (const [i, plate] of plates.entries()) {
      const picture = pictures[i];
      if (!picture) continue;
      pen.save();
      pen.translate(row.lefts[i] ?? 0, 0);
      pen.drawImage(picture, 0, 0);
      writeOn(pen, plate, picture.width, picture.height);
      for (const { text, x, y } of plate.names)
        write(pen, text, x * k, (y + 4) * k, 12 * k, "center");
      pen.restore();
    }
    lines.forEach(({ text, strong }, i) => {
      pen.font = fontOf(strong, k);
      pen.fillStyle = strong ? INK : SOFT;
      pen.textAlign = "left";
      pen.fillText(text, MARGIN * k, row.height + (20 + i * 17) * k);
    });
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!blob) throw new Error(t("This browser cannot keep a picture of this size."));
    return blob;
  }

  /** A figure as SVG: the regions as named paths, over the picture where that is wanted. */
  async svg(plate: Plate, outlines: Look, under: boolean, making: Making): Promise<Blob> {
    const { shown, axes, caption } = plate;
    const [width, height] = sizeOf(shown, 1);
    const [part] = partsOf(shown, 1, axes);
    if (!part) throw new Error("A figure has a part");
    const cut = { ...part.cut, center: shown.at, width, height, mmPerPixel: shown.zoom };
    const address = planeAddress(outlines, cut).replace(/\.png\?/, ".svg?");
    const answer = await this.get(address, making.signal);
    const drawing = new DOMParser().parseFromString(await answer.text(), "image/svg+xml");
    const lines = captionOf([plate], width);
    const root = drawing.documentElement;
    const tall = height + 16 + lines.length * 17;
    root.setAttribute("viewBox", `0 0 ${width} ${tall}`);
    root.setAttribute("height", `${tall * shown.zoom}mm`);
    const element = (name: string, attributes: Record<string, string>, text = "") => {
      const made = drawing.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      made.textContent = text;
      return made;
    };
    const title = root.querySelector("title");
    if (title) title.textContent = caption.title;
    const first = root.querySelector("path");
    const ground = element("rect", { width: "100%", height: "100%", fill: "#fff" });
    root.insertBefore(ground, first);
    if (under) {
      const picture = await this.picture(plate, making);
      const image = element("image", { width: `${width}`, height: `${height}` });
      image.setAttribute("href", picture.toDataURL("image/png"));
      root.insertBefore(image, first);
    }
    const ink = under ? "#fff" : INK;
    const font = { "font-family": "system-ui, sans-serif", "font-size": "13" };
    // White words can be read on anything.
    const halo = under
      ? { "paint-order": "stroke", stroke: "#000", "stroke-opacity": "0.7", "stroke-width": "3" }
      : {};
    const bar = barOf(shown.zoom, width);
    const [x, y] = [12, height - 12];
    root.append(
      element("rect", { x: `${x}`, y: `${y - 5}`, width: `${bar.pixels}`, height: "5", fill: ink }),
      element("text", { x: `${x}`, y: `${y - 10}`, fill: ink, ...font, ...halo }, bar.text),
      ...plate.names.map(({ text, x: at, y: below }) =>
        element(
          "text",
          { x: `${at}`, y: `${below + 4}`, fill: ink, "text-anchor": "middle", ...font, ...halo },
          text,
        ),
      ),
      ...letters(axes, width, height).map(([letter, at, below]) =>
        element(
          "text",
          {
            x: `${at}`,
            y: `${below}`,
            fill: ink,
            "font-weight": "700",
            "text-anchor": "middle",
            ...font,
            ...halo,
          },
          letter,
        ),
      ),
      ...lines.map(({ text, strong }, i) =>
        element(
          "text",
          {
            x: `${MARGIN}`,
            y: `${height + 20 + i * 17}`,
            fill: strong ? INK : SOFT,
            ...font,
            "font-size": "12",
            "font-weight": strong ? "600" : "400",
          },
          text,
        ),
      ),
    );
    making.onProgress(1);
    return new Blob([new XMLSerializer().serializeToString(drawing)], { type: "image/svg+xml" });
  }

  private async part({ cut }: Part, look: Look, signal: AbortSignal): Promise<ImageBitmap> {
    return createImageBitmap(await (await this.get(planeAddress(look, cut), signal)).blob());
  }

  private async get(path: string, signal: AbortSignal): Promise<Response> {
    let answer: Response;
    try {
      answer = await fetch(this.resolve(path), { signal });
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Error(t("The server does not answer. Is it still running?"));
    }
    if (answer.ok) return answer;
    const said = await answer.json().catch(() => ({}));
    throw new Error(
      typeof said.detail === "string"
        ? said.detail
        : t("The server answered {status}.", { status: answer.status }),
    );
  }
}

/** Write the scale bar and the letters on a picture. */
function writeOn(
  pen: CanvasRenderingContext2D,
  { shown, axes, scale: k }: Pick<Plate, "shown" | "axes" | "scale">,
  width: number,
  height: number,
): void {
  const bar: Bar = barOf(shown.zoom / k, width);
  const [x, y] = [12 * k, height - 12 * k];
  pen.fillStyle = "#000";
  pen.fillRect(x - k, y - 6 * k, Math.round(bar.pixels) + 2 * k, 7 * k);
  pen.fillStyle = "#fff";
  pen.fillRect(x, y - 5 * k, Math.round(bar.pixels), 5 * k);
  write(pen, bar.text, x, y - 11 * k, 13 * k, "left");
  writeLetters(pen, axes, width, height, k);
}

/** Write the letters of the body's sides at the edges of a picture. */
export function writeLetters(
  pen: CanvasRenderingContext2D,
  axes: Axes,
  width: number,
  height: number,
  k = 1,
): void {
  for (const [letter, x, y] of letters(axes, width / k, height / k)) {
    write(pen, letter, x * k, y * k, 13 * k, "center");
  }
}

/** White words that can be read on anything. */
export function write(
  pen: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  size: number,
  align: CanvasTextAlign,
): void {
  pen.font = `600 ${size}px system-ui, sans-serif`;
  pen.textAlign = align;
  pen.lineJoin = "round";
  pen.lineWidth = size / 4;
  pen.strokeStyle = "rgb(0 0 0 / 70%)";
  pen.strokeText(text, x, y);
  pen.fillStyle = "#fff";
  pen.fillText(text, x, y);
}

/** The letters at the four edges, and where their feet stand. */
function letters(axes: Axes, width: number, height: number): [string, number, number][] {
  const { left, right, top, bottom } = sidesOf(axes.right, axes.down);
  return [
    [left, 16, height / 2 + 5],
    [right, width - 16, height / 2 + 5],
    [top, width / 2, 18],
    [bottom, width / 2, height - 8],
  ];
}

/** What is written below planes of so many pixels of the screen across. */
function captionOf(
  plates: readonly [Plate, ...Plate[]],
  width: number,
): { text: string; strong: boolean }[] {
  const [{ caption }] = plates;
  const pen = document.createElement("canvas").getContext("2d");
  const lines = (strong: boolean) => (text: string) => {
    if (pen) pen.font = fontOf(strong);
    const fits = (line: string) => (pen?.measureText(line).width ?? 0) <= width - 2 * MARGIN;
    return wrapped(text, fits).map((line) => ({ text: line, strong }));
  };
  const place = placeText(plates, caption.space);
  const soft = [place, ...caption.citations, ...caption.licences, caption.link];
  return [...lines(true)(caption.title), ...soft.flatMap(lines(false))];
}

function fontOf(strong: boolean, k = 1): string {
  return `${strong ? "600" : "400"} ${12 * k}px system-ui, sans-serif`;
}
