"""``catalog.toml``: volumes that lie elsewhere, by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from atlasview.errors import InvalidParameterError, LibraryError
from atlasview.foreign import FOREIGN
from atlasview.layout import check_id
from atlasview.opening import open_volume
from atlasview.spacefile import TABLES, read_definitions, read_toml
from atlasview.spaces import Definitions
from atlasview.store import Context, StoreSpec, s3_endpoint, s3_region, s3_spec
from atlasview.volume import Kind, Volume

_SCHEMES = ("https://", "http://", "s3://", "gs://")
_FORMATS = ("ome-zarr", *FOREIGN)
_KEYS = {
    "id", "location", "format", "kind", "name", "space", "affine", "licence", "citation",
    "endpoint", "region", "anonymous",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One volume that a catalogue names.

    Parameters
    ----------
    id, location : str
    format : str
        ``ome-zarr``, ``n5`` or ``precomputed``.
    kind, name, space : str, optional
    affine : list, optional
        Voxel centre x, y, z of the finest array as stored → mm RAS+.
    said : dict
        ``licence`` and ``citation``.
    kvstore : dict, optional
        TensorStore's spec, where the address does not say it all.
    """

    id: str
    location: str
    format: str = "ome-zarr"
    kind: Kind | None = None
    name: str | None = None
    space: str | None = None
    affine: list[list[float]] | None = None
    said: dict[str, str] = field(default_factory=dict)
    kvstore: StoreSpec | None = None

    def open(self, context: Context | None = None) -> Volume:
        """Open the volume.

        Raises
        ------
        NotFoundError, StorageError, StoreUnavailableError
            As `atlasview.opening.open_volume`.
        """
        return open_volume(
            self.location,
            context=context,
            kind=self.kind,
            name=self.name or self.id,
            space=self.space,
            format=self.format,
            kvstore=self.kvstore,
            stored_affine=self.affine,
            said=self.said,
        )


def read_catalog(path: Path) -> tuple[Entry, ...]:
    """Read a catalogue.

    Parameters
    ----------
    path : Path
        A TOML file of ``[[volume]]`` tables, and of spaces; see docs/catalog.md.

    Raises
    ------
    LibraryError
        The file cannot be read, or an entry cannot be meant so; the entry is named.
    """
    document = read_toml(path)
    tables = document.get("volume", [])
    if not isinstance(tables, list) or not set(document) <= {"volume", *TABLES} or not document:
        raise LibraryError(
            f"{path}: it takes [[volume]] tables, "
            + ", ".join(f"[[{t}]]" for t in TABLES)
            + ", and nothing else at the top."
        )
    entries = tuple(_entry(table, i, path) for i, table in enumerate(tables, 1))
    names = [e.id for e in entries]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise LibraryError(f"{path}: the id {twice!r} stands twice.")
    return entries


def read_catalog_spaces(path: Path) -> Definitions:
    """Read what a catalogue says of spaces, transforms and origins.

    Raises
    ------
    LibraryError
        The file cannot be read, or a table cannot be meant so; it is named.
    """
    return read_definitions(read_toml(path), path)


def entry_text(name: str, location: str) -> str:
    """Write the entry of a volume that lies at a path or an address.

    Parameters
    ----------
    name : str
        Its id.
    location : str
    """
    if "://" not in location:
        location = str(Path(location).expanduser().resolve())
    lines = ["[[volume]]", f"id = {json.dumps(name)}", f"location = {json.dumps(location)}"]
    if location.startswith("s3://"):
        said = {"endpoint": s3_endpoint(), "region": s3_region()}
        lines += [f"{key} = {json.dumps(value)}" for key, value in said.items() if value]
    return "\n".join(lines) + "\n"


def _entry(table: Any, number: int, path: Path) -> Entry:
    if not isinstance(table, Mapping) or not isinstance(table.get("id"), str):
        raise LibraryError(f"{path}: volume {number} has no id.")
    try:
        name = check_id(table["id"])
    except InvalidParameterError as exc:
        raise LibraryError(f"{path}: volume {number}: {exc}") from exc

    def refuse(problem: str) -> LibraryError:
        return LibraryError(f"{path}: volume {name!r}: {problem}.")

    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise refuse(f"there is no key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    for key in _KEYS - {"affine", "anonymous"}:
        if key in table and not isinstance(table[key], str):
            raise refuse(f"{key} is not text")
    location = table.get("location", "")
    if "://" in location:
        if not location.startswith(_SCHEMES):
            raise refuse(f"location begins with one of {', '.join(_SCHEMES)}, or is a folder")
    elif not location:
        raise refuse("it has no location")
    else:
        location = str((path.parent / Path(location).expanduser()).resolve())
    if table.get("format", "ome-zarr") not in _FORMATS:
        raise refuse(f"format is one of {', '.join(_FORMATS)}")
    if table.get("kind", "image") not in ("image", "labels"):
        raise refuse("kind is image or labels")
    affine = table.get("affine")
    if affine is not None and not _is_matrix(affine):
        raise refuse("affine is four rows of four numbers")
    return Entry(
        id=name,
        location=location,
        format=table.get("format", "ome-zarr"),
        kind=cast("Kind | None", table.get("kind")),
        name=table.get("name"),
        space=table.get("space"),
        affine=affine,
        said={k: table[k] for k in ("licence", "citation") if k in table},
        kvstore=_kvstore(table, location),
    )


def _is_matrix(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 4
        and all(
            isinstance(row, list)
            and len(row) == 4
            and all(isinstance(v, int | float) and not isinstance(v, bool) for v in row)
            for row in value
        )
    )


def _kvstore(table: Mapping[str, Any], location: str) -> StoreSpec | None:
    """Return TensorStore's spec of an S3 store that is not Amazon's, or is open to all."""
    if not location.startswith("s3://"):
        return None
    return s3_spec(
        location,
        endpoint=table.get("endpoint"),
        region=table.get("region"),
        anonymous=table.get("anonymous", False),
    )
