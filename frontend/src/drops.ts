/** Files dropped on the page: each goes to the one room that it is meant for. */

export type Receiver = "points" | "marks" | "nobody";

/** The rooms that take files, and what is said of one that none of them takes. */
export interface Receivers {
  /** Whether people are at a set of annotations that they may change. */
  readonly marking: () => boolean;
  readonly points: (file: File) => void;
  readonly marks: (file: File) => void;
  readonly nobody: (file: File) => void;
}

/** Tables are points to be named by their regions, unless people are at annotations. */
export function receiverOf(name: string, marking: boolean): Receiver {
  const ending = /\.([^.]+)$/.exec(name.toLowerCase())?.[1] ?? "";
  if (["csv", "tsv", "txt"].includes(ending)) return marking ? "marks" : "points";
  return ending === "json" ? "marks" : "nobody";
}

/**
 * Take files that are dropped anywhere on an element.
 *
 * What is dropped beside it is refused, or the browser would leave the page for the file.
 */
export function listenForDrops(root: HTMLElement, hint: HTMLElement, to: Receivers): void {
  const hasFile = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
  document.addEventListener("dragover", (event) => {
    if (!hasFile(event) || event.defaultPrevented) return;
    event.preventDefault();
    if (root.contains(event.target as Node | null)) hint.hidden = false;
  });
  root.addEventListener("dragleave", (event) => {
    if (!root.contains(event.relatedTarget as Node | null)) hint.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    hint.hidden = true;
    if (!hasFile(event) || event.defaultPrevented) return;
    event.preventDefault();
    const [file] = event.dataTransfer?.files ?? [];
    if (file) to[receiverOf(file.name, to.marking())](file);
  });
}
