"""Where things lie in a library: BrainGlobe v3's rooms and files, and ``volumes/`` beside them."""

from __future__ import annotations

import re
from pathlib import Path

from atlasview.errors import InvalidParameterError

VOLUMES, ATLASES, TEMPLATES = "volumes", "atlases", "templates"
ANNOTATIONS, TERMINOLOGIES, SPACES = "annotation-sets", "terminologies", "coordinate-spaces"
TEMPLATE_FILE, ANNOTATION_FILE = "template.ome.zarr", "annotations_compressed.ome.zarr"
HEMISPHERES_FILE, TERMINOLOGY_FILE = "hemispheres.ome.zarr", "terminology.csv"
MAPS_FILE, MANIFEST = "probabilities.ome.zarr", "manifest.json"
#: Of what AtlasView writes.
VERSION, VERSION_FOLDER = "1.0", "1_0"
_ID = re.compile(r"[a-z0-9][a-z0-9._-]*")


def slug(text: str) -> str:
    """Return text as an id: ``[a-z0-9][a-z0-9._-]*``."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", text.strip().lower()).strip("-._")
    return plain or "volume"


def check_id(text: str) -> str:
    """Return an id as given.

    Raises
    ------
    InvalidParameterError
        It is none.
    """
    if not _ID.fullmatch(text) or len(text) > 100:
        raise InvalidParameterError(
            "id",
            text,
            "it takes lower-case letters, digits, '.', '_' and '-', beginning with a letter or "
            f"digit, such as {slug(text)!r}",
        )
    return text


def is_volume(path: Path) -> bool:
    """Tell whether a folder looks like a Zarr group."""
    return (path / "zarr.json").is_file() or (path / ".zattrs").is_file()


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
