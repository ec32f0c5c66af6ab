/** Annotations in words: their kinds, what is measured, who may do what. */

import type { Access, Mark } from "../marks/mark";
import { type Measures, measuresOf, type Points, type Shape } from "../marks/shapes";
import { t } from "../words";

export function shapeName(type: Shape): string {
  const names: Record<Shape, string> = {
    point: t("Point"),
    line: t("Line"),
    polyline: t("Path"),
    polygon: t("Polygon"),
    box: t("Box"),
    ellipsoid: t("Ellipsoid"),
  };
  return names[type];
}

/** What an annotation is called in a list. */
export function nameOf(mark: Mark): string {
  return mark.label || shapeName(mark.type);
}

export function accessName(access: Access): string {
  const names: Record<Access, string> = {
    private: t("Private: only with a key"),
    readable: t("Whoever has the link can read"),
    editable: t("Whoever has the link can edit"),
  };
  return names[access];
}

/** What is measured of a shape: the most telling of it, or all. */
export function measureText(type: Shape, points: Points, all = false): string {
  const { length, perimeter, area, volume, angle }: Measures = measuresOf(type, points);
  const parts = [
    angle === undefined ? null : `${figure(angle)}°`,
    volume === undefined ? null : `${figure(volume)} mm³`,
    area === undefined ? null : `${figure(area)} mm²`,
    perimeter === undefined || (!all && area !== undefined) ? null : `${figure(perimeter)} mm`,
    length === undefined ? null : `${figure(length)} mm`,
  ].filter((part) => part !== null);
  return (all ? parts : parts.slice(-1)).join(" · ");
}

/** Three figures, and never an exponent that nobody reads. */
export function figure(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(9, Math.max(0, 2 - size)));
}

export function actionName(action: string): string {
  const names: Record<string, string> = {
    create: t("Drawn"),
    update: t("Changed"),
    delete: t("Deleted"),
    restore: t("Brought back"),
    import: t("Imported"),
    undo: t("Undone"),
    redo: t("Done again"),
  };
  return names[action] ?? action;
}
