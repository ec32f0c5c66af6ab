"""Ingest of one volume, from file to finished OME-Zarr."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import numpy as np

from atlasview.errors import InvalidParameterError, LibraryError, SourceError
from atlasview.ingest import labeltable, plan, tally
from atlasview.ingest.downsample import METHODS
from atlasview.ingest.durable import told_as_library_error, write_file
from atlasview.ingest.fingerprint import Checksum, fingerprint
from atlasview.ingest.formats import SourceOptions, open_source
from atlasview.ingest.layers import Layers, SourceLayers
from atlasview.ingest.placement import Placement, place
from atlasview.ingest.progress import Progress
from atlasview.ingest.source import Source
from atlasview.ingest.spill import SpilledSource
from atlasview.ingest.stages import Work, run_stages
from atlasview.ingest.values import Conversion, Survey, plan_conversion, survey_values
from atlasview.ingest.workplace import Workplace
from atlasview.ingest.zarrmeta import group_document
from atlasview.ngff import Dataset, multiscale_attributes
from atlasview.space import level_affine
from atlasview.space import voxel_size as affine_voxel_size

Kind = Literal["image", "labels"]
MEMORY = 256 << 20
#: Up to so many voxels of that many bytes, the work takes less time without compiled loops than
#: loading them would.
SMALL = {1: 1 << 28, 2: 1 << 26, 4: 1 << 26, 8: 1 << 26}


def ingest_volume(
    source: Path,
    destination: Path,
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
    workers: int = 1,
    checksum: bool = True,
    progress: Progress | None = None,
    overwrite: bool = False,
    resume: bool = True,
) -> Path:
    """Turn a brain file into a sharded multiscale OME-Zarr 0.5.

    The voxels are turned to the nearest RAS order by flips and transposes only. The volume grows in
    a hidden folder beside `destination` and appears there at once when it is whole; a run that was
    killed is gone on with by the same call.

    Parameters
    ----------
    source : Path
    destination : Path
        Such as ``volumes/brain.ome.zarr``.
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
        What the work may hold at a time, beside the interpreter and its libraries.
    workers : int
        Threads.
    checksum : bool
        Keep the source's sha256 in the metadata.
    progress : Progress, optional
    overwrite : bool
        Replace a volume that is there already.
    resume : bool
        Go on with what an earlier run of the same call began.

    Returns
    -------
    Path
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
    source, destination = Path(source), Path(destination)
    if kind not in METHODS:
        raise InvalidParameterError("kind", kind, "it is image or labels")
    if destination.exists() and not overwrite:
        Workplace(destination).sweep()
        raise LibraryError(f"{destination} is there already; add --overwrite to replace it.")
    with ExitStack() as stack:
        # A bar at a terminal must give it back, whatever happens.
        stack.callback(getattr(progress, "close", lambda: None))
        options = SourceOptions(dataset, shape, dtype, box)
        opened = open_source(source, options)
        stack.callback(opened.close)
        placement = place(opened.header, source, voxel_size, orientation)
        conversion = plan_conversion(opened.header, source, kind, lambda: _survey(source, options))
        _check_fill(fill, conversion)
        stack.enter_context(told_as_library_error(destination))
        work_place = stack.enter_context(Workplace(destination))
        try:
            _ingest(
                opened,
                placement,
                conversion,
                work_place,
                attributes={
                    "name": name or _plain_name(destination),
                    "space": space or opened.header.space or "unspecified",
                    "licence": licence or opened.header.licence,
                    "citation": citation or opened.header.citation,
                },
                kind=kind,
                fill=fill,
                memory_bytes=memory_bytes,
                workers=max(1, workers),
                checksum=checksum,
                progress=progress,
                resume=resume,
                stack=stack,
            )
        except SourceError:
            work_place.remove()
            raise
    return destination


def _ingest(
    source: Source,
    placement: Placement,
    conversion: Conversion,
    work_place: Workplace,
    *,
    attributes: dict[str, Any],
    kind: Kind,
    fill: float | int,
    memory_bytes: int,
    workers: int,
    checksum: bool,
    progress: Progress | None,
    resume: bool,
    stack: ExitStack,
) -> None:
    header, dtype, affine = source.header, conversion.dtype, placement.affine
    x, y, z = affine_voxel_size(affine)
    levels = plan.plan_levels(placement.ras_shape, (z, y, x))
    stages = plan.plan_stages(levels)
    count = max(header.channels, 1)
    at_once = count if header.interleaved else 1
    item = dtype.itemsize
    whole = plan.region_bytes(
        stages[0], placement.ras_shape, at_once, item, whole_layers=2 if workers > 1 else 1
    )
    streamed = header.sequential and placement.rises and whole <= memory_bytes
    extents = [
        plan.region_extent(
            stage,
            1 if stage.index else at_once,
            item,
            # Wider regions than a quarter of the memory holds are no faster.
            memory_bytes // 4,
            workers=workers,
            whole_planes=streamed and stage.index == 0,
        )
        for stage in stages
    ]
    voxels = count * math.prod(placement.ras_shape)
    rule = tally.tally_rule(dtype, voxels)
    extents = work_place.prepare(
        {
            "source": fingerprint(source.files),
            "levels": plan.plan_record(levels),
            "streamed": streamed,
            "channels": [header.channels, at_once],
            "affine": affine.tolist(),
            "kind": kind,
            "dtype": dtype.name,
            "fill": str(fill),
            "written_by": created_by(),
        },
        extents,
        resume=resume,
    )
    if header.sequential and not streamed:
        source = SpilledSource(source, work_place.folder / "unpacked.raw")
        stack.callback(source.close)
    seal = Checksum(source.files) if checksum else None
    if seal is not None:
        stack.callback(seal.cancel)
    work = Work(
        place=work_place,
        stages=stages,
        extents=tuple(extents),
        channels=header.channels,
        channels_at_once=at_once,
        dtype=dtype,
        kind=kind,
        fill=fill,
        rule=rule,
        streamed=streamed,
        compiled=voxels > SMALL[item],
        workers=workers,
    )
    open_layers: Callable[[], Layers] = lambda: SourceLayers(source, placement, conversion)  # noqa: E731
    run_stages(work, open_layers, progress=progress)
    source.finish()
    own: dict[str, Any] = {
        "version": 1,
        "kind": kind,
        **{key: value for key, value in attributes.items() if value is not None},
        "affine": affine.tolist(),
        "source": _source_record(conversion.path, source, placement, conversion, seal),
        "statistics": _statistics(work),
        "created_by": created_by(),
    }
    ome = multiscale_attributes(
        attributes["name"],
        _datasets(levels, affine, header.channels),
        channels=header.channels,
        labels=kind == "labels",
        method=METHODS[kind],
    )
    if kind == "labels" and not ome["image-label"].get("colors"):
        # The region table gives the colours; a list of none is not valid.
        ome["image-label"].pop("colors", None)
    document = group_document({"ome": ome, "atlasview": own})
    write_file(
        work_place.volume / "zarr.json", json.dumps(document, indent=2, allow_nan=False).encode()
    )
    work_place.publish()


def _datasets(levels: tuple[plan.LevelPlan, ...], affine: Any, channels: int) -> list[Dataset]:
    datasets = []
    for level in levels:
        here = level_affine(affine, level.step[::-1])
        scale, translation = affine_voxel_size(here)[::-1], here[:3, 3].tolist()[::-1]
        lead = (1.0,) if channels else ()
        none = (0.0,) if channels else ()
        datasets.append(Dataset(str(level.index), (*lead, *scale), (*none, *translation)))
    return datasets


def _statistics(work: Work) -> dict[str, Any]:
    """Return the ``statistics``; of labels, write ``labels.json`` too."""
    records = (work.place.record(task.name) for task in work.tasks(work.stages[0]))
    if work.kind == "image":
        return tally.summarise(records, work.dtype, work.rule)
    document = labeltable.merge(records)
    text = json.dumps(document, separators=(",", ":"))
    write_file(work.place.volume / "labels.json", text.encode())
    voxels = int(np.prod(work.stages[0].base.shape, dtype=object))
    return labeltable.describe(document, voxels)


def _source_record(
    path: Path,
    source: Source,
    placement: Placement,
    conversion: Conversion,
    seal: Checksum | None,
) -> dict[str, Any]:
    header = source.header
    own = header.file_affine if header.file_affine is not None else header.affine
    i, j, k = header.shape[::-1]
    return {
        "file": path.name,
        "format": header.format,
        "bytes": sum(path.stat().st_size for path in source.files),
        **({"sha256": seal.result()} if seal is not None else {}),
        "affine": own.tolist() if own is not None and np.isfinite(own).all() else None,
        "affine_from": placement.affine_from,
        "units": header.units,
        "shape": [i, j, k, *([header.channels] if header.channels else [])],
        "dtype": header.dtype.str.lstrip("|"),
        "orientation": placement.orientation.code,
        "scl_slope": header.slope,
        "scl_inter": header.inter,
        **({"note": conversion.note} if conversion.note else {}),
        **header.said,
    }


def _check_fill(fill: float | int, conversion: Conversion) -> None:
    if conversion.dtype.kind == "f":
        return
    limits = np.iinfo(conversion.dtype)
    if fill != int(fill) or not limits.min <= fill <= limits.max:
        raise InvalidParameterError(
            "--fill", fill, f"voxels of {conversion.dtype.name} take {limits.min} to {limits.max}"
        )


def _survey(path: Path, options: SourceOptions) -> Survey:
    source = open_source(path, options)
    try:
        return survey_values(source)
    finally:
        source.close()


def _plain_name(destination: Path) -> str:
    name = destination.name
    for ending in (".zarr", ".ome"):
        name = name.removesuffix(ending)
    return name


def created_by() -> str:
    """Return who wrote a volume: ``atlasview`` and its version."""
    try:
        return f"atlasview {version('atlasview')}"
    except PackageNotFoundError:
        return "atlasview"
