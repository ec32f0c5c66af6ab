"""Add templates and parcellations to an atlas that is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atlasview.atlasfolder import (
    component_part,
    manifest_text,
    told_as_library_error,
    write_tables,
    write_whole,
)
from atlasview.atlasmaking import (
    THRESHOLD,
    Sources,
    make_sets,
    oddities,
    table_of,
    told_part,
    working,
    write_volumes,
)
from atlasview.errors import InvalidParameterError, LibraryError, NotFoundError
from atlasview.layout import ATLASES, MANIFEST, TEMPLATES, slug
from atlasview.library import open_library
from atlasview.manifests import MORE_SETS, newest, read_manifest
from atlasview.spaces import NO_SPACE


@dataclass(frozen=True, slots=True)
class Addition:
    """What was added to an atlas.

    Parameters
    ----------
    parcellations : tuple of str
        Ids of the new ones.
    warnings : tuple of str
        What is odd but no reason to stop, in sentences.
    """

    parcellations: tuple[str, ...]
    warnings: tuple[str, ...]


def add_to_atlas(
    root: Path,
    name: str,
    *,
    templates: Sequence[str] = (),
    labels: Sequence[str] = (),
    maps: Sequence[Path] = (),
    tables: Sequence[Path] = (),
    midline: float | None = None,
    threshold: float = THRESHOLD,
    **options: Any,
) -> Addition:
    """Add templates and parcellations to an atlas that is there, whoever made it.

    Its own volumes and tables stay as they are; the manifest names the new ones beside them, in
    keys that brainglobe-atlasapi leaves alone.

    Parameters
    ----------
    root : Path
        The library.
    name : str
        Id of the atlas.
    templates, labels, maps, tables, midline, threshold
        As `create_atlas` takes them.
    **options
        For files, as `atlasview.ingest.ingest_volume` takes them.

    Returns
    -------
    Addition

    Raises
    ------
    NotFoundError
        There is no such atlas.
    LibraryError, SourceError, AtlasDefinitionError, InvalidParameterError
        It cannot be done; the atlas stays as it was.
    """
    sources = Sources(labels, maps, tables, threshold)
    if not (templates or labels or maps):
        raise InvalidParameterError(
            "--labels", "", "name what is to be added: --labels, --maps or --template"
        )
    terms = sources.terminologies()
    library = open_library([root])
    atlas = next((a for a in library.atlases.values() if a.answers_to(name)), None)
    if atlas is None:
        raise NotFoundError("atlas", name, sorted(library.atlases))
    for text in (*templates, *labels):
        other = library.volumes[text].space if text in library.volumes else NO_SPACE
        # A file that names no space is meant to lie in the atlas's.
        if other != NO_SPACE and not library.spaces.same(other, atlas.space):
            raise LibraryError(
                f"{text} lies in the space {other!r}, and the atlas {atlas.id} in {atlas.space!r}."
            )
    grid = library.volumes[atlas.templates[0] if atlas.templates else atlas.parcellations[0].labels]
    paths = [
        root / ATLASES / folder / version / MANIFEST
        for folder, version in newest(root / ATLASES)
        if atlas.answers_to(slug(folder))
    ]
    with working(root, atlas.id, atlas.space, options) as maker:
        # numbered beside what is there, so that no name is taken twice
        images = [maker.part(text, "image", i, 2) for i, text in enumerate(templates)]
        sets = make_sets(maker, sources, terms, grid, 2)
        known = {p.id for p in atlas.parcellations} | set(atlas.templates)
        twice = next((p.name for p in (*images, *sets) if p.name in known), None)
        if twice is not None:
            raise LibraryError(f"The atlas {atlas.id} has {twice!r} already.")
        warnings = [w for part, term in zip(sets, terms, strict=True) for w in oddities(part, term)]
        warnings += maker.warnings
        write_volumes(maker, images, sets, midline)
        with told_as_library_error(root):
            write_tables(root, table_of(sets, terms))
            # each resolution of a BrainGlobe atlas has a manifest of its own
            for path in paths:
                manifest = read_manifest(path)
                base = manifest.get("template")
                manifest["additional_references"] = [
                    *(manifest.get("additional_references") or []),
                    *(component_part(TEMPLATES, p.name) for p in images),
                ]
                manifest[MORE_SETS] = [
                    *(manifest.get(MORE_SETS) or []), *(told_part(p, base) for p in sets)
                ]  # fmt: skip
                write_whole(path, manifest_text(manifest))
    return Addition(tuple(part.name for part in sets), tuple(warnings))
