/** Where edits wait: in the browser's own database, so that they outlive the page. */

import type { Op } from "./queue";

export interface OpStore {
  /** Read all edits, change them, and write what changed, while nobody else does. */
  change(how: (ops: readonly Op[]) => readonly Op[]): Promise<readonly Op[]>;
  /** Do edits outlive the page? */
  readonly lasting: boolean;
}

/** Edits in memory, for browsers that keep nothing. */
export class MemoryOps implements OpStore {
  readonly lasting = false;
  private ops: readonly Op[] = [];

  async change(how: (ops: readonly Op[]) => readonly Op[]): Promise<readonly Op[]> {
    this.ops = how(this.ops);
    return this.ops;
  }
}

const STORE = "edits";

class DatabaseOps implements OpStore {
  readonly lasting = true;

  constructor(private readonly database: IDBDatabase) {}

  change(how: (ops: readonly Op[]) => readonly Op[]): Promise<readonly Op[]> {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(STORE, "readwrite", { durability: "strict" });
      const store = transaction.objectStore(STORE);
      let after: readonly Op[] = [];
      const reading = store.getAll() as IDBRequest<Op[]>;
      reading.onsuccess = () => {
        const before = reading.result;
        after = how(before);
        const kept = new Set(after.map(({ n }) => n));
        for (const op of after) if (!before.includes(op)) store.put(op);
        for (const { n } of before) if (!kept.has(n)) store.delete(n);
      };
      transaction.oncomplete = () => resolve(after);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }
}

/** Open the edits of one server; `name` tells it from others of the same origin. */
export function openOps(name: string): Promise<OpStore> {
  return new Promise((resolve) => {
    let opening: IDBOpenDBRequest;
    try {
      opening = indexedDB.open(`atlasview ${name}`, 1);
    } catch {
      resolve(new MemoryOps());
      return;
    }
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "n" });
    opening.onsuccess = () => resolve(new DatabaseOps(opening.result));
    opening.onerror = () => resolve(new MemoryOps());
  });
}
