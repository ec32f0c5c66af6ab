/** What the address of a frame says of the page in it; pure. */

export const PARTS = ["toolbar", "search", "tree", "layers", "status"] as const;
export type Part = (typeof PARTS)[number];

export interface Frame {
  /** What stands around the map. */
  readonly parts: ReadonlySet<Part>;
  /** Origin of the page around the frame: nobody else is told or listened to. */
  readonly origin: string;
}

/** Read the address of the page; `null` where it is not one for a frame. */
export function frameOf(href: string): Frame | null {
  const url = new URL(href);
  if (!/\/embed\/[0-9A-Za-z]*$/.test(url.pathname)) return null;
  const chrome = url.searchParams.get("chrome");
  const said = chrome?.split(",") ?? PARTS;
  return {
    parts: new Set(PARTS.filter((part) => said.includes(part))),
    origin: url.searchParams.get("origin")?.toLowerCase() ?? url.origin,
  };
}
