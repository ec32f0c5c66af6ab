"""What a view shows of what is served: its data when it was made, and what has changed since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from atlasview.atlas import Atlas, Parcellation, Region
from atlasview.errors import InvalidParameterError, NotFoundError, StoreUnavailableError
from atlasview.marks.neuroglancer import camera_of, check_state, volumes_of
from atlasview.marks.viewdocument import VERSION, ViewDocument, is_document, read_document
from tileserver.catalog import Catalog, Served


@dataclass(frozen=True, eq=False, slots=True)
class Scene:
    """What of a view is served now; None where it is not, or was not asked for."""

    document: ViewDocument
    atlas: Atlas | None
    parcellation: Parcellation | None
    image: Served | None
    labels: Served | None

    def selected(self) -> list[Region]:
        """Return the selected regions that are known."""
        return self.known(self.document.style.selected)

    def known(self, wanted: Iterable[str]) -> list[Region]:
        """Return, of regions by id, those that are known."""
        if self.parcellation is None:
            return []
        known = self.parcellation.terminology.by_id
        return [known[int(i)] for i in wanted if _is_number(i) and int(i) in known]


def check_view_state(state: Mapping[str, Any]) -> None:
    """Refuse what is neither a view document nor a Neuroglancer state.

    Raises
    ------
    InvalidParameterError, TooLargeError
    """
    if is_document(state):
        read_document(state)
    else:
        check_state(state)


def document_of(state: Mapping[str, Any], catalog: Catalog) -> ViewDocument | None:
    """Return a view's state as a document of ours.

    A Neuroglancer state becomes one where it shows volumes that are served here; else None.
    """
    if is_document(state):
        return read_document(state)
    camera = camera_of(state)
    shown = volumes_of(state)
    data = _data_of(shown, catalog)
    if camera is None or data is None:
        return None
    segments: object = next(
        (v.get("segments") for v in state.get("layers", []) if v.get("type") == "segmentation"),
        None,
    )
    if not isinstance(segments, list):
        segments = []
    selected = [str(s) for s in segments if isinstance(s, str | int) and not str(s).startswith("!")]
    try:
        return read_document(
            {
                "version": VERSION,
                "data": data,
                "camera": camera,
                "style": {
                    "layout": _layout_of(state),
                    "selected": _regions(data, selected, catalog),
                },
            }
        )
    except InvalidParameterError:
        return None


def scene_of(document: ViewDocument, catalog: Catalog) -> Scene:
    """Find what a document shows."""
    data = document.data
    atlas = catalog.library.atlases.get(data.atlas) if data.atlas else None
    parcellation = None
    if atlas is not None and data.parcellation is not None:
        try:
            parcellation = atlas.parcellation(data.parcellation)
        except NotFoundError:
            parcellation = None
    elif atlas is not None and atlas.parcellations:
        parcellation = atlas.parcellations[0]
    template = data.template or (atlas.templates[0] if atlas and atlas.templates else None)
    image = _served(catalog, data.volume or template)
    labels = _served(catalog, parcellation.labels if parcellation else None)
    if image is not None and image.volume.kind == "labels":
        parcellation = catalog.parcellation(image.id)
        image, labels = None, image
    return Scene(document, atlas, parcellation, image, labels)


def made_on(state: Mapping[str, Any], catalog: Catalog) -> dict[str, Any]:
    """Note what the data of a view are now, to be compared with when it is opened later."""
    document = document_of(state, catalog)
    if document is None:
        names = {name for _, name in volumes_of(state)} if not is_document(state) else set()
        return {
            "volumes": {n: s.volume.digest for n in sorted(names) if (s := _served(catalog, n))}
        }
    noted = _note(document, catalog)
    if document.steps:
        noted["steps"] = [_note(step, catalog) for step in _steps(document)]
    return noted


def _steps(document: ViewDocument) -> Iterator[ViewDocument]:
    return (document.at_step(i + 1) for i in range(len(document.steps)))


def _note(document: ViewDocument, catalog: Catalog) -> dict[str, Any]:
    scene = scene_of(document, catalog)
    volumes = {s.id: s.volume.digest for s in (scene.image, scene.labels) if s is not None}
    return {
        "volumes": {**volumes, **document.digests},
        "regions": {str(r.id): {"acronym": r.acronym, "name": r.name} for r in scene.selected()},
    }


def changes_since(
    state: Mapping[str, Any], noted: Mapping[str, Any], catalog: Catalog
) -> list[dict[str, str]]:
    """Tell what a view shows has changed since it was made, for people and for programs."""
    document = document_of(state, catalog)
    found = list(_changes(document, noted, catalog))
    if document is not None:
        then = noted.get("steps") or [{} for _ in document.steps]
        for step, of_step in zip(_steps(document), then, strict=True):
            found += _changes(step, of_step, catalog)
    return [
        {"what": what, "id": name, "change": change, "text": text}
        for what, name, change, text in dict.fromkeys(found)
    ]


def _changes(
    document: ViewDocument | None, noted: Mapping[str, Any], catalog: Catalog
) -> Iterator[tuple[str, str, str, str]]:
    gone: set[str] = set()
    volumes: dict[str, str] = noted.get("volumes", {})
    if document is not None:
        data = document.data
        if data.atlas is not None and data.atlas not in catalog.library.atlases:
            yield "atlas", data.atlas, "gone", f"The atlas {data.atlas} is not served here."
        for name in filter(None, (data.template, data.volume)):
            if name not in volumes and _served(catalog, name) is None:
                gone.add(name)
                yield "volume", name, "gone", f"The volume {name} is not served here."
    for name, digest in volumes.items():
        served = _served(catalog, name)
        if served is None:
            if name not in gone:
                yield "volume", name, "gone", f"The volume {name} is no longer served here."
        elif served.volume.digest != digest:
            yield (
                "volume",
                name,
                "changed",
                (f"The volume {name} was replaced since this view was made."),
            )
    if document is None:
        return
    scene = scene_of(document, catalog)
    wanted = document.data.parcellation
    if scene.atlas is not None and wanted is not None and scene.parcellation is None:
        yield "parcellation", wanted, "gone", f"The parcellation {wanted} is no longer here."
    known = scene.parcellation.terminology.by_id if scene.parcellation else {}
    regions: dict[str, dict[str, str]] = noted.get("regions", {})
    for key in document.style.selected:
        region = known.get(int(key)) if _is_number(key) else None
        then = regions.get(key)
        if region is None:
            called = f" ({then['name']})" if then else ""
            yield "region", key, "gone", f"The region {key}{called} is not in this parcellation."
        elif then is not None and region.name != then["name"]:
            yield (
                "region",
                key,
                "renamed",
                (f"The region {key} was called {then['name']}; it is {region.name} now."),
            )


def _served(catalog: Catalog, name: str | None) -> Served | None:
    if name is None:
        return None
    try:
        return catalog.volume(name)
    except (NotFoundError, StoreUnavailableError):
        return None


def _data_of(shown: list[tuple[str, str]], catalog: Catalog) -> dict[str, str | None] | None:
    images = [name for kind, name in shown if kind != "segmentation" and _served(catalog, name)]
    labels = [name for kind, name in shown if kind == "segmentation" and _served(catalog, name)]
    for atlas in catalog.library.atlases.values():
        parcellation = next((p for p in atlas.parcellations if p.labels in labels), None)
        template = next((t for t in atlas.templates if t in images), None)
        if parcellation is not None or template is not None:
            return {
                "atlas": atlas.id,
                "template": template,
                "parcellation": parcellation.id if parcellation else None,
            }
    single = [*images, *labels]
    return {"volume": single[0]} if single else None


def _regions(data: Mapping[str, str | None], labels: list[str], catalog: Catalog) -> list[str]:
    """Return the ids of the regions that labels belong to."""
    atlas = catalog.library.atlases.get(data.get("atlas") or "")
    if atlas is None or not data.get("parcellation"):
        return []
    known = atlas.parcellation(data["parcellation"]).terminology.by_label
    found = [known[int(v)] for v in labels if _is_number(v) and int(v) in known]
    return [str(r.id) for r in found]


def _layout_of(state: Mapping[str, Any]) -> str:
    layout = state.get("layout")
    kind = layout.get("type") if isinstance(layout, dict) else layout
    flat = {"xy": "horizontal", "xz": "coronal", "yz": "sagittal", "3d": "3d"}
    return flat.get(str(kind), "4panel")


def _is_number(text: str) -> bool:
    return text.lstrip("-").isdecimal() and text.isascii() and len(text) < 20
