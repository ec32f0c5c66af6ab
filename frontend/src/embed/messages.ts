/** The messages between the page and who shows it (`/api/schemas/embed/1.json`); pure. */

import { ApiError } from "../apierror";
import type { Vec3 } from "../geometry";
import { array, type Json, number, optional, record, string, vec3 } from "../json";

export const VERSION = 1;

type Id = string | number;

/** What is asked of the page. */
export type Asked = { readonly id: Id | null } & (
  | { readonly type: "setView"; readonly hash: string }
  | { readonly type: "setView"; readonly view: Json }
  | { readonly type: "select"; readonly regions: readonly string[] }
  | { readonly type: "fly"; readonly region: string }
  | { readonly type: "fly"; readonly point: Vec3; readonly zoom: number | null }
);

/** Is it a message of ours at all, of whatever version? */
export function isOurs(data: unknown): data is Json {
  return typeof data === "object" && data !== null && Object.hasOwn(data, "atlasview");
}

/** Under which id an answer goes back; `null` where none was given. */
export function idOf({ id }: Json): Id | null {
  return typeof id === "string" || typeof id === "number" ? id : null;
}

/** Read what is asked; it throws words for people. */
export function readMessage(json: Json): Asked {
  const id = idOf(json);
  if (json.atlasview !== VERSION) {
    throw new ApiError(`This page knows version ${VERSION} of the messages.`);
  }
  switch (json.type) {
    case "setView":
      if (json.view === undefined) {
        const hash = string(json.hash, "hash");
        if (!hash.startsWith("#")) throw new ApiError("hash begins with #.");
        return { id, type: "setView", hash };
      }
      return { id, type: "setView", view: record(json.view, "view") };
    case "select":
      return { id, type: "select", regions: array(json.regions, "regions", string) };
    case "fly":
      if (json.region === undefined) {
        const zoom = optional(number)(json.zoom, "zoom");
        if (zoom !== null && zoom <= 0) throw new ApiError("zoom is above 0.");
        return { id, type: "fly", point: vec3(json.point, "point"), zoom };
      }
      return { id, type: "fly", region: string(json.region, "region") };
    default:
      throw new ApiError(`There is no message of the type “${String(json.type)}”.`);
  }
}
