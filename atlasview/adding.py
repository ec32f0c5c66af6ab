"""Add a brain file to a library: the volume, and with labels and a region table the atlas too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from atlasview.counted import counted
from atlasview.errors import InvalidParameterError, LibraryError
from atlasview.ingest import ingest_volume
from atlasview.layout import (
    ANNOTATIONS,
    ATLASES,
    MANIFEST,
    check_id,
    is_volume,
    labels_place,
    template_place,
    volume_place,
)

if TYPE_CHECKING:  # which load what only atlases need
    from atlasview.atlas import Terminology
    from atlasview.regionfacts import LabelIndex

#: So far from square, axes are taken for it: less than a voxel across half a hundred.
SQUARE_DEGREES = 1.0


def add_to_library(
    root: Path,
    name: str,
    source: Path | str,
    *,
    output: str | None = None,
    title: str | None = None,
    labels: bool = False,
    regions: Path | None = None,
    template: str | None = None,
    licence: str | None = None,
    citation: str | None = None,
    **options: Any,
) -> tuple[str, ...]:
    """Take a brain file into a library.

    Parameters
    ----------
    root : Path
        The library; made when absent.
    name : str
        Id of the volume, and of the atlas that a region table makes of it.
    source : Path or str
        A file or folder, or an address.
    output : str, optional
        Where the volume goes instead of into the library: a path, or ``s3://bucket/prefix``.
    title : str, optional
        Name for people.
    labels : bool
        Voxels are labels.
    regions : Path, optional
        Region table of the labels.
    template : str, optional
        Id of an image in the library that the labels go with.
    licence, citation : str, optional
    **options
        As `atlasview.ingest.ingest_volume` takes them.

    Returns
    -------
    tuple of str
        What is odd but no reason to stop, in sentences.

    Raises
    ------
    LibraryError, SourceError, AtlasDefinitionError, InvalidParameterError
        It cannot be done; nothing half-done is left.
    """
    check_id(name)
    if regions is not None and not labels:
        raise InvalidParameterError("--regions", regions, "it goes with labels; add --labels")
    if regions is not None and output is not None:
        raise InvalidParameterError(
            "--output", output, "an atlas is made in a library; leave out --output, or --regions"
        )
    # Looked at before the long work, so that a slip costs nothing.
    table = _table(regions)
    if template is not None and not (
        is_volume(template_place(root, template)) or is_volume(volume_place(root, template))
    ):
        raise LibraryError(f"There is no template {template!r} in {root}; ingest it first.")
    place = labels_place if table is not None else volume_place
    destination = place(root, name)
    if table is not None and _is_left_over(root, name):
        options["overwrite"] = True
    ingest_volume(
        source,
        output if output is not None else destination,
        kind="labels" if labels else "image",
        name=title or name,
        licence=licence,
        citation=citation,
        **options,
    )
    odd = shear(destination) if output is None else ()
    if table is None:
        return odd
    from atlasview import atlasfolder
    from atlasview.opening import open_volume
    from atlasview.regionfacts import LabelIndex

    volume = open_volume(destination, kind="labels")
    atlasfolder.write_atlas(
        root,
        name,
        atlasfolder.AtlasSheet(title=title or name, citation=citation or "", licence=licence or ""),
        table,
        labels=name,
        template=template,
        space=volume.space,
    )
    return (*odd, *table.problems, *differences(table, LabelIndex(volume)))


def _is_left_over(root: Path, name: str) -> bool:
    """Tell whether labels are of no atlas: a run was killed just before it wrote the manifest."""
    if not is_volume(labels_place(root, name)):
        return False
    own = f"/{ANNOTATIONS}/{name}/"
    return not any(own in text for text in _manifests(root))


def _manifests(root: Path) -> Iterator[str]:
    for file in (root / ATLASES).glob(f"*/*/{MANIFEST}"):
        yield file.read_text(encoding="utf-8", errors="replace")


def _table(path: Path | None) -> Terminology | None:
    if path is None:
        return None
    from atlasview.regiontable import read_region_table

    return read_region_table(path)


def shear(volume: Path) -> tuple[str, ...]:
    """Say where a volume's axes do not stand square to each other."""
    own = json.loads((volume / "zarr.json").read_bytes())["attributes"]["atlasview"]
    sides = np.array(own["affine"], float)[:3, :3]
    sides /= np.linalg.norm(sides, axis=0)
    worst = float(np.abs(sides.T @ sides - np.eye(3)).max())
    angle = np.degrees(np.arccos(min(worst, 1.0)))
    if angle > 90 - SQUARE_DEGREES:
        return ()
    return (
        f"Its axes are sheared, at {angle:.1f}° to each other: places in mm are right, but slices "
        "are shown as if they were square.",
    )


def differences(table: Terminology, index: LabelIndex) -> tuple[str, ...]:
    """Say which labels have no name, which regions no voxels, which groups voxels of their own."""
    present, named = set(index.extents), set(table.by_label)
    out = []
    nameless = sorted(present - named)
    if nameless:
        who = counted(len(nameless), "label with voxels is", "labels with voxels are")
        out.append(f"{who} not in the table: {_some(nameless)}.")
    # one that groups others is empty only where they all are
    empty = sorted(
        label for label in named - present if not table.labels([table.by_label[label]]) & present
    )
    if empty:
        who = counted(len(empty), "region of the table has", "regions of the table have")
        out.append(f"{who} no voxels: {_some(empty)}.")
    both = sorted(
        r.id for r in table if r.label in present and table.children(r) and r.parent is not None
    )
    if both:
        who = counted(len(both), "region has", "regions have")
        out.append(
            f"{who} voxels of their own beside those of regions below: {_some(both)}. They mean "
            "both together."
        )
    return tuple(out)


def _some(values: list[int]) -> str:
    shown = ", ".join(map(str, values[:10]))
    return shown + (", …" if len(values) > 10 else "")
