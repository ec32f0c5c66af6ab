"""A view carried to another space: its camera, data that lie there, regions of the same name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from atlasview.atlas import Parcellation
from atlasview.errors import InvalidParameterError
from atlasview.frames import Carrier, carrier
from atlasview.marks.carrying import carried_camera
from atlasview.marks.viewdocument import DataPart, Shown, ViewDocument, written
from atlasview.spaces import step_json
from tileserver.catalog import Catalog
from tileserver.viewdata import document_of, scene_of


def carried_view(state: Mapping[str, Any], space: str, catalog: Catalog) -> dict[str, Any]:
    """Return a view's state in another space, and what of it could not be carried.

    Raises
    ------
    NotFoundError
        There is no such space.
    UnrelatedSpacesError
        Nothing leads there.
    InvalidParameterError
        The view tells no space, or nothing is served in the other.
    """
    document = document_of(state, catalog)
    if document is None:
        raise InvalidParameterError("space", space, "this view shows nothing that is served here")
    carried, way, lost = _carried(document, space, catalog)
    steps = []
    for number, step in enumerate(document.steps, 1):
        shown, _, more = _carried(document.at_step(number), space, catalog)
        steps.append(step.model_copy(update={n: getattr(shown, n) for n in Shown.model_fields}))
        lost += more
    return {
        "state": written(carried.model_copy(update={"steps": tuple(steps)})),
        "carried": {
            "from": way.source,
            "to": way.target,
            "path": [step_json(s) for s in way.steps],
            "lost": list(dict.fromkeys(lost)),
        },
    }


def _carried(
    document: ViewDocument, space: str, catalog: Catalog
) -> tuple[ViewDocument, Carrier, list[str]]:
    """Return what one place shows in another space, the way there, and the regions lost on it."""
    scene = scene_of(document, catalog)
    shown = scene.image or scene.labels
    own = document.space or (shown.volume.space if shown else "")
    if not own:
        raise InvalidParameterError("space", space, "this view does not say in which space it is")
    way = carrier(catalog.library, own, space)
    data, parcellation = _data_in(way.target, catalog)
    regions = scene.selected()
    species = scene.atlas.species if scene.atlas else ""
    theirs = catalog.atlas(data.atlas).species if data.atlas else ""
    kept = [
        parcellation.terminology.counterpart(r, acronyms=species == theirs)
        if parcellation
        else None
        for r in regions
    ]
    carried = document.model_copy(
        update={
            "space": way.target,
            "data": data,
            "camera": carried_camera(document.camera, way.matrix),
            "style": document.style.model_copy(
                update={"selected": tuple(str(r.id) for r in kept if r), "window": None}
            ),
            "digests": {},
        }
    )
    return carried, way, [r.name for r, k in zip(regions, kept, strict=True) if k is None]


def _data_in(space: str, catalog: Catalog) -> tuple[DataPart, Parcellation | None]:
    """Return what is shown of a space: its first atlas, or else its first volume."""
    library = catalog.library
    same = library.spaces.same
    for name, atlas in library.atlases.items():
        if same(atlas.space, space):
            first = atlas.parcellations[0]
            template = atlas.templates[0] if atlas.templates else None
            return DataPart(atlas=name, template=template, parcellation=first.id), first
    volumes = [(v.kind != "image", n) for n, v in library.volumes.items() if same(v.space, space)]
    if not volumes:
        raise InvalidParameterError(
            "space", space, "nothing is served in it that a view could show; carry points instead"
        )
    return DataPart(volume=min(volumes)[1]), None
