"""Write an atlas into a library as BrainGlobe v3 does: terminology, space and manifest."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atlasview.atlas import Terminology
from atlasview.errors import LibraryError
from atlasview.library import is_volume
from atlasview.manifests import (
    ANNOTATION_FILE,
    ANNOTATIONS,
    ATLASES,
    MANIFEST,
    SPACES,
    TEMPLATE_FILE,
    TEMPLATES,
    TERMINOLOGIES,
    TERMINOLOGY_FILE,
    VOLUMES,
    slug,
)
from atlasview.opening import open_volume
from atlasview.regiontable import terminology_csv

VERSION, VERSION_FOLDER = "1.0", "1_0"


@dataclass(frozen=True, slots=True)
class AtlasSheet:
    """What a person says of an atlas."""

    title: str
    species: str = ""
    citation: str = ""
    licence: str = ""
    link: str = ""


def volume_place(root: Path, name: str) -> Path:
    """Return where a volume that belongs to no atlas lies."""
    return root / VOLUMES / f"{name}.ome.zarr"


def template_place(root: Path, name: str) -> Path:
    """Return where a template lies."""
    return root / TEMPLATES / name / VERSION_FOLDER / TEMPLATE_FILE


def labels_place(root: Path, name: str) -> Path:
    """Return where the labels of a parcellation lie."""
    return root / ANNOTATIONS / name / VERSION_FOLDER / ANNOTATION_FILE


def atlas_place(root: Path, name: str) -> Path:
    """Return where the manifest of an atlas lies."""
    return root / ATLASES / name / VERSION_FOLDER / MANIFEST


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
    sizes = [1000 * s for s in reversed(volume.levels[0].voxel_size_mm)]
    shared = template is not None and is_volume(template_place(root, template))
    template_part = component_part(TEMPLATES, template) if template and shared else None
    terminology_part = component_part(TERMINOLOGIES, labels)
    space_part = component_part(SPACES, slug(space)) | {"name": space, "template": template_part}
    manifest: dict[str, Any] = {
        "name": name,
        "title": sheet.title,
        "location": f"/{ATLASES}/{name}/{VERSION_FOLDER}",
        "citation": sheet.citation or "unpublished",
        "atlas_link": sheet.link,
        "species": sheet.species,
        "licence": sheet.licence,
        "symmetric": False,
        "resolution": sizes,
        # brainglobe-space names the corner of voxel 0: inferior, posterior, left
        "orientation": "ipl",
        "version": VERSION,
        "shape": [z, y, x],
        "additional_references": [],
        "atlas_packager": "AtlasView",
        "coordinate_space": space_part,
        "terminology": terminology_part,
        "annotation_set": component_part(ANNOTATIONS, labels)
        | {"title": volume.name, "template": template_part, "terminology": terminology_part},
        "template": template_part,
        # a template that lies under volumes/, which BrainGlobe does not know
        "companions": [template] if template and not shared else [],
    }
    try:
        write_whole(
            root / TERMINOLOGIES / labels / VERSION_FOLDER / TERMINOLOGY_FILE,
            terminology_csv(terminology),
        )
        write_whole(
            root / SPACES / slug(space) / VERSION_FOLDER / MANIFEST, manifest_text(space_part)
        )
        path = atlas_place(root, name)
        write_whole(path, manifest_text(manifest))
    except OSError as exc:
        raise LibraryError(f"{root}: the atlas cannot be written ({exc.strerror}).") from exc
    return path


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


def component_part(room: str, name: str) -> dict[str, Any]:
    """Return how a manifest names one component."""
    return {"name": name, "version": VERSION, "location": f"/{room}/{name}/{VERSION_FOLDER}"}


def manifest_text(value: Mapping[str, Any]) -> str:
    """Write a manifest as JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
