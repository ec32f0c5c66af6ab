"""Manifests: how BrainGlobe v3 ties volumes and region tables together as an atlas, read.

A manifest names one annotation set, its terminology, and templates. AtlasView also reads, in keys
that brainglobe-atlasapi leaves alone, ``additional_annotation_sets`` (more parcellations, each with
its own terminology), ``companions`` (ids of images that lie under ``volumes/``) and, of an
annotation set, ``probabilities`` (which region each channel of ``probabilities.ome.zarr`` maps).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from atlasview.atlas import Atlas, Parcellation, ProbabilityMaps
from atlasview.errors import AtlasDefinitionError
from atlasview.insidefile import read_plain
from atlasview.layout import (
    ANNOTATION_FILE,
    ATLASES,
    HEMISPHERES_FILE,
    MANIFEST,
    MAPS_FILE,
    TEMPLATE_FILE,
    TERMINOLOGY_FILE,
    slug,
)
from atlasview.regiontable import read_region_table

MORE_SETS, MAPS_KEY = "additional_annotation_sets", "probabilities"


def read_manifest(path: Path) -> dict[str, Any]:
    """Read one manifest.

    Raises
    ------
    AtlasDefinitionError
        It cannot be read or is not a JSON object.
    """
    try:
        found = json.loads(read_plain(path))
    except (OSError, ValueError, RecursionError) as exc:
        raise AtlasDefinitionError(path, "it cannot be read as JSON") from exc
    if not isinstance(found, dict):
        raise AtlasDefinitionError(path, "it is not a JSON object")
    return found


def component_folder(root: Path, manifest: Mapping[str, Any], path: Path) -> Path:
    """Return the folder of one component of an atlas, which must lie in the library.

    BrainGlobe writes versions as ``1.0`` in a manifest and as ``1_0`` on disk.

    Raises
    ------
    AtlasDefinitionError
        The manifest names no location, or one outside the library.
    """
    location = manifest.get("location")
    if not isinstance(location, str):
        raise AtlasDefinitionError(path, "a component of the atlas has no location")
    parts = [p for p in location.split("/") if p]
    if ".." in parts or len(parts) < 2:
        raise AtlasDefinitionError(path, f"the location {location!r} leads out of the library")
    folder = root.joinpath(*parts)
    if not folder.is_dir():
        folder = root.joinpath(*parts[:-1], parts[-1].replace(".", "_"))
    return folder


def read_atlas(root: Path, component: str, path: Path, by_path: Mapping[Path, str]) -> Atlas:
    """Read the atlas that a manifest describes.

    Parameters
    ----------
    root : Path
        The library.
    component : str
        Name of the atlas's folder.
    path : Path
        The manifest.
    by_path : mapping
        Ids of the volumes that are served, by their folders.

    Raises
    ------
    AtlasDefinitionError
        It is malformed, or its labels are not served.
    """
    manifest = read_manifest(path)
    problems: list[str] = []
    first = _parcellation(
        root, _part(manifest, "annotation_set", path), _part(manifest, "terminology", path),
        path, by_path, component,
    )  # fmt: skip
    parcellations = [first]
    for more in _maps(manifest.get(MORE_SETS)):
        try:
            parcellations.append(
                _parcellation(
                    root, more, _part(more, "terminology", path), path, by_path, component
                )
            )
        except AtlasDefinitionError as exc:
            problems.append(str(exc))
    for parcellation in parcellations:
        lead = f"{parcellation.name}: " if len(parcellations) > 1 else ""
        problems += [lead + text for text in parcellation.terminology.problems]
    said = manifest["annotation_set"].get("template"), manifest.get("template")
    templates: dict[str, None] = {}
    for part in _maps([*said, *(manifest.get("additional_references") or [])]):
        name = by_path.get(component_folder(root, part, path) / TEMPLATE_FILE)
        if name is None:
            problems.append(f"its template {part.get('name')!r} is missing or unreadable.")
        else:
            templates[name] = None
    for companion in manifest.get("companions") or []:
        if isinstance(companion, str):
            templates[companion] = None
    return Atlas(
        id=slug(component),
        name=str(manifest.get("title") or manifest.get("name") or component),
        space=space_of(manifest),
        templates=tuple(templates),
        parcellations=tuple(parcellations),
        species=str(manifest.get("species") or ""),
        # BrainGlobe writes this where there is none
        citation=str(manifest.get("citation") or "").removeprefix("unpublished"),
        licence=str(manifest.get("licence") or manifest.get("license") or ""),
        link=str(manifest.get("atlas_link") or ""),
        problems=tuple(dict.fromkeys(problems)),
    )


def one_of_each(atlases: Iterable[Atlas]) -> list[Atlas]:
    """Join the atlases that BrainGlobe has of one atlas, a manifest for each resolution.

    They name the same volumes, of which each resolution is a level. The one of the finest, by the
    number in its name, gives the id; the others are names it is found by too.
    """
    groups: dict[object, list[Atlas]] = {}
    for atlas in atlases:
        labels = tuple(p.labels for p in atlas.parcellations)
        groups.setdefault((labels, atlas.templates, atlas.name), []).append(atlas)
    out = []
    for group in groups.values():
        first, *others = sorted(group, key=lambda a: (_micrometres(a.id), a.id))
        out.append(replace(first, aliases=tuple(a.id for a in others)))
    return out


def _micrometres(name: str) -> float:
    found = re.search(r"_([0-9.]+)(nm|um|mm)$", name)
    unit = {"nm": 1e-3, "um": 1.0, "mm": 1e3}
    return float(found[1].strip(".") or 0) * unit[found[2]] if found else 0.0


def _parcellation(
    root: Path,
    annotation: Mapping[str, Any],
    terminology: Mapping[str, Any],
    path: Path,
    by_path: Mapping[Path, str],
    component: str,
) -> Parcellation:
    folder = component_folder(root, annotation, path)
    labels = by_path.get(folder / ANNOTATION_FILE)
    if labels is None:
        raise AtlasDefinitionError(
            path, f"its labels volume {folder.parent.name} is missing or unreadable"
        )
    return Parcellation(
        id=slug(str(annotation.get("name") or folder.parent.name)),
        name=str(annotation.get("title") or annotation.get("name") or component),
        labels=labels,
        terminology=read_region_table(component_folder(root, terminology, path) / TERMINOLOGY_FILE),
        hemispheres=by_path.get(folder / HEMISPHERES_FILE),
        maps=_probability_maps(annotation.get(MAPS_KEY), by_path.get(folder / MAPS_FILE), path),
    )


def _probability_maps(told: Any, volume: str | None, path: Path) -> ProbabilityMaps | None:
    if told is None or volume is None:
        return None
    labels = told.get("labels") if isinstance(told, Mapping) else None
    if not isinstance(labels, list) or not all(isinstance(v, int) and v > 0 for v in labels):
        raise AtlasDefinitionError(path, "its probabilities do not say which region each map is of")
    return ProbabilityMaps(
        volume, tuple(labels), float(told.get("unit", 1)), float(told.get("threshold", 0))
    )


def _maps(parts: Any) -> Iterator[Mapping[str, Any]]:
    """Pass on what is a JSON object."""
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, Mapping):
            yield part


def space_of(manifest: Mapping[str, Any]) -> str:
    """Return the name of the coordinate space that a manifest names."""
    part = manifest.get("coordinate_space")
    name = part.get("name") if isinstance(part, Mapping) else None
    return str(name or "unspecified")


def _part(manifest: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    part = manifest.get(key)
    if not isinstance(part, Mapping):
        raise AtlasDefinitionError(path, f"it names no {key}")
    return part


def components(root: Path) -> dict[tuple[str, str, str], str]:
    """Return the space of each component that an atlas uses, by room, name and version on disk."""
    found: dict[tuple[str, str, str], str] = {}
    for component, version in newest(root / ATLASES):
        try:
            manifest = read_manifest(root / ATLASES / component / version / MANIFEST)
        except AtlasDefinitionError:
            continue  # reported where the atlas itself is opened
        sets = [
            *_maps([manifest.get("annotation_set")]),
            *_maps(manifest.get(MORE_SETS)),
        ]
        parts = [*sets, manifest.get("template"), *(s.get("template") for s in sets)]
        parts += manifest.get("additional_references") or []
        for part in _maps(parts):
            location = part.get("location")
            if isinstance(location, str) and len(pieces := location.strip("/").split("/")) == 3:
                room, name, number = pieces
                found[room, name, number.replace(".", "_")] = space_of(manifest)
    return found


def newest(room: Path) -> Iterator[tuple[str, str]]:
    """List the components of a room, each with its newest version."""
    if not room.is_dir():
        return
    for component in sorted(p for p in room.iterdir() if p.is_dir()):
        versions = [p.name for p in component.iterdir() if p.is_dir() and p.name[:1].isdigit()]
        if versions and not component.name.startswith("."):
            yield component.name, max(versions, key=_version_key)


def _version_key(name: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", name))
