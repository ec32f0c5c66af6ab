/** Text from people, with the safe web addresses in it found; pure. */

/** A piece of text, or an address that may be followed. */
export type Piece = string | { readonly href: string };

// Only the plain, secure kind; no spaces, quotes, brackets, or marks that turn the writing round.
const ADDRESS = /https:\/\/[^\s<>"'`\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** Cut text into what is text and what is an address; joined again it reads the same. */
export function linked(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const said = trimmed(match[0]);
    const href = safe(said);
    if (href === null) continue;
    if (match.index > from) pieces.push(text.slice(from, match.index));
    pieces.push({ href });
    from = match.index + said.length;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}

/** Without what ends the sentence, not the address. */
function trimmed(address: string): string {
  const bare = address.replace(/[.,;:!?…]+$/, "");
  return bare.endsWith(")") && !bare.includes("(") ? trimmed(bare.slice(0, -1)) : bare;
}

/** As the browser will read it: what is shown is where it leads. */
function safe(address: string): string | null {
  try {
    const url = new URL(address);
    const plain = url.protocol === "https:" && url.username === "" && url.password === "";
    return plain && url.hostname.includes(".") ? url.href : null;
  } catch {
    return null;
  }
}
