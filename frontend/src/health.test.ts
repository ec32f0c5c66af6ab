import { expect, test } from "vitest";
import { healthOf, healthText, Patience, pause, STALLED, unanswered } from "./health";

test("an answer tells how the server is, and the words say what to do", () => {
  const kinds = [null, 200, 304, 404, 410, 401, 403, 500, 503].map(
    (status) => healthOf(status, "d", "The store is slow").kind,
  );
  expect(kinds).toEqual([
    "away",
    "well",
    "well",
    "gone",
    "gone",
    "barred",
    "barred",
    "busy",
    "busy",
  ]);
  expect(healthText(healthOf(200, "d", ""), "T1")).toBeNull();
  expect(healthText(healthOf(404, null, ""), "T1")).toContain("“T1” is no longer on this server");
  expect(healthText(healthOf(503, null, "The store is slow"), "T1")).toContain(
    "The store is slow. This",
  );
});

test("a server whose parts of the picture come is not away, however late its answer", () => {
  const well = healthOf(200, "d", "");
  expect(unanswered(well, true)).toEqual(well);
  expect(unanswered(well, false).kind).toBe("away");
});

test("a server that ails is asked often, one that nobody uses seldom", () => {
  const well = healthOf(200, "d", "");
  expect(pause(healthOf(null, null, ""), 1e6)).toBeLessThan(pause(well, 0));
  expect(pause(well, 0)).toBeLessThan(pause(well, 60_000));
});

test("loading stands still when nothing more comes, not while anything does", () => {
  const patience = new Patience();
  expect(patience.tell(false, 10, 2, 0)).toBe(false);
  expect(patience.tell(false, 10, 2, STALLED - 1)).toBe(false);
  expect(patience.tell(false, 10, 3, STALLED)).toBe(false);
  expect(patience.tell(false, 10, 3, 2 * STALLED)).toBe(true);
  // Something else is wanted: it has only begun.
  expect(patience.tell(false, 12, 3, 2 * STALLED + 1)).toBe(false);
  expect(patience.tell(true, 12, 3, 9 * STALLED)).toBe(false);
});
