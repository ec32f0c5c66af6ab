import { describe, expect, test } from "vitest";
import { fromDocument } from "./document";
import { VIEW } from "./fixtures";
import {
  NO_STORY,
  stepOf,
  storyDocument,
  storyFrom,
  withAdded,
  withoutStep,
  withStepChanged,
  withStepMoved,
} from "./story";

const PLANES = ["horizontal", "coronal", "sagittal"] as const;
const STORY = PLANES.reduce(
  (draft, layout) =>
    withAdded(draft, stepOf({ ...VIEW, style: { ...VIEW.style, layout } }, "mni", layout)),
  { ...NO_STORY, title: "Planes" },
);
const titles = (draft: typeof STORY) => draft.steps.map(({ title }) => title).join(" ");

describe("a story in the making", () => {
  test("is ordered, and stops at its ends", () => {
    expect(titles(withStepMoved(STORY, 0, 1))).toBe("coronal horizontal sagittal");
    expect(titles(withStepMoved(STORY, 2, -2))).toBe("sagittal horizontal coronal");
    expect(titles(withStepMoved(STORY, 0, -1))).toBe("horizontal coronal sagittal");
    expect(titles(withStepMoved(STORY, 2, 9))).toBe("horizontal coronal sagittal");
    expect(titles(withoutStep(STORY, 1))).toBe("horizontal sagittal");
    expect(titles(STORY)).toBe("horizontal coronal sagittal");
  });

  test("changes what one step says and leaves what it shows", () => {
    const changed = withStepChanged(STORY, 1, { title: "New", text: "two\nlines" });
    expect(changed.steps[1]).toEqual({ ...STORY.steps[1], title: "New", text: "two\nlines" });
    expect(changed.steps[0]).toBe(STORY.steps[0]);
  });

  test("is a document that begins as its first step", () => {
    const told = fromDocument(JSON.parse(JSON.stringify(storyDocument(STORY, { t1: "abc" }))));
    expect(told.notices).toEqual([]);
    expect(told.wish.style.layout).toBe("horizontal");
    expect(told.space).toBe("mni");
    expect(told.steps.map(({ wish }) => wish.style.layout)).toEqual(PLANES);
    expect(storyDocument(STORY)).not.toHaveProperty("title");
  });

  test("is kept as text, and what is no story is none", () => {
    expect(storyFrom(JSON.stringify({ ...STORY, id: "k3j" }))).toEqual({ ...STORY, id: "k3j" });
    for (const odd of [null, "", "{", "5", '{"title":1}', '{"title":"","steps":[null]}']) {
      expect(storyFrom(odd)).toEqual(NO_STORY);
    }
  });
});
