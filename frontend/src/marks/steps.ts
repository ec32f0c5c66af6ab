/** What was done here, to be undone and done again; pure. */

import type { Content } from "./mark";

/** One edit: what the annotation was before and after; `null` where it was not there. */
export interface Step {
  readonly set: string;
  readonly item: string;
  readonly before: Content | null;
  readonly after: Content | null;
}

export interface Steps {
  readonly done: readonly Step[];
  readonly undone: readonly Step[];
}

export const NO_STEPS: Steps = { done: [], undone: [] };
const MOST = 200;

export function did({ done }: Steps, step: Step): Steps {
  return { done: [...done, step].slice(-MOST), undone: [] };
}

/** Take the last step back: the same step, the other way round, is to be done. */
export function undo({ done, undone }: Steps): { steps: Steps; step: Step } | null {
  const step = done.at(-1);
  if (!step) return null;
  return {
    steps: { done: done.slice(0, -1), undone: [...undone, step] },
    step: { ...step, before: step.after, after: step.before },
  };
}

export function redo({ done, undone }: Steps): { steps: Steps; step: Step } | null {
  const step = undone.at(-1);
  if (!step) return null;
  return { steps: { done: [...done, step], undone: undone.slice(0, -1) }, step };
}

/** An annotation has got another id. */
export function renamed({ done, undone }: Steps, from: string, to: string): Steps {
  const rename = (step: Step) => (step.item === from ? { ...step, item: to } : step);
  return { done: done.map(rename), undone: undone.map(rename) };
}
