"""Spaces, transforms and origins written down: TOML ``[[space]]`` and the like.

The same tables stand in a library (``coordinate-spaces/spaces.toml``), in a ``catalog.toml``, and
in what AtlasView itself ships.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from atlasview.errors import LibraryError
from atlasview.geometry import FloatArray
from atlasview.insidefile import read_plain
from atlasview.layout import SPACES, slug
from atlasview.spaces import NO_SPACE, Definitions, Origin, SpaceName, Transform, rigid_origin

SPACE_FILE = "spaces.toml"
TABLES = ("space", "transform", "origin")
_KEYS = {
    "space": {"name", "aliases", "description"},
    "transform": {"name", "from", "to", "matrix", "citation", "accuracy"},
    "origin": {"id", "name", "space", "at", "behind", "matrix", "citation", "accuracy"},
}
_NEEDED = {
    "space": ("name",),
    "transform": ("name", "from", "to", "citation", "accuracy"),
    "origin": ("id", "name", "space", "citation", "accuracy"),
}


def space_file(root: Path) -> Path:
    """Return where a library keeps its transforms and origins."""
    return root / SPACES / SPACE_FILE


def read_space_file(path: Path) -> Definitions:
    """Read a file of spaces, transforms and origins.

    Raises
    ------
    LibraryError
        It cannot be read, or a table cannot be meant so; the table is named.
    """
    document = read_toml(path)
    unknown = sorted(set(document) - set(TABLES))
    if unknown:
        raise LibraryError(
            f"{path}: there is no table {unknown[0]!r} here; there are "
            + ", ".join(f"[[{t}]]" for t in TABLES)
            + "."
        )
    return read_definitions(document, path)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    LibraryError
        It cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(read_plain(path).decode())
    except OSError as exc:
        raise LibraryError(f"{path}: it cannot be read ({exc.strerror}).") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise LibraryError(f"{path}: it is not valid TOML ({exc}).") from exc


def read_definitions(document: Mapping[str, Any], path: Path | str) -> Definitions:
    """Read the tables of a TOML document that tell of spaces; others are left alone.

    Raises
    ------
    LibraryError
        A table cannot be meant so; it is named.
    """
    found: dict[str, list[Any]] = {}
    for table in TABLES:
        entries = document.get(table, [])
        if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
            raise LibraryError(f"{path}: {table} is written as tables, [[{table}]].")
        read = _READERS[table]
        found[table] = [read(entry, f"{path}: {table} {i}") for i, entry in enumerate(entries, 1)]
    return Definitions(tuple(found["space"]), tuple(found["transform"]), tuple(found["origin"]))


def well_known() -> Definitions:
    """Return the spaces, transforms and origins that AtlasView ships, each with its source."""
    text = (resources.files("atlasview") / "wellknown.toml").read_text(encoding="utf-8")
    return read_definitions(tomllib.loads(text), "wellknown.toml")


def _read_space(entry: Mapping[str, Any], where: str) -> SpaceName:
    _check(entry, "space", where)
    aliases = entry.get("aliases", [])
    if not isinstance(aliases, list) or not all(isinstance(a, str) for a in aliases):
        raise LibraryError(f"{where}: aliases is a list of texts.")
    return SpaceName(entry["name"], tuple(aliases), entry.get("description", ""))


def _read_transform(entry: Mapping[str, Any], where: str) -> Transform:
    _check(entry, "transform", where)
    where = f"{where} ({entry['name']})"
    if NO_SPACE in (entry["from"], entry["to"]):
        raise LibraryError(f"{where}: {NO_SPACE!r} is no space; name the one that is meant.")
    if "matrix" not in entry:
        raise LibraryError(f"{where}: it has no matrix, four rows of four numbers.")
    return Transform(
        entry["name"], entry["from"], entry["to"], _matrix(entry["matrix"], where),
        entry["citation"], entry["accuracy"],
    )  # fmt: skip


def _read_origin(entry: Mapping[str, Any], where: str) -> Origin:
    _check(entry, "origin", where)
    where = f"{where} ({entry['id']})"
    if slug(entry["id"]) != entry["id"] or entry["id"] == "voxel":
        raise LibraryError(
            f"{where}: an id takes lower-case letters, digits, '.', '_' and '-', and is not voxel."
        )
    if ("at" in entry) == ("matrix" in entry) or ("behind" in entry and "at" not in entry):
        raise LibraryError(f"{where}: it takes at, with behind or without, or else a matrix.")
    if "matrix" in entry:
        matrix = _matrix(entry["matrix"], where)
    else:
        at, behind = (
            _point(entry[key], f"{where}: {key}") if key in entry else None
            for key in ("at", "behind")
        )
        assert at is not None  # noqa: S101 - one of at and matrix is there
        if behind is not None and not abs(np.subtract(at, behind)[1:]).max() > 0:
            raise LibraryError(f"{where}: behind lies beside at; it is a point behind it.")
        matrix = rigid_origin(at, behind)
    return Origin(
        entry["id"], entry["name"], entry["space"], matrix, entry["citation"], entry["accuracy"]
    )


_READERS: dict[str, Any] = {
    "space": _read_space, "transform": _read_transform, "origin": _read_origin
}  # fmt: skip


def _check(entry: Mapping[str, Any], table: str, where: str) -> None:
    unknown = sorted(set(entry) - _KEYS[table])
    if unknown:
        raise LibraryError(
            f"{where}: there is no key {unknown[0]!r}; known are {', '.join(sorted(_KEYS[table]))}."
        )
    texts = _KEYS[table] - {"aliases", "at", "behind", "matrix"}
    for key in sorted(texts & set(entry)):
        if not isinstance(entry[key], str):
            raise LibraryError(f"{where}: {key} is not text.")
    for key in _NEEDED[table]:
        if not entry.get(key, "").strip():
            raise LibraryError(f"{where}: it does not say {key!r}; write «unknown» if it is not.")


def _matrix(value: Any, where: str) -> FloatArray:
    rows = value if isinstance(value, list) else []
    good = len(rows) == 4 and all(
        isinstance(r, list) and len(r) == 4 and all(map(_is_number, r)) for r in rows
    )
    matrix = np.array(rows, np.float64) if good else np.zeros((4, 4))
    if not good or not np.isfinite(matrix).all() or matrix[3].tolist() != [0, 0, 0, 1]:
        raise LibraryError(
            f"{where}: matrix is four rows of four finite numbers, the last 0, 0, 0, 1."
        )
    if abs(np.linalg.det(matrix[:3, :3])) < 1e-9:
        raise LibraryError(f"{where}: its matrix cannot be undone.")
    return matrix


def _point(value: Any, where: str) -> tuple[float, float, float]:
    if not isinstance(value, list) or len(value) != 3 or not all(map(_is_number, value)):
        raise LibraryError(f"{where} is three numbers x, y, z in mm.")
    x, y, z = (float(v) for v in value)
    if not np.isfinite([x, y, z]).all():
        raise LibraryError(f"{where} is three finite numbers.")
    return x, y, z


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
