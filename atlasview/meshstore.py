"""Surfaces of a parcellation kept on disk, beside its labels: where they lie, and whether they fit.

Beside ``annotations_compressed.ome.zarr`` is ``annotations_compressed.meshes``: an ``info`` and
shards as Neuroglancer reads them, and ``surfaces.json``, which tells of what labels each surface
was made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from atlasview.errors import StorageError
from atlasview.insidefile import read_inside
from atlasview.meshfiles import Multilod
from atlasview.meshshards import MOST_BITS, MeshSharding, read_surface
from atlasview.regionfacts import LabelIndex, extents_json

SURFACES = "surfaces.json"
#: Counts up whenever surfaces are made another way.
MAKER = 1


def meshes_place(labels: str | Path) -> Path | None:
    """Return where the surfaces of a labels volume are kept; None for one that lies elsewhere."""
    if "://" in str(labels):
        return None
    path = Path(labels)
    return path.with_name(path.name.removesuffix(".zarr").removesuffix(".ome") + ".meshes")


def labels_seal(index: LabelIndex) -> str:
    """Return what changes when the voxels of a labels volume do, wherever it lies.

    Raises
    ------
    StorageError, StoreUnavailableError
        The labels cannot be read.
    """
    seal = hashlib.sha256(f"{MAKER} ".encode())
    for level in index.volume.levels:
        seal.update(f"{level.shape} {level.affine.round(9).tolist()} ".encode())
    seal.update(extents_json(index.extents).encode())
    return seal.hexdigest()


@dataclass(frozen=True, eq=False, slots=True)
class StoredMeshes:
    """The surfaces that are kept of one labels volume.

    Parameters
    ----------
    folder : Path
    sharding : MeshSharding
    labels : mapping
        Segment → voxel values that its surface goes around.
    """

    folder: Path
    sharding: MeshSharding
    labels: Mapping[int, frozenset[int]]

    def surface(self, segment: int, labels: frozenset[int]) -> Multilod | None:
        """Return a segment's surface; None where it is not kept, or was made of other labels.

        Raises
        ------
        StorageError
            It is there but cannot be read.
        """
        if self.labels.get(segment) != labels:
            return None
        return read_surface(self.folder, self.sharding, segment)


def open_meshes(folder: Path, seal: str) -> StoredMeshes | None:
    """Open the surfaces that are kept in a folder; None where there are none of these labels.

    Parameters
    ----------
    folder : Path
    seal : str
        Of the labels; see `labels_seal`.

    Raises
    ------
    StorageError
        They are there but make no sense.
    """
    try:
        info = json.loads(read_inside(folder, "info"))
        said = json.loads(read_inside(folder, SURFACES))
        if said["labels_seal"] != seal:
            return None
        bits = int(info["sharding"]["minishard_bits"]), int(info["sharding"]["shard_bits"])
        if not all(0 <= n <= MOST_BITS for n in bits):
            raise ValueError(bits)
        sharding = MeshSharding(*bits)
        labels = {int(k): frozenset(v["labels"]) for k, v in said["surfaces"].items()}
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (
        OSError, ValueError, ArithmeticError, KeyError, TypeError, AttributeError, RecursionError
    ) as exc:  # fmt: skip
        raise StorageError(str(folder), "its surfaces cannot be read; make them anew") from exc
    return StoredMeshes(folder, sharding, labels)
