import { describe, expect, test, vi } from "vitest";
import { Api } from "./api";
import { ApiError } from "./apierror";
import { parse } from "./json";
import { region } from "./regionfacts";
import { volume } from "./volume";

const VOLUME = {
  id: "t1",
  name: "T1",
  kind: "image",
  dtype: "uint8",
  channels: 1,
  shape: [197, 233, 189],
  affine: [
    [1, 0, 0, -98],
    [0, 1, 0, -134],
    [0, 0, 1, -72],
    [0, 0, 0, 1],
  ],
  voxel_size_mm: [1, 1, 1],
  space: "mni",
  bounds_mm: [
    [-98.5, -134.5, -72.5],
    [98.5, 98.5, 116.5],
  ],
  value_range: [0, 255],
  percentiles: { "1": 0, "99.5": 228 },
  neuroglancer: { source: "/chunks/t1@abc/", transform: null },
  precomputed: { source: "/precomputed/t1@abc/", transform: null },
};

describe("the door", () => {
  test("takes a volume as the server describes it", () => {
    expect(volume(VOLUME, "volumes[0]")).toMatchObject({
      id: "t1",
      kind: "image",
      source: { format: "zarr3", path: "/chunks/t1@abc/", transform: null },
      citation: null,
    });
  });

  test.each([
    [{ kind: "movie" }, "kind"],
    [{ bounds_mm: [[1, 2]] }, "bounds_mm"],
    [{ voxel_size_mm: [1, 1, "wide"] }, "voxel_size_mm"],
    [{ neuroglancer: undefined }, "neuroglancer"],
    [{ value_range: [0] }, "value_range"],
  ])("says which part of an answer is wrong: %o", (change, name) => {
    expect(() => volume({ ...VOLUME, ...change }, "volumes[0]")).toThrow(name);
  });

  test("takes a range beyond 2⁵³ as near as a float comes", () => {
    const json = parse('{"range": [0, 9223372036854775813]}') as { range: unknown };
    expect(volume({ ...VOLUME, value_range: json.range }, "it").valueRange?.[1]).toBe(2 ** 63);
  });

  test("keeps ids and labels beyond 2⁵³", () => {
    const json = parse(
      '{"id": 9007199254740993, "acronym": "X", "name": "X", "rgb": [1,2,3], "parent": "7",' +
        ' "path": [], "label": "18446744073709551615"}',
    );
    expect(region(json, "it")).toMatchObject({
      id: "9007199254740993",
      parent: "7",
      label: 18446744073709551615n,
    });
  });
});

describe("a failed request", () => {
  const api = new Api(new URL("http://host/brains/"));
  const answer = (body: string, status: number) =>
    vi.stubGlobal("fetch", async () => new Response(body, { status, statusText: "Gone wrong" }));

  test("shows the problem's title and detail", async () => {
    answer('{"title": "Not found", "detail": "There is no atlas x."}', 404);
    await expect(api.atlases(new AbortController().signal)).rejects.toEqual(
      new ApiError("Not found: There is no atlas x.", 404, {
        title: "Not found",
        detail: "There is no atlas x.",
      }),
    );
  });

  test("says in words that the server is away", async () => {
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("Failed to fetch");
    });
    await expect(api.volumes(new AbortController().signal)).rejects.toThrow("does not answer");
  });

  test("does not choke on an answer that is no JSON", async () => {
    answer("<html>", 502);
    await expect(api.volumes(new AbortController().signal)).rejects.toThrow("502 Gone wrong");
    answer("<html>", 200);
    await expect(api.volumes(new AbortController().signal)).rejects.toThrow("not JSON");
  });
});

test("a server under a path is asked under that path", () => {
  const api = new Api(new URL("http://host/brains/"));
  expect(api.resolve("api/volumes")).toBe("http://host/brains/api/volumes");
  expect(api.resolve("/chunks/t1@abc/")).toBe("http://host/brains/chunks/t1@abc/");
  expect(api.resolve("/brains/chunks/t1@abc/")).toBe("http://host/brains/chunks/t1@abc/");
});
