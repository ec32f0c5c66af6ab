"""Annotations and the regions they lie in, from the atlas of their space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from atlasview.atlas import Atlas, Parcellation, Region
from atlasview.errors import InvalidParameterError, NotFoundError, StoreUnavailableError
from atlasview.marks.annotation import Annotation, representative
from atlasview.marks.sets import AnnotationSet
from atlasview.regions import labels_at
from tileserver.catalog import Catalog


def spaces(catalog: Catalog) -> list[str]:
    """Return the reference spaces of all that is served."""
    library = catalog.library
    found = {a.space for a in library.atlases.values()}
    return sorted(found | {v.space for v in library.volumes.values()} - {""})


def parcellation_of(
    catalog: Catalog, space: str, atlas: str | None, parcellation: str | None
) -> tuple[Atlas, Parcellation] | None:
    """Return where regions of a space are looked up; None where no atlas has that space.

    Raises
    ------
    NotFoundError
        An atlas or parcellation was named, and is not there.
    InvalidParameterError
        The atlas is of another space.
    """
    same = catalog.library.spaces.same
    if atlas is not None:
        found = catalog.atlas(atlas)
        if not same(found.space, space):
            raise InvalidParameterError("atlas", atlas, f"it is of the space {found.space}")
        return found, found.parcellation(parcellation)
    for candidate in catalog.library.atlases.values():
        if same(candidate.space, space) and candidate.parcellations:
            if parcellation is None:
                return candidate, candidate.parcellations[0]
            try:
                return candidate, candidate.parcellation(parcellation)
            except NotFoundError:
                continue
    if parcellation is not None:
        raise NotFoundError("parcellation", parcellation)
    return None


def regions_for(
    catalog: Catalog, whole: AnnotationSet, annotations: Sequence[Annotation]
) -> list[Mapping[str, Any] | None]:
    """Return the region in whose middle each annotation lies; None outside, or without an atlas."""
    nothing: list[Mapping[str, Any] | None] = [None] * len(annotations)
    try:
        found = parcellation_of(catalog, whole.space, whole.doc["atlas"], whole.doc["parcellation"])
        if found is None or not annotations:
            return nothing
        atlas, parcellation = found
        volume = catalog.volume(parcellation.labels).volume
    except (NotFoundError, InvalidParameterError, StoreUnavailableError):
        # The atlas is not here any more: what is marked is kept all the same.
        return nothing
    points = np.array([representative(a.type, a.points) for a in annotations], np.float64)
    values = labels_at(catalog.reader, volume, points).tolist()
    known = parcellation.terminology.by_label
    told = {
        value: _told(atlas, parcellation, known[value]) for value in set(values) if value in known
    }
    return [told.get(value) for value in values]


def _told(atlas: Atlas, parcellation: Parcellation, region: Region) -> dict[str, Any]:
    return {
        **_named(region),
        "atlas": atlas.id,
        "parcellation": parcellation.id,
        "ancestors": [_named(r) for r in parcellation.terminology.ancestors(region)],
    }


def _named(region: Region) -> dict[str, Any]:
    return {"id": region.id, "acronym": region.acronym, "name": region.name}
