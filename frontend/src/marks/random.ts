/** Names that nobody else has. */

/** 128 random bits; unlike `crypto.randomUUID` also where the page came over plain HTTP. */
export function newName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
