/** Lists of points as people have them, CSV: read, checked row by row, and written; pure. */

import type { Vec3 } from "./geometry";
import { t } from "./words";

/** A table whose first line names its columns. */
export interface Table {
  readonly delimiter: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A row that cannot be used, by its line in the file, and why. */
export interface Flaw {
  readonly line: number;
  readonly text: string;
}

export interface Checked {
  readonly table: Table;
  /** Which columns are x, y and z. */
  readonly columns: readonly [number, number, number];
  /** The rows that can be used, as places in the table. */
  readonly good: readonly number[];
  readonly flaws: readonly Flaw[];
}

const AXES = ["x", "y", "z"] as const;
/** What the columns of coordinates are called, as the server knows them. */
const CALLED = (axis: string) => [
  axis,
  `${axis}_mm`,
  `${axis} (mm)`,
  `${axis}mm`,
  `mni_${axis}`,
  `${axis}_mni`,
];

/** Read CSV: commas, tabs or semicolons, fields in quotes where they hold those. */
export function readTable(text: string): Table {
  const plain = text.replace(/^\uFEFF/, "");
  const end = plain.search(/\r|\n/);
  const first = end < 0 ? plain : plain.slice(0, end);
  const count = (mark: string) => first.split(mark).length;
  const delimiter = [",", "\t", ";"].reduce((a, b) => (count(b) > count(a) ? b : a));
  const rows = readRows(plain, delimiter);
  const [head = [], ...body] = rows;
  return { delimiter, head, rows: body };
}

function readRows(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  const finish = () => {
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  while (at <= text.length) {
    let field = "";
    if (text[at] === '"') {
      const parts: string[] = [];
      at++;
      for (;;) {
        const close = text.indexOf('"', at);
        const stop = close < 0 ? text.length : close;
        parts.push(text.slice(at, stop));
        at = stop + 1;
        if (text[at] !== '"') break;
        parts.push('"');
        at++;
      }
      field = parts.join("");
    }
    let stop = at;
    while (stop < text.length && text[stop] !== delimiter && text[stop] !== "\n") stop++;
    field += text.slice(at, stop);
    const last = text[stop] !== delimiter;
    row.push(last && field.endsWith("\r") ? field.slice(0, -1) : field);
    at = stop + 1;
    if (last) finish();
  }
  return rows;
}

export function writeTable(
  { delimiter, head }: Table,
  rows: readonly (readonly string[])[],
): string {
  const quoted = (field: string) =>
    field.includes(delimiter) || /["\r\n]/.test(field) ? `"${field.replace(/"/g, '""')}"` : field;
  return [head, ...rows].map((row) => `${row.map(quoted).join(delimiter)}\n`).join("");
}

/** Find the coordinates, and the rows that have none; in words where there are no such columns. */
export function checkPoints(table: Table): Checked | string {
  const names = table.head.map((name) => name.trim().toLowerCase());
  const [x = -1, y = -1, z = -1] = AXES.map((axis) =>
    names.findIndex((name) => CALLED(axis).includes(name)),
  );
  if (x < 0 || y < 0 || z < 0) {
    return t("The first line of this file must name the columns x, y and z, in millimetres.");
  }
  const columns = [x, y, z] as const;
  const good: number[] = [];
  const flaws: Flaw[] = [];
  table.rows.forEach((row, i) => {
    const flaw = flawOf(row, columns, table.head.length);
    if (flaw === null) good.push(i);
    else flaws.push({ line: i + 2, text: flaw });
  });
  return { table, columns, good, flaws };
}

function flawOf(row: readonly string[], columns: readonly number[], wide: number): string | null {
  if (row.length > wide) {
    return t("it has {n} columns, and the first line names {wide}", { n: row.length, wide });
  }
  for (const [i, column] of columns.entries()) {
    const axis = AXES[i] ?? "";
    const text = row[column]?.trim() ?? "";
    if (text === "") return t("{axis} is missing", { axis });
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text)) {
      return t("{axis} is “{text}”, which is not a number", { axis, text: text.slice(0, 40) });
    }
  }
  return null;
}

/** Where a row of a table lies. */
export function pointOf(
  row: readonly string[],
  [x, y, z]: readonly [number, number, number],
): Vec3 | null {
  const point = [x, y, z].map((column) => Number(row[column] || Number.NaN));
  return point.every(Number.isFinite) ? (point as unknown as Vec3) : null;
}
