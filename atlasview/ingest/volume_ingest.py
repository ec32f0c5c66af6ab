"""Ingest of one volume, from file to finished OME-Zarr."""

from __future__ import annotations

import dataclasses
import math
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from atlasview.errors import InvalidParameterError, LibraryError, SourceError
from atlasview.ingest import plan, tally
from atlasview.ingest.address import Address, Location, locate
from atlasview.ingest.crew import hire
from atlasview.ingest.downsample import METHODS
from atlasview.ingest.durable import told_as_library_error
from atlasview.ingest.fingerprint import Checksum, fingerprint
from atlasview.ingest.formats import SourceOptions, open_source
from atlasview.ingest.groupmeta import created_by, describe_volume
from atlasview.ingest.placement import place
from atlasview.ingest.progress import Progress
from atlasview.ingest.recipe import Recipe
from atlasview.ingest.source import Source
from atlasview.ingest.spill import SpilledSource
from atlasview.ingest.stages import Crew, Work, run_stages
from atlasview.ingest.values import Conversion, Survey, plan_conversion, survey_values
from atlasview.ingest.workplace import Workplace
from atlasview.space import voxel_size as affine_voxel_size

if TYPE_CHECKING:  # which loads TensorStore
    from atlasview.ingest.bucketplace import BucketPlace

Kind = Literal["image", "labels"]
MEMORY = 256 << 20
#: Up to so many voxels of that many bytes, the work takes less time without compiled loops than
#: loading them would.
SMALL = {
    "image": {1: 3 << 29, 2: 1 << 28, 4: 1 << 27, 8: 0},
    "labels": dict.fromkeys((1, 2, 4, 8), 3 << 26),
}


def ingest_volume(
    source: Path | str,
    destination: Path | str,
    *,
    kind: Kind = "image",
    name: str | None = None,
    space: str | None = None,
    voxel_size: tuple[float, float, float] | None = None,
    orientation: str | None = None,
    dataset: str | None = None,
    shape: tuple[int, ...] | None = None,
    dtype: str | None = None,
    box: str | None = None,
    licence: str | None = None,
    citation: str | None = None,
    fill: float | int = 0,
    memory_bytes: int = MEMORY,
    threads: int = 1,
    workers: int = 0,
    scheduler: str | None = None,
    checksum: bool = True,
    progress: Progress | None = None,
    overwrite: bool = False,
    resume: bool = True,
    spool: Path | None = None,
) -> Path | str:
    """Turn a brain file into a sharded multiscale OME-Zarr 0.5.

    The voxels are turned to the nearest RAS order by flips and transposes only. The volume grows in
    a hidden folder beside `destination` and appears there at once when it is whole; a run that was
    killed is gone on with by the same call.

    Parameters
    ----------
    source : Path or str
        A file or folder; or an address: an OME-Zarr, N5 or precomputed volume, or a file, at
        ``https://``, ``http://`` or ``s3://``.
    destination : Path or str
        Such as ``volumes/brain.ome.zarr``, or ``s3://bucket/brain.ome.zarr``.
    kind : {"image", "labels"}
        Coarser levels of labels are majorities, of images means.
    name : str, optional
        For people; that of `destination` where not given.
    space : str, optional
        Name of the reference space, where the file's own is not meant.
    voxel_size : tuple of float, optional
        In mm along the subject's x, y, z; overrules the file.
    orientation : str, optional
        Direction code of the stored axes, fastest first, such as ``RAS``; overrules the file.
    dataset : str, optional
        Which array, of an HDF5 file or a folder that holds several.
    shape : tuple of int, optional
        Of raw voxels: x, y, z (and channels).
    dtype : str, optional
        Of raw voxels, such as ``uint8`` or ``>i2``.
    box : str, optional
        Part of the computed brain, ``x0:x1,y0:y1,z0:z1`` in voxels.
    licence, citation : str, optional
        Kept in the metadata.
    fill : scalar
        Background: chunks of this value only are not stored.
    memory_bytes : int
        What the work may hold at a time in each process, beside the interpreter and its libraries.
    threads : int
        In each process.
    workers : int
        Processes of this machine that do the work, under Dask; 0 does it in this one. They start
        as `multiprocessing` does: a program that asks for them needs a main guard.
    scheduler : str, optional
        Address of a Dask scheduler whose workers do it. They must see the same paths.
    checksum : bool
        Keep the source's sha256 in the metadata.
    progress : Progress, optional
    overwrite : bool
        Replace a volume that is there already.
    resume : bool
        Go on with what an earlier run of the same call began.
    spool : Path, optional
        Folder for what must pass over the disk: a file from elsewhere, a shard on its way to S3.
        The system's temporary one where not given.

    Returns
    -------
    Path or str
        `destination`.

    Raises
    ------
    SourceError
        The source cannot be used; nothing is left behind.
    InvalidParameterError
        An option is missing or makes no sense.
    LibraryError
        The destination cannot be written. What was done is kept for the next run.
    """
    origin = locate(source, "source", "https", "http", "s3")
    work_place = _work_place(locate(destination, "destination", "s3"), spool)
    if kind not in METHODS:
        raise InvalidParameterError("kind", kind, "it is image or labels")
    if isinstance(work_place, Workplace) and work_place.exists and not work_place.replaceable:
        raise LibraryError(
            f"{destination} is there already, and is no volume; choose another path."
        )
    if work_place.exists and not overwrite:
        work_place.sweep()
        raise LibraryError(f"{destination} is there already; add --overwrite to replace it.")
    with ExitStack() as stack:
        # A bar at a terminal must give it back, whatever happens.
        stack.callback(getattr(progress, "close", lambda: None))
        options = SourceOptions(dataset, shape, dtype, box, spool)
        opened = open_source(origin, options)
        stack.callback(opened.close)
        placement = place(opened.header, origin, voxel_size, orientation)
        conversion = plan_conversion(opened.header, origin, kind, lambda: _survey(origin, options))
        _check_fill(fill, conversion)
        stack.enter_context(told_as_library_error(destination))
        stack.enter_context(work_place)
        try:
            # Found out before workers are asked for, who take their time to come.
            digest = fingerprint(opened.files)
            crew = stack.enter_context(hire(max(1, threads), workers, scheduler))
            _ingest(
                opened,
                Recipe(origin, options, placement, conversion, None),
                work_place,
                crew,
                digest=digest,
                said={
                    "name": name or _plain_name(work_place.destination),
                    "space": space or opened.header.space or "unspecified",
                    "licence": licence or opened.header.licence,
                    "citation": citation or opened.header.citation,
                },
                kind=kind,
                fill=fill,
                memory_bytes=memory_bytes,
                checksum=checksum,
                progress=progress,
                resume=resume,
                stack=stack,
            )
        except SourceError:
            work_place.remove()
            _forget_copy(origin, spool)
            raise
    _forget_copy(origin, spool)
    return destination


def _ingest(
    source: Source,
    recipe: Recipe,
    work_place: Workplace | BucketPlace,
    crew: Crew,
    *,
    digest: str,
    said: dict[str, Any],
    kind: Kind,
    fill: float | int,
    memory_bytes: int,
    checksum: bool,
    progress: Progress | None,
    resume: bool,
    stack: ExitStack,
) -> None:
    header, dtype, placement = source.header, recipe.conversion.dtype, recipe.placement
    x, y, z = affine_voxel_size(placement.affine)
    levels = plan.plan_levels(placement.ras_shape, (z, y, x))
    stages = plan.plan_stages(levels)
    count = max(header.channels, 1)
    at_once = count if header.interleaved else 1
    item = dtype.itemsize
    ahead = crew.threads > 1
    whole = plan.region_bytes(
        stages[0], placement.ras_shape, at_once, item, whole_layers=2 if ahead else 1
    )
    streamed = header.sequential and placement.rises and whole <= memory_bytes and not crew.apart
    extents = [
        plan.region_extent(
            stage,
            1 if stage.index else at_once,
            item,
            # Wider regions than a quarter of the memory holds are no faster.
            memory_bytes // 4,
            threads=crew.threads,
            at_once=crew.at_once,
            whole_planes=streamed and stage.index == 0,
        )
        for stage in stages
    ]
    voxels = count * math.prod(placement.ras_shape)
    rule = tally.tally_rule(dtype, voxels)
    extents = work_place.prepare(
        {
            "source": digest,
            "levels": plan.plan_record(levels),
            "streamed": streamed,
            "channels": [header.channels, at_once],
            "affine": placement.affine.tolist(),
            "kind": kind,
            "dtype": dtype.name,
            "fill": str(fill),
            "written_by": created_by(),
        },
        extents,
        resume=resume,
    )
    if header.sequential and not streamed:
        unpacked = work_place.scratch / "unpacked.raw"
        source = SpilledSource(source, unpacked)
        recipe = dataclasses.replace(recipe, unpacked=unpacked)
        stack.callback(source.close)
    seal = Checksum(source.files) if checksum else None
    if seal is not None:
        stack.callback(seal.cancel)
    work = Work(
        shelf=work_place.shelf,
        notes=work_place.notes,
        recipe=recipe,
        stages=stages,
        extents=tuple(extents),
        channels=header.channels,
        channels_at_once=at_once,
        dtype=dtype,
        kind=kind,
        fill=fill,
        rule=rule,
        streamed=streamed,
        compiled=voxels > SMALL[kind][item],
        ahead=ahead,
    )
    run_stages(work, source, crew, progress=progress)
    source.finish()
    document = describe_volume(work, levels, source, said, seal)
    work_place.publish(document)


def _work_place(destination: Location, spool: Path | None) -> Workplace | BucketPlace:
    if isinstance(destination, Path):
        return Workplace(destination)
    from atlasview.ingest.bucketplace import BucketPlace

    return BucketPlace(destination, spool)


def _forget_copy(source: Location, spool: Path | None) -> None:
    if isinstance(source, Address):
        from atlasview.ingest.copies import forget

        forget(source, spool)


def _check_fill(fill: float | int, conversion: Conversion) -> None:
    if conversion.dtype.kind == "f":
        return
    limits = np.iinfo(conversion.dtype)
    if not math.isfinite(fill) or fill != int(fill) or not limits.min <= fill <= limits.max:
        raise InvalidParameterError(
            "--fill", fill, f"voxels of {conversion.dtype.name} take {limits.min} to {limits.max}"
        )


def _survey(path: Location, options: SourceOptions) -> Survey:
    source = open_source(path, options)
    try:
        return survey_values(source)
    finally:
        source.close()


def _plain_name(destination: Location) -> str:
    name = destination.name
    for ending in (".zarr", ".ome"):
        name = name.removesuffix(ending)
    return name
