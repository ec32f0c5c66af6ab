/** Annotations for tests. */

import type { Content, Mark } from "./mark";

export const CONTENT: Content = {
  type: "point",
  points: [[1, 2, 3]],
  label: "",
  text: "",
  color: null,
  tags: [],
  author: "",
  properties: {},
};

export function made(id: string, said: Partial<Mark> = {}): Mark {
  return {
    ...CONTENT,
    id,
    revision: 1,
    seq: 1,
    region: null,
    created: "2026-11-25T00:00:00Z",
    updated: "2026-11-25T00:00:00Z",
    ...said,
  };
}
