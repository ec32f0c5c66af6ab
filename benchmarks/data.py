"""Test volumes for the benchmarks, made once and kept in a folder: ``python -m benchmarks.data``.

============  ==========================================================================
dense-512     512³ uint8, 64³ chunks zstd-1 in 512³ shards, made by AtlasView's own ingest
dense-1024    the same, 1024³; what nearly every job reads
bigbrain      6572 × 7404 × 5711, sparse: dense-1024 lies in it as real content
micron        131,440 × 148,080 × 120,800, sparse: the address space of a brain at 1 µm
============  ==========================================================================

The sparse ones share their shards with dense-1024 through hard links, so all read equal bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorstore as ts

from benchmarks import phantom

CHUNK = 64
#: Content of the sparse volumes: how large, and where in each it begins, along every axis.
CONTENT = 1024
SPARSE = {
    "bigbrain": ((5711, 7404, 6572), 2048),
    "micron": ((120_800, 148_080, 131_440), 65_536),
}


@dataclass(frozen=True)
class Volume:
    """A volume made for the benchmarks, and where its content lies.

    Parameters
    ----------
    path : Path
    id : str
        As the server names it.
    shape : tuple of int
        z, y, x.
    first, extent : int
        Content is [first, first + extent) along every axis.
    """

    path: Path
    id: str
    shape: tuple[int, int, int]
    first: int
    extent: int


def default_root() -> Path:
    """Return where data are kept unless told otherwise."""
    return Path(tempfile.gettempdir()) / "atlasview-benchmarks"


def once(path: Path, make: Callable[[Path], None]) -> Path:
    """Make a file or folder unless it is there; it appears when it is whole."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{os.getpid()}-{path.name}")
        if part.is_dir():
            shutil.rmtree(part)
        make(part)
        part.rename(path)
    return path


def volume(root: Path, name: str) -> Volume:
    """Return a volume by name, making it first where needed."""
    path = root / "volumes" / f"{name}.ome.zarr"
    if name in SPARSE:
        shape, first = SPARSE[name]
        once(path, lambda part: _sparse(part, root, shape, first))
        return Volume(path, name, shape, first, CONTENT)
    n = int(name.removeprefix("dense-"))
    once(path, lambda part: _dense(part, n))
    return Volume(path, name, (n, n, n), 0, n)


def _dense(destination: Path, n: int) -> None:
    from atlasview.ingest import ingest_volume

    source = destination.with_name(f"{destination.name}.nii")
    try:
        phantom.write_nifti(source, n)
        ingest_volume(source, destination, name=f"dense-{n}", checksum=False)
    finally:
        source.unlink(missing_ok=True)


def _sparse(destination: Path, root: Path, shape: tuple[int, int, int], first: int) -> None:
    dense = volume(root, f"dense-{CONTENT}").path
    levels = [shape]
    while max(levels[-1]) > CHUNK:
        levels.append(tuple(-(-n // 2) for n in levels[-1]))  # type: ignore[arg-type]
    group = json.loads((dense / "zarr.json").read_text())
    group["attributes"]["ome"]["multiscales"][0]["datasets"] = [
        _dataset(index) for index in range(len(levels))
    ]
    destination.mkdir()
    (destination / "zarr.json").write_text(json.dumps(group))
    linked = 0
    for index, extent in enumerate(levels):
        document = _array(dense, index, extent)
        (destination / str(index)).mkdir()
        (destination / str(index) / "zarr.json").write_text(json.dumps(document))
        shard = document["chunk_grid"]["configuration"]["chunk_shape"][0]
        if (dense / str(index)).is_dir() and (first >> index) % shard == 0:
            link_shards(dense / str(index), destination / str(index), (first >> index) // shard)
            linked = index
    _downsample(destination, range(linked + 1, len(levels)), first)


def _dataset(index: int) -> dict[str, Any]:
    step = 0.02 * 2**index
    return {
        "path": str(index),
        "coordinateTransformations": [
            {"type": "scale", "scale": [step] * 3},
            {"type": "translation", "translation": [(step - 0.02) / 2] * 3},
        ],
    }


def _array(dense: Path, index: int, shape: tuple[int, int, int]) -> dict[str, Any]:
    """Return the metadata of one level of a sparse volume, after the dense one's."""
    place = dense / str(index) / "zarr.json"
    known = place.is_file()
    document: dict[str, Any] = json.loads((place if known else dense / "0/zarr.json").read_text())
    document["shape"] = list(shape)
    if not known:
        document["chunk_grid"]["configuration"]["chunk_shape"] = [CHUNK] * 3
    return document


def link_shards(source: Path, target: Path, offset: int) -> None:
    """Give one array the shards of another, moved by some shards along every axis."""
    for path in source.glob("c/*/*/*"):
        z, y, x = (int(part) + offset for part in path.relative_to(source / "c").parts)
        place = target / "c" / str(z) / str(y) / str(x)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, place)
        except OSError:
            shutil.copyfile(path, place)


def _downsample(volume_path: Path, levels: range, first: int) -> None:
    """Write the content of the coarsest levels, each from the one below."""
    for index in levels:
        below, here = (open_level(volume_path / str(i)) for i in (index - 1, index))
        start, size = first >> index, max(CONTENT >> index, 1)
        view = below[tuple(slice(2 * start, min(2 * (start + size), n)) for n in below.shape)]
        mean = ts.downsample(view, [2, 2, 2], "mean").read().result()
        target = tuple(slice(start, start + n) for n in mean.shape)
        here[target].write(mean).result()


def open_level(path: Path) -> ts.TensorStore:
    """Open one level of a volume."""
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{path}/"}}
    return ts.open(spec, open=True).result()


def main() -> None:
    """Make all volumes and say where they are."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=default_root(), help="where they are kept")
    root = parser.parse_args().data
    for name in ("dense-512", f"dense-{CONTENT}", *SPARSE):
        made = volume(root, name)
        size = sum(p.stat().st_size for p in made.path.rglob("*") if p.is_file())
        print(f"{name}: {made.path}, {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
