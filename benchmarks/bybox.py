"""Any plane the simple way: read its bounding box, let SciPy interpolate."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import data
from benchmarks.measure import Row

Vector = npt.NDArray[np.float64]


def planes(extent: int, half: float, rng: random.Random) -> Iterator[tuple[Vector, Vector, Vector]]:
    """Give centre (x, y, z, in voxels) and unit vectors right and down of random planes.

    All that lies within `half` voxels of a centre is inside the volume.
    """
    chance = np.random.default_rng(rng.randrange(2**32))
    while True:
        center = chance.uniform(half + 2, extent - half - 3, 3)
        basis, _ = np.linalg.qr(chance.normal(size=(3, 3)))
        yield center, basis[:, 0], basis[:, 1]


def measure(volume: data.Volume, side: int, count: int) -> Row:
    """Sample random planes within this process, without encoding or HTTP."""
    name = f"bounding box by hand {side}², no HTTP"
    try:
        from scipy.ndimage import map_coordinates  # type: ignore[import-untyped]
    except ImportError:
        return Row("planes", name, note="not installed: scipy")
    array = data.open_level(volume.path / "0")
    took: list[float] = []
    cpu = time.process_time()
    for center, right, down in islice(
        planes(volume.extent, side / 2**0.5, random.Random(3)), count
    ):
        began = time.perf_counter()
        _sample(array, map_coordinates, center, right, down, side)
        took.append(time.perf_counter() - began)
    cpu = (time.process_time() - cpu) / count
    took.sort()
    return Row(
        "planes",
        name,
        cpu_ms=1000 * cpu,
        rate=count / sum(took),
        p50_ms=1000 * took[count // 2],
        p99_ms=1000 * took[-1],
        count=count,
    )


def _sample(
    array: Any, interpolate: Any, center: Vector, right: Vector, down: Vector, side: int
) -> npt.NDArray[np.uint8]:
    steps = np.arange(side) - (side - 1) / 2
    at = center[:, None, None] + right[:, None, None] * steps + down[:, None, None] * steps[:, None]
    at = at[::-1]
    low = np.floor(at.min(axis=(1, 2))).astype(int)
    high = np.ceil(at.max(axis=(1, 2))).astype(int) + 2
    box = array[tuple(slice(a, b) for a, b in zip(low, high, strict=True))].read().result()
    found: npt.NDArray[np.uint8] = interpolate(box, at - low[:, None, None], order=1)
    return found
