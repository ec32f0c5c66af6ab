/** "Python for what I see": a program that fetches the same voxels, regions and view; pure. */

import { type Bounds, multiply, turned, type Vec3 } from "./geometry";
import { PLANE_TURNS, panelSize, type Scene } from "./scene";
import type { View } from "./state";

/** Between a voxel's edge and its inside, as a share of it. */
const INSIDE = 1e-3;

/** Write the program; `address` is the server's, `view` the id of the same view on it. */
export function pythonFor(
  view: View,
  scene: Scene,
  map: { readonly width: number; readonly height: number },
  address: string,
  id: string,
): string {
  const { data, style } = view;
  const volume = scene.image ?? scene.labels;
  const lines = [
    "from atlasview import Client",
    "",
    `client = Client(${quoted(address)})`,
    `view = client.views.get(${quoted(id)})`,
    `print(view["title"], view["url"])`,
  ];
  if (volume) {
    const box = boxInView(view, volume.bounds, volume.voxelSize, map);
    lines.push("", `volume = client.volume(${quoted(volume.id)})`);
    if (box) {
      const [lo, hi] = box;
      const fine = style.layout === "3d" ? view.camera.zoom3d / map.height : view.camera.zoom;
      lines.push(
        `# The level that is drawn at this zoom, of the box in view: z, y, x.`,
        `sizes = [max(level["voxel_size_mm"]) for level in volume.levels]`,
        `level = max((i for i, mm in enumerate(sizes) if mm <= ${number(fine)}), default=0)`,
        `voxels = volume.read_mm(${tuple(lo)}, ${tuple(hi)}, level=level)`,
        `print(voxels.shape, voxels.dtype, sizes[level], "mm")`,
      );
    } else {
      lines.push("# Nothing of it is in view.");
    }
  }
  if (data.atlas && data.parcellation && style.selected.length > 0) {
    lines.push(
      "",
      `regions = [`,
      `    client.region(${quoted(data.atlas)}, region, parcellation=${quoted(data.parcellation)})`,
      `    for region in [${style.selected.map(quoted).join(", ")}]`,
      `]`,
      `for region in regions:`,
      `    print(region["name"], region["volume_mm3"], "mm³")`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** The box, in mm, that holds what of a volume the planes show; `null` where they show nothing. */
export function boxInView(
  { camera, style: { layout } }: View,
  [first, last]: Bounds,
  voxel: Vec3,
  map: { readonly width: number; readonly height: number },
): Bounds | null {
  const lo = first.map((value, i) => value + (voxel[i] ?? 0) * INSIDE);
  const hi = last.map((value, i) => value - (voxel[i] ?? 0) * INSIDE);
  if (layout === "3d") return [vec(lo), vec(hi)];
  const panel = panelSize(layout, map);
  const across = (panel.width / 2) * camera.zoom;
  const down = (panel.height / 2) * camera.zoom;
  const planes = layout === "4panel" ? (["horizontal", "coronal", "sagittal"] as const) : [layout];
  const corners = planes.flatMap((plane) => {
    const q = multiply(camera.turn, PLANE_TURNS[plane]);
    const [x, y] = [turned(q, [1, 0, 0]), turned(q, [0, 1, 0])];
    return [
      [-across, -down],
      [-across, down],
      [across, -down],
      [across, down],
    ].map(([u = 0, v = 0]) => camera.at.map((at, i) => at + u * (x[i] ?? 0) + v * (y[i] ?? 0)));
  });
  const edge = (pick: (...n: number[]) => number, i: number) =>
    pick(...corners.map((corner) => corner[i] ?? 0));
  const from = lo.map((value, i) => Math.max(value, edge(Math.min, i)));
  const to = hi.map((value, i) => Math.min(value, edge(Math.max, i)));
  return from.every((value, i) => value <= (to[i] ?? 0)) ? [vec(from), vec(to)] : null;
}

function vec(values: readonly number[]): Vec3 {
  return [values[0] ?? 0, values[1] ?? 0, values[2] ?? 0];
}

/** JSON's texts are Python's, too. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function tuple(values: Vec3): string {
  return `(${values.map(number).join(", ")})`;
}

function number(value: number): string {
  return String(Number(value.toFixed(6)) + 0);
}
