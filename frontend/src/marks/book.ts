/** What this browser remembers of annotation sets: their keys, and who marks here. */

export interface Known {
  readonly title: string;
  readonly space: string;
  readonly editKey: string | null;
  readonly readKey: string | null;
}

const SETS = "atlasview.sets";
const AUTHOR = "atlasview.author";
const COLOR = "atlasview.color";

/** A browser may keep nothing, and say so by throwing. */
function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Then it is not remembered.
  }
}

export class SetBook {
  /** What was learnt, also where the browser keeps nothing. */
  private readonly here = new Map<string, Known>();

  /** `server` tells one server's sets from another's of the same origin. */
  constructor(private readonly server: string) {}

  /** All sets that were opened here, the last one first. */
  get all(): readonly (Known & { readonly id: string })[] {
    const kept = parseKept(read(this.name));
    for (const [id, known] of this.here) kept.set(id, known);
    return [...kept].reverse().map(([id, known]) => ({ id, ...known }));
  }

  get(id: string): Known | null {
    return this.here.get(id) ?? parseKept(read(this.name)).get(id) ?? null;
  }

  /** The key that opens most. */
  keyOf(id: string): string | null {
    const known = this.get(id);
    return known?.editKey ?? known?.readKey ?? null;
  }

  learn(id: string, said: Partial<Known>): void {
    const before = this.get(id) ?? { title: "", space: "", editKey: null, readKey: null };
    const known = { ...before, ...said };
    if (JSON.stringify(known) === JSON.stringify(this.get(id))) return;
    this.here.set(id, known);
    const kept = parseKept(read(this.name));
    kept.delete(id);
    kept.set(id, known);
    write(this.name, JSON.stringify(Object.fromEntries(kept)));
  }

  forget(id: string): void {
    this.here.delete(id);
    const kept = parseKept(read(this.name));
    kept.delete(id);
    write(this.name, JSON.stringify(Object.fromEntries(kept)));
  }

  get author(): string {
    return read(AUTHOR) ?? "";
  }

  set author(name: string) {
    write(AUTHOR, name);
  }

  /** The colour of the next annotation. */
  get color(): string {
    const color = read(COLOR) ?? "";
    return /^#[0-9a-f]{6}$/.test(color) ? color : "#f2b134";
  }

  set color(color: string) {
    write(COLOR, color);
  }

  private get name(): string {
    return `${SETS} ${this.server}`;
  }
}

function parseKept(text: string | null): Map<string, Known> {
  const word = (value: unknown) => (typeof value === "string" ? value : null);
  try {
    const json: unknown = JSON.parse(text ?? "{}");
    return new Map(
      Object.entries(json as Record<string, Record<string, unknown>>).map(([id, said]) => [
        id,
        {
          title: word(said.title) ?? "",
          space: word(said.space) ?? "",
          editKey: word(said.editKey),
          readKey: word(said.readKey),
        },
      ]),
    );
  } catch {
    return new Map();
  }
}
