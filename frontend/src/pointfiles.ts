/** Files of points dropped on the page, or chosen: from the file to the table of regions. */

import type { Api } from "./api";
import { checkPoints, pointOf, readTable, writeTable } from "./pointlist";
import type { Session } from "./session";
import { h } from "./ui/dom";
import type { Notices } from "./ui/notices";
import { type PointTable, rowsOf } from "./ui/pointtable";
import { plural, t } from "./words";

/** Bytes of a file that is read: more than a hundred thousand points have. */
const MOST_BYTES = 30 << 20;

export class PointFiles {
  /** What is shown while a file hangs over the page. */
  readonly hint = h(
    "div",
    { class: "drop-hint", hidden: true, "aria-hidden": "true" },
    h("p", {}, t("Drop a list of points here: CSV with the columns x, y and z, in millimetres")),
  );
  private readonly field = h("input", {
    type: "file",
    accept: ".csv,.tsv,.txt,text/csv,text/tab-separated-values",
    hidden: true,
    onchange: () => {
      const file = this.field.files?.[0];
      this.field.value = "";
      if (file) void this.read(file);
    },
  });
  private asking = new AbortController();

  constructor(
    private readonly api: Api,
    private readonly session: Session,
    private readonly table: PointTable,
    private readonly notices: Notices,
  ) {}

  /** Lie where files are dropped. */
  attach(root: HTMLElement): void {
    root.append(this.hint, this.field);
  }

  /** Let a file be chosen. */
  choose(): void {
    this.field.click();
  }

  async read(file: File): Promise<void> {
    const { atlas, parcellation } = this.session.view.data;
    if (!atlas || !parcellation) {
      this.say(t("Choose an atlas first: these data have no regions to name points by."));
      return;
    }
    if (file.size > MOST_BYTES) {
      this.say(
        t("{name} has {size} MB; a list of points may have {most} MB.", {
          name: file.name,
          size: Math.ceil(file.size / 1e6),
          most: Math.floor(MOST_BYTES / 1e6),
        }),
      );
      return;
    }
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    const checked = checkPoints(readTable(await file.text()));
    if (typeof checked === "string") {
      this.say(checked);
      return;
    }
    const { table, columns, good, flaws } = checked;
    const rows = good.map((i) => table.rows[i] ?? []);
    if (rows.length === 0) {
      const [flaw] = flaws;
      this.say(
        flaw
          ? t("No row of this file has a point. Line {line}: {text}.", { ...flaw })
          : t("This file has no points below its first line."),
      );
      return;
    }
    this.notices.show({
      key: "points",
      kind: "info",
      text: plural(
        rows.length,
        "Asking for the region of {n} point…",
        "Asking for the regions of {n} points…",
      ),
    });
    try {
      const body = writeTable(table, rows);
      const answer = await this.api.assign(atlas, parcellation, body, signal);
      if (signal.aborted) return;
      this.notices.dismiss("points");
      const found = readTable(answer);
      this.table.show({
        title: file.name,
        head: found.head,
        rows: rowsOf(
          found,
          rows.map((row) => pointOf(row, columns)),
        ),
        flaws,
        file: answer,
      });
    } catch (error) {
      if (signal.aborted) return;
      this.notices.dismiss("points");
      this.notices.failed(error, () => void this.read(file));
    }
  }

  private say(text: string): void {
    this.notices.show({ key: "points", kind: "error", text });
  }
}
