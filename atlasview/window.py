"""Values to grey: window, gamma, inversion; pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.picture import UInt8Array


@dataclass(frozen=True, slots=True)
class Window:
    """How voxel values become grey values.

    v maps to floor(clip((v − lo) / (hi − lo), 0, 1) ** gamma × 255 + 0.5), NaN to 0, and to 255
    minus that when inverted.
    """

    lo: float
    hi: float
    gamma: float = 1.0
    invert: bool = False

    def apply(self, voxels: npt.NDArray[Any]) -> UInt8Array:
        """Map voxels of any shape and number type to grey values."""
        dtype = voxels.dtype
        if dtype.kind == "b":
            voxels, dtype = voxels.view(np.uint8), np.dtype(np.uint8)
        if dtype.kind in "ui" and dtype.itemsize <= 2:
            table = _window_table(self, dtype.str)
            index = voxels if dtype.kind == "u" else voxels.view(f"u{dtype.itemsize}")
            return table.take(index, mode="clip")
        return _window(self, voxels.astype(np.float64))


def _window(window: Window, voxels: npt.NDArray[np.float64]) -> UInt8Array:
    span = window.hi - window.lo
    with np.errstate(all="ignore"):
        share = (voxels - window.lo) / span if span else (voxels > window.lo) * 1.0
        share = np.clip(share, 0.0, 1.0)
        if window.gamma != 1.0:
            share = share**window.gamma
        grey = np.floor(np.nan_to_num(share, nan=0.0) * 255.0 + 0.5)
    out = grey.astype(np.uint8)
    if window.invert:
        out = np.where(np.isnan(voxels), 0, 255 - out).astype(np.uint8)
    return out


@lru_cache(maxsize=256)
def _window_table(window: Window, dtype: str) -> UInt8Array:
    kind = np.dtype(dtype)
    every = np.arange(256**kind.itemsize, dtype=f"u{kind.itemsize}").view(kind.newbyteorder("="))
    table = _window(window, every.astype(np.float64))
    table.flags.writeable = False
    return table
