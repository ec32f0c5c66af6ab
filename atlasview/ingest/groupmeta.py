"""The metadata of a finished volume: OME-NGFF's, and our own beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from atlasview.ingest import labeltable, plan, tally
from atlasview.ingest.address import Address
from atlasview.ingest.downsample import METHODS
from atlasview.ingest.fingerprint import Checksum, size
from atlasview.ingest.recipe import Recipe
from atlasview.ingest.source import Source
from atlasview.ingest.stages import Work
from atlasview.ingest.zarrmeta import group_document
from atlasview.ngff import Dataset, multiscale_attributes
from atlasview.space import level_affine
from atlasview.space import voxel_size as affine_voxel_size
from atlasview.version import __version__


def describe_volume(
    work: Work,
    levels: tuple[plan.LevelPlan, ...],
    source: Source,
    said: Mapping[str, Any],
    seal: Checksum | None,
) -> bytes:
    """Return the group's ``zarr.json``; of labels, write ``labels.json`` too.

    Parameters
    ----------
    work : Work
        All its tasks are done.
    levels : tuple of LevelPlan
    source : Source
    said : mapping
        ``name``, and what else a person says of it.
    seal : Checksum, optional
    """
    affine = work.recipe.placement.affine
    own: dict[str, Any] = {
        "version": 1,
        "kind": work.kind,
        **{key: value for key, value in said.items() if value is not None},
        "affine": affine.tolist(),
        "source": _source_record(work.recipe, source, seal),
        "statistics": _statistics(work),
        "created_by": created_by(),
    }
    ome = multiscale_attributes(
        said["name"],
        _datasets(levels, affine, work.channels),
        channels=work.channels,
        labels=work.kind == "labels",
        method=METHODS[work.kind],
    )
    if work.kind == "labels" and not ome["image-label"].get("colors"):
        # The region table gives the colours; a list of none is not valid.
        ome["image-label"].pop("colors", None)
    document = group_document({"ome": ome, "atlasview": own})
    return json.dumps(document, indent=2, allow_nan=False).encode()


def created_by() -> str:
    """Return who wrote a volume: ``atlasview`` and its version."""
    return f"atlasview {__version__}"


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
    records = (work.notes.record(task.name) for task in work.tasks(work.stages[0]))
    if work.kind == "image":
        return tally.summarise(records, work.dtype, work.rule)
    document = labeltable.merge(records)
    text = json.dumps(document, separators=(",", ":"))
    work.shelf.write("labels.json", text.encode())
    voxels = int(np.prod(work.stages[0].base.shape, dtype=object))
    return labeltable.describe(document, voxels)


def _source_record(recipe: Recipe, source: Source, seal: Checksum | None) -> dict[str, Any]:
    header, placement, conversion = source.header, recipe.placement, recipe.conversion
    own = header.file_affine if header.file_affine is not None else header.affine
    i, j, k = header.shape[::-1]
    return {
        "file": recipe.location.name,
        **({"address": str(recipe.location)} if isinstance(recipe.location, Address) else {}),
        "format": header.format,
        "bytes": sum(map(size, source.files)),
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
