/** Affine maps between spaces, as three rows of four numbers; pure. */

import { multiply, normalize, type Quat, type Vec3 } from "./geometry";
import type { Camera } from "./state";

export type Affine = readonly (readonly number[])[];

export const IDENTITY: Affine = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
];

const at = (matrix: Affine, row: number, column: number): number => matrix[row]?.[column] ?? 0;

export function applied(matrix: Affine, [x, y, z]: Vec3): Vec3 {
  const row = (i: number) =>
    at(matrix, i, 0) * x + at(matrix, i, 1) * y + at(matrix, i, 2) * z + at(matrix, i, 3);
  return [row(0), row(1), row(2)];
}

/** Does a map leave every number as it is? */
export function isIdentity(matrix: Affine): boolean {
  return [0, 1, 2].every((i) =>
    [0, 1, 2, 3].every((j) => Math.abs(at(matrix, i, j) - (i === j ? 1 : 0)) < 1e-12),
  );
}

/** Rows of the inverse of the upper left three by three, and the determinant. */
function inverted(matrix: Affine): { readonly rows: number[][]; readonly determinant: number } {
  const m = (i: number, j: number) => at(matrix, i % 3, j % 3);
  const cofactor = (i: number, j: number) =>
    m(i + 1, j + 1) * m(i + 2, j + 2) - m(i + 1, j + 2) * m(i + 2, j + 1);
  const determinant =
    m(0, 0) * cofactor(0, 0) + m(0, 1) * cofactor(0, 1) + m(0, 2) * cofactor(0, 2);
  const rows = [0, 1, 2].map((i) => [0, 1, 2].map((j) => cofactor(j, i) / determinant));
  return { rows, determinant };
}

/** The map that leads back. */
export function inverse(matrix: Affine): Affine {
  const { rows } = inverted(matrix);
  return rows.map((row) => [
    ...row,
    -row.reduce((sum, value, j) => sum + value * at(matrix, j, 3), 0),
  ]);
}

/** How much longer a millimetre becomes, on average. */
export function scaleOf(matrix: Affine): number {
  return Math.abs(inverted(matrix).determinant) ** (1 / 3);
}

/** The turn nearest to a map; of one that mirrors, what is left without the mirror of x. */
export function turnOf(matrix: Affine): Quat {
  const mirror = inverted(matrix).determinant < 0 ? -1 : 1;
  let turn: Affine = matrix.map((row) => [(row[0] ?? 0) * mirror, row[1] ?? 0, row[2] ?? 0]);
  // Half of itself and half of its inverse, transposed: it becomes the nearest rotation.
  for (let step = 0; step < 60; step += 1) {
    const { rows } = inverted(turn);
    const next: Affine = [0, 1, 2].map((i) =>
      [0, 1, 2].map((j) => (at(turn, i, j) + (rows[j]?.[i] ?? 0)) / 2),
    );
    const moved = Math.max(
      ...[0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => Math.abs(at(next, i, j) - at(turn, i, j)))),
    );
    turn = next;
    if (moved < 1e-14) break;
  }
  return quaternionOf(turn);
}

function quaternionOf(turn: Affine): Quat {
  const m = (i: number, j: number) => at(turn, i, j);
  // From the largest of the four, so that nothing small is divided by.
  const sums = [
    1 + m(0, 0) - m(1, 1) - m(2, 2),
    1 - m(0, 0) + m(1, 1) - m(2, 2),
    1 - m(0, 0) - m(1, 1) + m(2, 2),
    1 + m(0, 0) + m(1, 1) + m(2, 2),
  ] as const;
  switch (sums.indexOf(Math.max(...sums))) {
    case 0:
      return normalize([sums[0], m(0, 1) + m(1, 0), m(0, 2) + m(2, 0), m(2, 1) - m(1, 2)]);
    case 1:
      return normalize([m(0, 1) + m(1, 0), sums[1], m(1, 2) + m(2, 1), m(0, 2) - m(2, 0)]);
    case 2:
      return normalize([m(0, 2) + m(2, 0), m(1, 2) + m(2, 1), sums[2], m(1, 0) - m(0, 1)]);
    default:
      return normalize([m(2, 1) - m(1, 2), m(0, 2) - m(2, 0), m(1, 0) - m(0, 1), sums[3]]);
  }
}

/**
 * A camera that looks at the same place in another space: the planes are turned by the map's
 * rotation and sizes follow its mean scale, since a picture can be neither sheared nor stretched.
 */
export function carried(camera: Camera, matrix: Affine): Camera {
  if (isIdentity(matrix)) return camera;
  const turn = turnOf(matrix);
  const factor = scaleOf(matrix);
  return {
    at: applied(matrix, camera.at),
    zoom: camera.zoom * factor,
    turn: multiply(turn, camera.turn),
    zoom3d: camera.zoom3d * factor,
    turn3d: multiply(turn, camera.turn3d),
  };
}
