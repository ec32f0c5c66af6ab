"""titiler.xarray and xpublish-tiles: map servers over Zarr, which take a slice for a map."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import copies
from benchmarks.asks import TILE
from benchmarks.data import CONTENT
from benchmarks.load import Ask
from benchmarks.peers.interpreter import APPS, find
from benchmarks.process import Process, free_port

_SIDE = CONTENT // TILE
#: The volume's corner lies at the middle of the map.
_FIRST = 2 ** (copies.GEO_ZOOM - 1)


def start_titiler(root: Path, cores: tuple[int, ...]) -> Process:
    """Start titiler.xarray's own application."""
    python, port = find(root, "titiler"), free_port()
    copies.geo(root)
    command = [python, "-m", "uvicorn", "titiler.xarray.main:app", "--port", str(port)]
    command += ["--log-level", "warning", "--no-access-log"]
    env = {"TITILER_XARRAY_TELEMETRY_ENABLED": "false"}
    return Process(command, port, ready="/healthz", cores=cores, env=env)


def titiler_asks(root: Path) -> Callable[[random.Random], Iterator[Ask]]:
    """Ask for tiles of random horizontal slices."""
    place = f"url={copies.geo(root)}&variable=brain&rescale=53,177"

    def asks(rng: random.Random) -> Iterator[Ask]:
        while True:
            z, x, y = _place(rng)
            tile = f"{copies.GEO_ZOOM}/{x}/{y}.jpg"
            yield Ask(f"/tiles/WebMercatorQuad/{tile}?{place}&sel=z={z}")

    return asks


def start_xpublish(root: Path, cores: tuple[int, ...]) -> Process:
    """Start xpublish with its tiles plugin."""
    python, port = find(root, "xpublish"), free_port()
    command = [python, str(APPS / "xpublish_app.py"), str(copies.geo(root)), str(port)]
    return Process(command, port, ready="/datasets", cores=cores)


def xpublish_asks(rng: random.Random) -> Iterator[Ask]:
    """Ask for tiles of random horizontal slices; PNG, since its JPEG fails on alpha."""
    query = "variables=brain&style=raster/gray&colorscalerange=53,177&width=256&height=256"
    while True:
        z, x, y = _place(rng)
        tile = f"WebMercatorQuad/{copies.GEO_ZOOM}/{y}/{x}"
        yield Ask(f"/datasets/brain/tiles/{tile}?{query}&f=image/png&z={z}")


def _place(rng: random.Random) -> tuple[int, int, int]:
    return rng.randrange(CONTENT), _FIRST + rng.randrange(_SIDE), _FIRST + rng.randrange(_SIDE)
