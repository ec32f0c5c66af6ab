"""The ``zarr.json`` documents of what ingest writes.

References
----------
Zarr v3 core specification; codecs ``sharding_indexed``, ``bytes``, ``zstd``, ``crc32c``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from atlasview.ingest.plan import LevelPlan
from atlasview.ingest.shard import ZSTD_LEVEL


def array_document(
    level: LevelPlan, dtype: np.dtype[Any], channels: int, fill: float | int
) -> dict[str, Any]:
    """Return the metadata of one level's array.

    Parameters
    ----------
    level : LevelPlan
    dtype : numpy.dtype
    channels : int
        0 for an array without a channel axis.
    fill : scalar
        Value of voxels in chunks that are not stored.
    """
    lead = [channels] if channels else []
    one = [1] if channels else []
    endian = {"configuration": {"endian": "little"}} if dtype.itemsize > 1 else {}
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [*lead, *level.shape],
        "data_type": dtype.name,
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": [*one, *level.shard]},
        },
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": _json_fill(fill, dtype),
        "codecs": [
            {
                "name": "sharding_indexed",
                "configuration": {
                    "chunk_shape": [*one, *level.chunk],
                    "codecs": [
                        {"name": "bytes", **endian},
                        {
                            "name": "zstd",
                            "configuration": {"level": ZSTD_LEVEL, "checksum": False},
                        },
                    ],
                    "index_codecs": [
                        {"name": "bytes", "configuration": {"endian": "little"}},
                        {"name": "crc32c"},
                    ],
                    "index_location": "end",
                },
            }
        ],
        "attributes": {},
        "dimension_names": [*(["c"] if channels else []), "z", "y", "x"],
        "storage_transformers": [],
    }


def group_document(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of the group that holds the levels."""
    return {"zarr_format": 3, "node_type": "group", "attributes": dict(attributes)}


def _json_fill(fill: float | int, dtype: np.dtype[Any]) -> float | int | str:
    if dtype.kind != "f":
        return int(fill)
    value = float(fill)
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value
