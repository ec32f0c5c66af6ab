"""Write an atlas into a library as BrainGlobe v3 does: terminology, space and manifest."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atlasview.atlas import Terminology
from atlasview.errors import LibraryError
from atlasview.layout import (
    ANNOTATIONS,
    ATLASES,
    MANIFEST,
    SPACES,
    TEMPLATES,
    TERMINOLOGIES,
    TERMINOLOGY_FILE,
    VERSION,
    VERSION_FOLDER,
    atlas_place,
    is_volume,
    labels_place,
    slug,
    template_place,
)
from atlasview.manifests import MORE_SETS
from atlasview.opening import open_volume
from atlasview.regiontable import terminology_csv

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AtlasSheet:
    """What a person says of an atlas."""

    title: str
    species: str = ""
    citation: str = ""
    licence: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of an atlas, as a manifest tells it.

    Parameters
    ----------
    shape : sequence of int
    resolution : sequence of float
        Micrometres.
    orientation : str
        Origin code, as brainglobe-space has it.
    symmetric : bool
    """

    shape: Sequence[int]
    resolution: Sequence[float]
    orientation: str
    symmetric: bool = False


def write_atlas(
    root: Path,
    name: str,
    sheet: AtlasSheet,
    terminology: Terminology,
    *,
    labels: str,
    template: str | None = None,
    space: str = "unspecified",
) -> Path:
    """Tie an ingested labels volume, a template and a region table together as an atlas.

    The manifest is written last and at once, so that an atlas is complete or absent.

    Parameters
    ----------
    root : Path
        The library.
    name : str
        Id of the atlas.
    sheet : AtlasSheet
    terminology : Terminology
    labels : str
        Name of the annotation set, already ingested.
    template : str, optional
        Id of the template, already ingested, under ``templates/`` or ``volumes/``.
    space : str

    Returns
    -------
    Path
        The manifest.

    Raises
    ------
    LibraryError
        The library cannot be written.
    """
    volume = open_volume(labels_place(root, labels), kind="labels")
    z, y, x = volume.levels[0].shape
    shared = template is not None and is_volume(template_place(root, template))
    template_part = component_part(TEMPLATES, template) if template and shared else None
    grid = Grid(
        shape=(z, y, x),
        resolution=tuple(1000 * s for s in reversed(volume.levels[0].voxel_size_mm)),
        # brainglobe-space names the corner of voxel 0: inferior, posterior, left
        orientation="ipl",
    )
    with told_as_library_error(root):
        write_tables(root, {labels: terminology})
        return write_manifest(
            root,
            name,
            sheet,
            grid,
            space,
            templates=[template_part] if template_part else [],
            sets=[set_part(labels, volume.name, template_part)],
            # a template that lies under volumes/, which BrainGlobe does not know
            companions=[template] if template and not shared else [],
        )


def write_manifest(
    root: Path,
    name: str,
    sheet: AtlasSheet,
    grid: Grid,
    space: str,
    *,
    templates: Sequence[Json],
    sets: Sequence[Json],
    companions: Sequence[str] = (),
) -> Path:
    """Write an atlas's space, and at last the manifest, without which there is no atlas.

    Parameters
    ----------
    root : Path
        The library.
    name : str
        Id of the atlas.
    sheet : AtlasSheet
    grid : Grid
    space : str
        Name of the reference space.
    templates, sets : sequence of dict
        As `component_part` and `set_part` name them; the first are the default ones.
    companions : sequence of str
        Ids of images under ``volumes/``.

    Returns
    -------
    Path
        The manifest.
    """
    template = templates[0] if templates else None
    space_part = component_part(SPACES, slug(space)) | {"name": space, "template": template}
    manifest: Json = {
        "name": name,
        "title": sheet.title,
        "location": f"/{ATLASES}/{name}/{VERSION_FOLDER}",
        "citation": sheet.citation or "unpublished",
        "atlas_link": sheet.link,
        "species": sheet.species,
        "licence": sheet.licence,
        "symmetric": grid.symmetric,
        "resolution": grid.resolution,
        "orientation": grid.orientation,
        "version": VERSION,
        "shape": grid.shape,
        "additional_references": templates[1:],
        "atlas_packager": "AtlasView",
        "coordinate_space": space_part,
        "terminology": sets[0]["terminology"],
        "annotation_set": sets[0],
        "template": template,
        MORE_SETS: sets[1:],
        "companions": companions,
    }
    write_whole(root / SPACES / slug(space) / VERSION_FOLDER / MANIFEST, manifest_text(space_part))
    path = atlas_place(root, name)
    write_whole(path, manifest_text(manifest))
    return path


def write_tables(root: Path, tables: Mapping[str, Terminology]) -> None:
    """Write the region table of each parcellation, which goes by its name."""
    for name, terminology in tables.items():
        write_whole(
            root / TERMINOLOGIES / name / VERSION_FOLDER / TERMINOLOGY_FILE,
            terminology_csv(terminology),
        )


@contextmanager
def told_as_library_error(root: Path) -> Iterator[None]:
    """Turn what the system refuses into a sentence."""
    try:
        yield
    except OSError as exc:
        raise LibraryError(f"{root}: the atlas cannot be written ({exc.strerror}).") from exc


def write_whole(path: Path, text: str) -> None:
    """Write a file at once: it is there whole, or as it was before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def component_part(room: str, name: str) -> Json:
    """Return how a manifest names one component."""
    return {"name": name, "version": VERSION, "location": f"/{room}/{name}/{VERSION_FOLDER}"}


def set_part(name: str, title: str, template: Json | None) -> Json:
    """Return how a manifest names a parcellation."""
    return component_part(ANNOTATIONS, name) | {
        "title": title,
        "template": template,
        "terminology": component_part(TERMINOLOGIES, name),
    }


def manifest_text(value: Mapping[str, Any]) -> str:
    """Write a manifest as JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
