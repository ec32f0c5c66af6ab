/** A story that is being made: steps that are added, ordered, told of; pure. */

import { toDocument } from "./document";
import type { Json } from "./json";
import type { View } from "./state";

/** A step as its document holds it. */
export type DraftStep = Json & { readonly title: string; readonly text: string };

export interface StoryDraft {
  /** Id of the story on the server; `null` until it is kept there. */
  readonly id: string | null;
  readonly title: string;
  readonly steps: readonly DraftStep[];
}

export const NO_STORY: StoryDraft = { id: null, title: "", steps: [] };

/** So many steps the server takes. */
export const MOST_STEPS = 200;

export function stepOf(view: View, space: string | null, title: string, text = ""): DraftStep {
  const document = toDocument(view, { space }, {}, [{ title, text, view, space }]);
  return (document.steps as DraftStep[])[0] as DraftStep;
}

export function withAdded(draft: StoryDraft, step: DraftStep): StoryDraft {
  return { ...draft, steps: [...draft.steps, step] };
}

/** Change what a step says, or what it shows. */
export function withStepChanged(
  draft: StoryDraft,
  index: number,
  patch: Partial<DraftStep>,
): StoryDraft {
  const steps = draft.steps.map((step, i) => (i === index ? { ...step, ...patch } : step));
  return { ...draft, steps };
}

export function withoutStep(draft: StoryDraft, index: number): StoryDraft {
  return { ...draft, steps: draft.steps.filter((_, i) => i !== index) };
}

/** Move a step by so many places; it stops at the ends. */
export function withStepMoved(draft: StoryDraft, index: number, by: number): StoryDraft {
  const to = Math.min(draft.steps.length - 1, Math.max(0, index + by));
  const steps = [...draft.steps];
  const [step] = steps.splice(index, 1);
  if (step) steps.splice(to, 0, step);
  return { ...draft, steps };
}

/** The document of the story: it begins as its first step does. */
export function storyDocument(
  { steps }: StoryDraft,
  digests: Readonly<Record<string, string>> = {},
): Json {
  const { title: _, text: __, ...first } = steps[0] ?? { title: "", text: "" };
  return { format: "atlasview-view", version: 2, ...first, digests, steps };
}

/** Read what a browser kept; whatever is no story is none. */
export function storyFrom(text: string | null): StoryDraft {
  try {
    const found = JSON.parse(text ?? "null") as StoryDraft | null;
    const { id = null, title, steps } = found ?? NO_STORY;
    const fits =
      typeof title === "string" &&
      Array.isArray(steps) &&
      steps.every((step) => typeof step?.title === "string" && typeof step.text === "string");
    return fits ? { id: typeof id === "string" ? id : null, title, steps } : NO_STORY;
  } catch {
    return NO_STORY;
  }
}
