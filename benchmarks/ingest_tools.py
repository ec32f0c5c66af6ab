"""One tool, one job, one process: ``python -m benchmarks.ingest_tools TOOL SOURCE.nii OUT``.

Every tool makes the same: all levels to one chunk, 64³ chunks, zstd level 1, shards of up to 512³
where it can. Each is given the voxels as it likes them best. Prints one JSON line: seconds of CPU
that loading libraries took, and memory resident after that.
"""

from __future__ import annotations

import json
import math
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

OFFSET = 352  # of the voxels in a NIfTI-1 file without extensions
CHUNK, SHARD = 64, 512


def _map(source: Path) -> np.memmap:
    """The voxels (z, y, x) of a plain NIfTI file of cubes."""
    raw = source.read_bytes()[:OFFSET] if source.stat().st_size < 1 << 20 else None
    with source.open("rb") as file:
        head = raw or file.read(OFFSET)
    x, y, z = np.frombuffer(head, "<i2", 3, 42).tolist()
    dtype = {2: "u1", 512: "<u2", 768: "<u4"}[int(np.frombuffer(head, "<i2", 1, 70)[0])]
    return np.memmap(source, dtype, "r", OFFSET, (z, y, x))


def _levels(n: int) -> int:
    return 1 + max(0, math.ceil(math.log2(n / CHUNK)))


def floor(labels: bool, *, written: bool = False) -> Callable[[Path, Path], None]:
    """Copy and compress the chunks of level 0 that are not empty; 8/7 of it is the lower bound.

    Where it is to be written, that is done as plainly as can be: one file, one fsync.
    """
    import zstandard

    def run(source: Path, out: Path) -> None:
        pack = zstandard.ZstdCompressor(level=1)
        voxels = _map(source)
        room = np.empty((CHUNK,) * 3, voxels.dtype)
        size = 0
        out.mkdir()
        file = os.open(out / "chunks", os.O_WRONLY | os.O_CREAT) if written else None
        for z in range(0, voxels.shape[0], CHUNK):
            for y in range(0, voxels.shape[1], CHUNK):
                for x in range(0, voxels.shape[2], CHUNK):
                    np.copyto(room, voxels[z : z + CHUNK, y : y + CHUNK, x : x + CHUNK])
                    if room.any():
                        packed = pack.compress(room.data)
                        size += len(packed)
                        if file is not None:
                            os.write(file, packed)
        if file is not None:
            os.fsync(file)
            os.close(file)
        (out / "bytes").write_text(str(size))

    return run


def atlasview(labels: bool, **options: Any) -> Callable[[Path, Path], None]:
    """AtlasView's own ingest, as a user calls it."""
    from atlasview.ingest import ingest_volume

    def run(source: Path, out: Path) -> None:
        ingest_volume(source, out, kind="labels" if labels else "image", **options)

    return run


def tensorstore(labels: bool) -> Callable[[Path, Path], None]:
    """TensorStore by hand: its downsample driver, level by level, in slabs of shards."""
    import tensorstore as ts

    def create(out: Path, level: int, shape: tuple[int, ...], dtype: str) -> Any:
        shard = max(CHUNK, SHARD >> level)
        codec = {"name": "zstd", "configuration": {"level": 1}}
        return ts.open(
            {
                "driver": "zarr3",
                "kvstore": {"driver": "file", "path": f"{out}/{level}/"},
                "metadata": {
                    "shape": shape,
                    "data_type": dtype,
                    "chunk_grid": {
                        "name": "regular",
                        "configuration": {"chunk_shape": [shard] * 3},
                    },
                    "codecs": [
                        {
                            "name": "sharding_indexed",
                            "configuration": {
                                "chunk_shape": [CHUNK] * 3,
                                "codecs": [{"name": "bytes"}, codec],
                            },
                        }
                    ],
                },
                "create": True,
            }
        ).result()

    def run(source: Path, out: Path) -> None:
        voxels = _map(source)
        shape, below = voxels.shape, None
        for level in range(_levels(max(shape))):
            shape = voxels.shape if level == 0 else tuple(-(-n // 2) for n in shape)
            array = create(out, level, shape, voxels.dtype.name)
            made = below and ts.downsample(below, [2, 2, 2], "mode" if labels else "mean")
            step = max(CHUNK, SHARD >> level)
            for z in range(0, shape[0], step):
                for y in range(0, shape[1], step):
                    for x in range(0, shape[2], step):
                        box = np.s_[z : z + step, y : y + step, x : x + step]
                        stop = tuple(min(s.stop, n) for s, n in zip(box, shape, strict=True))
                        box = tuple(slice(s.start, e) for s, e in zip(box, stop, strict=True))
                        part = voxels[box] if made is None else made[box].read().result()
                        array[box].write(part).result()
            below = array

    return run


def acquire(labels: bool) -> Callable[[Path, Path], None]:
    """acquire-zarr, which takes a stream of planes."""
    import acquire_zarr as aqz

    if labels:
        raise ImportError("it knows no labels")

    def run(source: Path, out: Path) -> None:
        voxels = _map(source)
        dims = [
            aqz.Dimension(
                name=name,
                kind=aqz.DimensionType.SPACE,
                array_size_px=n,
                chunk_size_px=CHUNK,
                shard_size_chunks=max(1, min(SHARD, n) // CHUNK),
            )
            for name, n in zip("zyx", voxels.shape, strict=True)
        ]
        array = aqz.ArraySettings(
            dimensions=dims,
            data_type=voxels.dtype.type,
            downsampling_method=aqz.DownsamplingMethod.MEAN,
            compression=aqz.CompressionSettings(
                compressor=aqz.Compressor.BLOSC1,
                codec=aqz.CompressionCodec.BLOSC_ZSTD,
                level=1,
                shuffle=0,
            ),
        )
        stream = aqz.ZarrStream(
            aqz.StreamSettings(arrays=[array], store_path=str(out), overwrite=True, max_threads=1)
        )
        for z in range(0, voxels.shape[0], CHUNK):
            stream.append(np.asarray(voxels[z : z + CHUNK]))
        stream.close()

    return run


def ome_zarr(labels: bool) -> Callable[[Path, Path], None]:
    """ome-zarr-py, from a dask array."""
    import dask
    import dask.array as da
    import zarr
    from ome_zarr.writer import write_image, write_labels

    def run(source: Path, out: Path) -> None:
        voxels = _map(source)
        dask.config.set(scheduler="synchronous")
        array = da.from_array(voxels, chunks=(128,) * 3)
        group = zarr.open_group(str(out), mode="w", zarr_format=3)
        options = {"chunks": (CHUNK,) * 3, "compressors": zarr.codecs.ZstdCodec(level=1)}
        if labels:
            write_labels(array, group, name="labels", axes="zyx", storage_options=options)
        else:
            write_image(array, group, axes="zyx", storage_options=options)

    return run


def ngff_zarr(labels: bool) -> Callable[[Path, Path], None]:
    """ngff-zarr, by the fastest of its exact methods."""
    import dask
    import dask.array as da
    import ngff_zarr as nz

    def run(source: Path, out: Path) -> None:
        voxels = _map(source)
        dask.config.set(scheduler="synchronous")
        image = nz.to_ngff_image(da.from_array(voxels, chunks=(128,) * 3), dims=["z", "y", "x"])
        method = nz.Methods.DASK_IMAGE_MODE if labels else nz.Methods.ITKWASM_BIN_SHRINK
        levels = _levels(max(voxels.shape)) - 1
        scales = nz.to_multiscales(
            image, scale_factors=[2**k for k in range(1, levels + 1)], chunks=CHUNK, method=method
        )
        nz.to_ngff_zarr(str(out), scales, version="0.5")

    return run


def igneous(labels: bool) -> Callable[[Path, Path], None]:
    """igneous, in Neuroglancer's precomputed format, unsharded, which is how it downsamples."""
    import cloudvolume
    import igneous.task_creation as tasks
    from taskqueue import LocalTaskQueue

    def run(source: Path, out: Path) -> None:
        voxels = _map(source)
        address = f"precomputed://file://{out}"
        info = cloudvolume.CloudVolume.create_new_info(
            num_channels=1,
            layer_type="segmentation" if labels else "image",
            data_type=voxels.dtype.name,
            encoding="raw",
            resolution=(1, 1, 1),
            voxel_offset=(0, 0, 0),
            chunk_size=(CHUNK,) * 3,
            volume_size=voxels.shape[::-1],
        )
        layer = cloudvolume.CloudVolume(address, info=info, compress="zstd", progress=False)
        layer.commit_info()
        for z in range(0, voxels.shape[0], CHUNK):
            layer[:, :, z : z + CHUNK] = np.asfortranarray(voxels[z : z + CHUNK].T)
        queue = LocalTaskQueue(parallel=1, progress=False)
        levels = _levels(max(voxels.shape)) - 1
        queue.insert(tasks.create_downsampling_tasks(address, num_mips=levels, compress="zstd"))
        queue.execute(progress=False)

    return run


TOOLS: dict[str, Callable[[bool], Callable[[Path, Path], None]]] = {
    "floor": floor,
    "floor, written": lambda labels: floor(labels, written=True),
    "AtlasView": lambda labels: atlasview(labels, checksum=False),
    "AtlasView with sha256": atlasview,
    "AtlasView, 2 threads": lambda labels: atlasview(labels, checksum=False, threads=2),
    "acquire-zarr": acquire,
    "TensorStore by hand": tensorstore,
    "ome-zarr-py": ome_zarr,
    "igneous": igneous,
    "ngff-zarr": ngff_zarr,
}
#: Tools that have an environment of their own; see `benchmarks.install`.
PEERS = {
    "acquire-zarr": "acquire-zarr",
    "ome-zarr-py": "ome-zarr",
    "igneous": "igneous",
    "ngff-zarr": "ngff-zarr",
}


def _resident() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) << 10
    return 0


def main() -> None:
    """Run one tool."""
    tool, source, out, kind = sys.argv[1:]
    run = TOOLS[tool](kind == "labels")
    spent = resource.getrusage(resource.RUSAGE_SELF)
    loaded, resident = spent.ru_utime + spent.ru_stime, _resident()
    began = time.monotonic()
    run(Path(source), Path(out))
    print(json.dumps({"loaded": loaded, "resident": resident, "wall": time.monotonic() - began}))


if __name__ == "__main__":
    main()
