/** JSON at the door: decoders that take a value and the words to name it by, and return it typed or throw. */

import { ApiError } from "./apierror";
import type { Bounds, Vec3 } from "./geometry";
import { t } from "./words";

export type Decoder<T> = (value: unknown, what: string) => T;
export type Json = Readonly<Record<string, unknown>>;

/** Parse JSON, keeping as text the whole numbers that a float would round. */
export function parse(text: string): unknown {
  return JSON.parse(text, function (this: unknown, _key, value, context?: { source?: string }) {
    const big = typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
    const source = context?.source;
    return big && source !== undefined && /^-?\d+$/.test(source) ? source : value;
  } as (this: unknown, key: string, value: unknown) => unknown);
}

export function wrong(what: string, expected: string): never {
  throw new ApiError(
    t("The server’s answer is not understood: {what} should be {expected}.", { what, expected }),
  );
}

export function record(value: unknown, what: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) wrong(what, "an object");
  return value as Json;
}

export function array<T>(value: unknown, what: string, item: Decoder<T>): T[] {
  if (!Array.isArray(value)) wrong(what, "a list");
  return value.map((element, i) => item(element, `${what}[${i}]`));
}

export function list<T>(value: unknown, key: string, item: Decoder<T>): T[] {
  return array(record(value, "it")[key], key, item);
}

export function string(value: unknown, what: string): string {
  return typeof value === "string" ? value : wrong(what, "a text");
}

export function number(value: unknown, what: string): number {
  // `parse` left those as text that a float rounds: here a float is what is wanted.
  if (typeof value === "string" && /^-?\d+$/.test(value)) return Number(value);
  return typeof value === "number" && Number.isFinite(value) ? value : wrong(what, "a number");
}

export function optional<T>(item: Decoder<T>): Decoder<T | null> {
  return (value, what) => (value === null || value === undefined ? null : item(value, what));
}

/** An id: a whole number, or the text of one where it may exceed 2⁵³, or a name. */
export function id(value: unknown, what: string): string {
  if (typeof value === "number" && Number.isInteger(value)) return String(value);
  return string(value, what);
}

export function label(value: unknown, what: string): bigint {
  const text = id(value, what);
  return /^\d+$/.test(text) ? BigInt(text) : wrong(what, "a whole number");
}

export function vec3(value: unknown, what: string): Vec3 {
  const items = array(value, what, number);
  return items.length === 3 ? (items as unknown as Vec3) : wrong(what, "three numbers");
}

export function bounds(value: unknown, what: string): Bounds {
  const items = array(value, what, vec3);
  return items.length === 2 ? (items as unknown as Bounds) : wrong(what, "two corners");
}

/** The least and the greatest value; `null` where there is none, as in a volume of NaN. */
export function range(value: unknown, what: string): readonly [number, number] | null {
  const [lo, hi, ...rest] = array(value, what, optional(number));
  if (lo === undefined || hi === undefined || rest.length > 0) wrong(what, "two numbers");
  return lo === null || hi === null ? null : [lo, hi];
}

/** Words for people, or nothing. */
export function words(value: unknown, what: string): string | null {
  return optional(string)(value, what) || null;
}

export function rgb(value: unknown, what: string): readonly [number, number, number] {
  const [r, g, b] = vec3(value, what).map((v) => Math.min(255, Math.max(0, Math.round(v))));
  return [r ?? 0, g ?? 0, b ?? 0];
}
