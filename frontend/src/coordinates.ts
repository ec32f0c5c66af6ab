/** How coordinates are read and typed: in mm of the space, in voxels, from an origin, elsewhere. */

import { applied, inverse, isIdentity } from "./affine";
import { formatPoint, parsePoint, type Vec3 } from "./geometry";
import type { Volume } from "./volume";
import type { Frame } from "./whereabouts";
import { t } from "./words";

/** A way to write a point. */
export interface Choice {
  /** As the link holds it; `null` is mm of the space. */
  readonly id: string | null;
  /** What stands behind the numbers. */
  readonly unit: string;
  /** What it is, and where it comes from. */
  readonly about: string;
  readonly frame: Frame | null;
}

/** What there is to choose from for what is shown. */
export function choicesOf(
  space: string | null,
  volume: Volume | null,
  frames: readonly Frame[],
): readonly Choice[] {
  const plain: Choice = {
    id: null,
    unit: t("mm"),
    about:
      space === null
        ? t("Millimetres; these data do not say in which space.")
        : t("Millimetres of {space}.", { space }),
    frame: null,
  };
  const voxel: Choice[] = volume
    ? [
        {
          id: "voxel",
          unit: t("voxel"),
          about: t("Voxels of {volume}, the first one 0, 0, 0.", { volume: volume.name }),
          frame: {
            id: "voxel",
            name: volume.name,
            own: true,
            matrix: inverse(volume.affine),
            by: "",
            accuracy: "",
          },
        },
      ]
    : [];
  // Where the numbers are the same there is nothing to choose.
  const others = frames.filter(({ matrix }) => !isIdentity(matrix));
  return [
    plain,
    ...voxel,
    ...others.map((frame) => ({
      id: frame.id,
      unit: t("mm {frame}", { frame: frame.name }),
      about: [frame.name, frame.by, frame.accuracy].filter((words) => words !== "").join(". "),
      frame,
    })),
  ];
}

/** Write a point of the space as a choice has it. */
export function write({ frame }: Choice, point: Vec3, decimals: number): string {
  if (!frame) return formatPoint(point, decimals);
  return formatPoint(applied(frame.matrix, point), frame.id === "voxel" ? 1 : decimals);
}

/** Read what somebody typed, as a point of the space; `null` when it is none. */
export function read({ frame }: Choice, text: string): Vec3 | null {
  const typed = parsePoint(text);
  return typed && frame ? applied(inverse(frame.matrix), typed) : typed;
}
