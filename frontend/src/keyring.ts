/** The edit keys of the views that this browser made: kept here, and nowhere else. */

/** The key of a view, and what it was called when it was last seen. */
export interface KeptKey {
  readonly key: string;
  /** Ids of the views that it is known to open. */
  readonly views: readonly string[];
}

export class Keyring {
  private readonly name: string;
  /** What cannot be kept in the browser lives as long as the page. */
  private passing: readonly KeptKey[] = [];
  /** Does the browser let the page keep anything? */
  lasting = true;

  /** `base` is where the page lies: two servers of one host have keys of their own. */
  constructor(
    base: URL,
    private readonly storage: () => Storage = () => localStorage,
  ) {
    this.name = `atlasview:keys:${base.pathname}`;
  }

  /** The newest first. */
  all(): readonly KeptKey[] {
    if (!this.lasting) return this.passing;
    try {
      const found: unknown = JSON.parse(this.storage().getItem(this.name) ?? "[]");
      return Array.isArray(found) ? found.filter(isKept) : [];
    } catch {
      return this.passing;
    }
  }

  keyOf(view: string): string | null {
    return this.all().find(({ views }) => views.includes(view))?.key ?? null;
  }

  /** Keep a key, and which views it opens. */
  keep(key: string, views: readonly string[]): void {
    const others = this.all().filter((kept) => kept.key !== key);
    const before = this.all().find((kept) => kept.key === key)?.views ?? [];
    this.write([{ key, views: [...new Set([...before, ...views])] }, ...others]);
  }

  /** A view is no more, or is no longer wanted here: its key goes with the last of its views. */
  forget(view: string): void {
    this.write(
      this.all()
        .map(({ key, views }) => ({ key, views: views.filter((id) => id !== view) }))
        .filter(({ views }) => views.length > 0),
    );
  }

  private write(kept: readonly KeptKey[]): void {
    this.passing = kept;
    try {
      this.storage().setItem(this.name, JSON.stringify(kept));
      this.lasting = true;
    } catch {
      this.lasting = false;
    }
  }
}

function isKept(value: unknown): value is KeptKey {
  const { key, views } = (value ?? {}) as Partial<KeptKey>;
  return (
    typeof key === "string" && Array.isArray(views) && views.every((id) => typeof id === "string")
  );
}
