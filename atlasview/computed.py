"""Volumes that are computed as they are read: a folder names the formula, and holds no voxels.

The folder is a Zarr group without arrays, whose ``atlasview`` attributes have ``computed``. It lies
in a library like any volume; every face of the server shows what the formula gives, and other
programs read it over HTTP.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from atlasview.errors import StorageError
from atlasview.foreign import Found
from atlasview.ngff import Axis, Dataset, Multiscale
from atlasview.space import RAS_WORDS, level_affine, voxel_size
from atlasview.store import computed_array

#: Key of the attributes, and the formulas that it may name.
COMPUTED, BIGBRAIN = "computed", "bigbrain"


def computed_group(formula: str, said: Mapping[str, Any]) -> str:
    """Return the ``zarr.json`` of a computed volume's folder.

    Parameters
    ----------
    formula : str
    said : mapping
        Attributes: ``name``, ``space``, ``licence``, ``citation``, ``description``.
    """
    own = {"version": 1, "kind": "image", COMPUTED: formula, **said}
    document = {"zarr_format": 3, "node_type": "group", "attributes": {"atlasview": own}}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def open_computed(location: str, own: Mapping[str, Any], seal: str) -> Found:
    """Describe a computed volume as an OME-Zarr would be.

    Parameters
    ----------
    location : str
        Named in errors.
    own : mapping
        The folder's attributes.
    seal : str
        Changes with them.

    Raises
    ------
    StorageError
        There is no such formula.
    """
    if own[COMPUTED] != BIGBRAIN:
        raise StorageError(location, f"there is no formula {own[COMPUTED]!r}; there is {BIGBRAIN}")
    from atlasview import bigbrain

    finest = bigbrain.affine()
    datasets, arrays = [], []
    for level in range(bigbrain.LEVELS):
        here = level_affine(finest, (2.0**level,) * 3)
        scale, shift = voxel_size(here)[::-1], here[:3, 3].tolist()[::-1]
        datasets.append(Dataset(str(level), scale, (shift[0], shift[1], shift[2])))
        compute = functools.partial(bigbrain.voxels, level)
        chunk = (bigbrain.CHUNK,) * 3
        arrays.append(computed_array(compute, bigbrain.level_shape(level), chunk, "uint8"))
    axes = tuple(
        Axis(name, "space", 1.0, word)
        for name, word in zip("zyx", reversed(RAS_WORDS), strict=True)
    )
    multiscale = Multiscale("0.5", str(own.get("name") or ""), axes, tuple(datasets), False)
    mark = hashlib.sha256(f"{seal} {bigbrain.FORMULA}".encode()).hexdigest()
    return Found(multiscale, arrays, dict(own), mark)
