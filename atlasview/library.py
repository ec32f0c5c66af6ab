"""The folder of volumes and atlases that a server serves, in the BrainGlobe v3 layout.

``atlases/NAME/VERSION/manifest.json`` ties together ``templates/NAME/VERSION/template.ome.zarr``,
``annotation-sets/NAME/VERSION/annotations_compressed.ome.zarr``,
``terminologies/NAME/VERSION/terminology.csv`` and ``coordinate-spaces/NAME/VERSION/manifest.json``;
volumes that belong to no atlas lie under ``volumes/``. A folder made by brainglobe-atlasapi opens
unchanged, and so does a single OME-Zarr.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from atlasview import space
from atlasview.atlas import Atlas
from atlasview.errors import (
    AtlasViewError,
    LibraryError,
    StoreUnavailableError,
)
from atlasview.layout import (
    ANNOTATION_FILE,
    ANNOTATIONS,
    ATLASES,
    HEMISPHERES_FILE,
    MANIFEST,
    MAPS_FILE,
    TEMPLATE_FILE,
    TEMPLATES,
    TERMINOLOGIES,
    VOLUMES,
    is_volume,
    slug,
)
from atlasview.manifests import components, newest, one_of_each, read_atlas
from atlasview.opening import open_volume
from atlasview.spacefile import read_space_file, space_file, well_known
from atlasview.spaces import Definitions, Spaces, served_names
from atlasview.store import Context
from atlasview.volume import Kind, Volume

_ROOMS = (VOLUMES, ATLASES, TEMPLATES, ANNOTATIONS)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one volume lies, and what the layout says of it."""

    id: str
    path: Path
    kind: Kind | None = None
    name: str | None = None
    space: str | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Library:
    """All that one server serves.

    Parameters
    ----------
    volumes : dict
        Volumes by id.
    atlases : dict
        Atlases by id.
    problems : tuple of str
        What could not be opened, in sentences.
    away : dict
        Catalogue entries, by id, whose store does not answer now.
    spaces : Spaces
        The reference spaces of all these, and what they are related to.
    told : Definitions
        What they were made of.
    """

    volumes: Mapping[str, Volume]
    atlases: Mapping[str, Atlas]
    problems: tuple[str, ...]
    away: Mapping[str, Opener] = field(default_factory=dict)
    spaces: Spaces = field(default_factory=lambda: Spaces((), Definitions()))
    told: Definitions = field(default_factory=Definitions)


class Opener(Protocol):
    """A volume that can be opened, now or later."""

    @property
    def id(self) -> str:
        """What it is called."""

    def open(self, context: Context | None = None) -> Volume:
        """Open it."""


def is_library(path: Path) -> bool:
    """Tell whether a folder is laid out as a library."""
    return any((path / room).is_dir() for room in _ROOMS)


def open_library(
    paths: Iterable[str | Path],
    *,
    context: Context | None = None,
    entries: Iterable[Opener] = (),
    definitions: Definitions | None = None,
) -> Library:
    """Open libraries, BrainGlobe folders, single OME-Zarr volumes and catalogue entries as one.

    Parameters
    ----------
    paths : iterable of str or Path
    context : Context, optional
    entries : iterable of Opener
        Volumes that lie elsewhere. One whose store does not answer is set aside in ``away``.
    definitions : Definitions, optional
        What a catalogue says of spaces, beside what libraries say and what is well known.

    Raises
    ------
    LibraryError
        A path is missing, or is nothing that can be served.
    StorageError, StoreUnavailableError
        A volume named by itself cannot be opened. One bad volume within a library is reported in
        ``problems`` and the rest is served.
    """
    volumes: dict[str, Volume] = {}
    atlases: dict[str, Atlas] = {}
    problems: list[str] = []
    told = well_known()
    for given in paths:
        path = Path(given).expanduser()
        if not path.exists():
            raise LibraryError(f"{path}: there is no such file or folder.")
        path = path.resolve()
        if is_volume(path):
            volume = open_volume(path, context=context)
            volumes[_unused(volume_id(path), volumes)] = volume
        elif (root := library_root(path)) is not None:
            _open_root(root, context, volumes, atlases, problems)
            told = told.joined(_definitions(root, problems))
        else:
            raise LibraryError(
                f"{path}: it is neither a library, a BrainGlobe folder nor an OME-Zarr; make one "
                "with «atlasview ingest FILE --as NAME»."
            )
    away: dict[str, Opener] = {}
    with ThreadPoolExecutor(8) as pool:  # stores far away answer at their own pace
        for entry, found in pool.map(lambda e: (e, _try(e, context)), entries):
            name = _unused(entry.id, {**volumes, **away})
            if isinstance(found, Volume):
                volumes[name] = found
                continue
            problems.append(str(found))
            if isinstance(found, StoreUnavailableError):
                away[name] = entry
    told = told.joined(definitions) if definitions else told
    spaces = Spaces(served_names(volumes, atlases), told)
    shown = _with_companions(atlases, volumes, spaces)
    return Library(volumes, shown, tuple(problems), away, spaces, told)


def _definitions(root: Path, problems: list[str]) -> Definitions:
    """Read what a library says of spaces; what is wrong with it is told with the rest."""
    path = space_file(root)
    try:
        return read_space_file(path) if path.exists() else Definitions()
    except LibraryError as exc:
        problems.append(str(exc))
        return Definitions()


def _try(entry: Opener, context: Context | None) -> Volume | AtlasViewError:
    try:
        return entry.open(context)
    except AtlasViewError as exc:
        return exc


def library_root(path: Path) -> Path | None:
    """Return the library that a path is, holds (BrainGlobe's home) or lies in; None when none."""
    for candidate in (path, path / "brainglobe-atlasapi"):
        if candidate.is_dir() and is_library(candidate):
            return candidate
    # atlases/NAME or atlases/NAME/VERSION of one library
    for parent in path.parents:
        if parent.name == ATLASES and is_library(parent.parent):
            return parent.parent
    return None


def volume_id(path: Path) -> str:
    """Return what a volume served where it lies is called after its folder."""
    return slug(path.name.lower().removesuffix(".zarr").removesuffix(".ome"))


def signature(paths: Iterable[str | Path]) -> tuple[object, ...]:
    """Return what changes when something in the paths is added, removed or written anew."""
    seen: list[object] = []
    for given in paths:
        path = Path(given).expanduser().resolve()
        found = [path] if is_volume(path) else []
        root = None if found else library_root(path)
        if root is not None:
            found = [place.path for place in places(root)]
            manifests = sorted((root / ATLASES).glob(f"*/*/{MANIFEST}"))
            terms = sorted((root / TERMINOLOGIES).glob("*/*/terminology.csv"))
            spaces = [p for p in (space_file(root),) if p.exists()]
            seen.extend((str(m), m.stat().st_mtime_ns) for m in (*manifests, *terms, *spaces))
        for item in found:
            for name in ("zarr.json", ".zattrs"):
                try:
                    stat = (item / name).stat()
                except OSError:
                    continue
                seen.append((str(item), stat.st_ino, stat.st_mtime_ns))
    return tuple(seen)


def places(root: Path) -> Iterator[Place]:
    """List the volumes of a library, templates first."""
    used_by = components(root)
    used: dict[str, object] = {}

    def place(wanted: str, path: Path, **more: Any) -> Place:
        name = _unused(slug(wanted), used)
        used[name] = True
        return Place(name, path, **more)

    for room, file, kind, suffix in (
        (TEMPLATES, TEMPLATE_FILE, "image", ""),
        (ANNOTATIONS, ANNOTATION_FILE, "labels", ""),
        (ANNOTATIONS, HEMISPHERES_FILE, "labels", "-hemispheres"),
        (ANNOTATIONS, MAPS_FILE, "image", "-probabilities"),
    ):
        latest = dict(newest(root / room))
        older = ((c, v) for r, c, v in used_by if r == room and latest.get(c) not in (None, v))
        for component, version in (*latest.items(), *sorted(older)):
            path = root / room / component / version / file
            if is_volume(path):
                old = "" if version == latest[component] else f"-{version.replace('_', '.')}"
                yield place(
                    component + suffix + old,
                    path,
                    kind=kind,
                    name=None,
                    space=used_by.get((room, component, version)),
                )
    for path in sorted((root / VOLUMES).glob("*")):
        if not path.name.startswith(".") and is_volume(path):
            yield place(volume_id(path), path)


def find_volume(root: Path, name: str) -> Path | str:
    """Return where a volume lies: an id in a library, a folder, or an address.

    Raises
    ------
    LibraryError
        There is none.
    """
    if "://" in name:
        return name
    known = {place.id: place.path for place in places(root)}
    if name in known:
        return known[name]
    folder = Path(name).expanduser()
    if is_volume(folder):
        return folder
    raise LibraryError(
        f"There is no volume {name!r} in {root}; there are: {', '.join(known) or 'none'}."
    )


def _open_root(
    root: Path,
    context: Context | None,
    volumes: dict[str, Volume],
    atlases: dict[str, Atlas],
    problems: list[str],
) -> None:
    by_path: dict[Path, str] = {}
    for place in places(root):
        try:
            volume = open_volume(
                place.path, context=context, kind=place.kind, name=place.name, space=place.space
            )
        except AtlasViewError as exc:
            problems.append(str(exc))
            continue
        name = _unused(place.id, volumes)
        volumes[name] = volume
        by_path[place.path] = name
    found: list[Atlas] = []
    for component, version in newest(root / ATLASES):
        manifest = root / ATLASES / component / version / MANIFEST
        try:
            atlas = read_atlas(root, component, manifest, by_path)
        except AtlasViewError as exc:
            problems.append(str(exc))
            continue
        found.append(atlas)
    for atlas in one_of_each(found):
        atlases[_unused(atlas.id, atlases)] = atlas
        problems.extend(f"{atlas.id}: {text}" for text in atlas.problems)


def _unused(wanted: str, used: Mapping[str, object]) -> str:
    name, number = wanted, 2
    while name in used:
        name, number = f"{wanted}-{number}", number + 1
    return name


def _with_companions(
    atlases: Mapping[str, Atlas], volumes: Mapping[str, Volume], spaces: Spaces
) -> dict[str, Atlas]:
    """Let an atlas also show the images that share its space and overlap its labels."""
    out: dict[str, Atlas] = {}
    maps = {p.maps.volume for a in atlases.values() for p in a.parcellations if p.maps}
    for name, atlas in atlases.items():
        labels = volumes[atlas.parcellations[0].labels]
        said = [t for t in atlas.templates if t in volumes]
        more = [
            key
            for key, volume in volumes.items()
            if volume.kind == "image"
            and key not in said
            and key not in maps
            and spaces.same(volume.space, labels.space)
            and _overlap(volume, labels)
        ]
        out[name] = replace(atlas, templates=(*said, *more))
    return out


def _overlap(a: Volume, b: Volume) -> bool:
    (a0, a1), (b0, b1) = (space.corner_bounds(v.affine, v.shape) for v in (a, b))
    return bool(((a0 < b1) & (b0 < a1)).all())
