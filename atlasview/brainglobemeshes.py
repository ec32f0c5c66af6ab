"""Surfaces that BrainGlobe keeps beside its annotations, in the coordinates of our volumes.

They are multi-resolution meshes of one resolution in ``annotations.precomputed/mesh``, a file and
an index for each structure, in nm from the corner of the stored array, its last axis first.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from atlasview.errors import StorageError
from atlasview.insidefile import inside_file, read_inside
from atlasview.volume import Volume

FOLDER = Path("annotations.precomputed") / "mesh"


def brainglobe_folder(labels: Volume) -> Path | None:
    """Return where BrainGlobe's surfaces of a labels volume lie; None where there are none."""
    if "://" in labels.location:
        return None
    folder = Path(labels.location).parent / FOLDER
    return folder if inside_file(folder, "info") else None


def brainglobe_info(folder: Path, labels: Volume) -> dict[str, Any]:
    """Return the ``info`` of BrainGlobe's surfaces, placed where our own face has the voxels.

    Parameters
    ----------
    folder : Path
        See `brainglobe_folder`.
    labels : Volume

    Raises
    ------
    StorageError
        Theirs cannot be read.
    """
    try:
        info = json.loads(read_inside(folder, "info"))
        own = np.array([*info["transform"], 0, 0, 0, 1], np.float64).reshape(4, 4)
        found = {
            "@type": "neuroglancer_multilod_draco",
            "vertex_quantization_bits": int(info["vertex_quantization_bits"]),
            "lod_scale_multiplier": float(info["lod_scale_multiplier"]),
        }
    except (OSError, ValueError, ArithmeticError, KeyError, TypeError, RecursionError) as exc:
        raise StorageError(f"{folder}/info", "BrainGlobe's surfaces cannot be read") from exc
    matrix = placement(labels) @ own
    return {**found, "transform": matrix[:3].ravel().tolist()}


def placement(labels: Volume) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return nm from the corner of the stored array, last axis first → nm of our RAS order."""
    out = np.zeros((4, 4))
    out[3, 3] = 1
    sizes = labels.levels[0].voxel_size_mm
    turned = zip(labels.orientation.axes, labels.orientation.flips, strict=True)
    for world, (stored, flip) in enumerate(turned):
        out[world, 2 - stored] = -1 if flip else 1
        out[world, 3] = labels.shape[world] * sizes[world] * 1e6 if flip else 0
    return out
