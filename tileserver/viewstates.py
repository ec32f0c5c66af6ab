"""A view as a state for any Neuroglancer, with the addresses of this server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from atlasview.channels import is_rgb
from atlasview.errors import AtlasViewError, StorageError, StoreUnavailableError
from atlasview.labelpicture import NO_REGIONS, LabelColours
from atlasview.marks.neuroglancer import Shown, ShownAnnotations, to_neuroglancer
from atlasview.style import DEFAULT_PERCENTILES
from tileserver.catalog import Catalog, Served
from tileserver.describe import describe_volume
from tileserver.ink import ink_for
from tileserver.viewdata import Scene
from tileserver.viewstyle import view_style


def neuroglancer_state(
    scene: Scene,
    catalog: Catalog,
    base: str,
    title: str,
    annotations: Sequence[ShownAnnotations] = (),
) -> dict[str, Any]:
    """Return a Neuroglancer state whose sources any browser finds.

    Parameters
    ----------
    scene : Scene
    catalog : Catalog
    base : str
        Address of this server, without a slash at its end.
    title : str
    annotations : sequence of ShownAnnotations
    """
    return to_neuroglancer(
        scene.document,
        _image(scene.image, base) if scene.image else None,
        _labels(scene, scene.labels, catalog, base) if scene.labels else None,
        annotations,
        title,
    )


def _image(served: Served, base: str) -> Shown:
    told = describe_volume(served, "")
    percentiles, span = told["percentiles"], told["value_range"]
    low, high = (
        percentiles.get(f"{q:g}", end) for q, end in zip(DEFAULT_PERCENTILES, span, strict=True)
    )
    low = 0.0 if low is None else low
    return Shown(
        url=_url(told, served, base),
        transform=told["neuroglancer"]["transform"],
        span_mm=_span(told),
        rgb=is_rgb(served.volume),
        window=(low, high if high is not None and high > low else low + 1),
    )


def _labels(scene: Scene, served: Served, catalog: Catalog, base: str) -> Shown:
    told = describe_volume(served, "")
    colors: dict[str, str] = {}
    segments: list[int] | None = None
    if scene.parcellation is not None:
        drawn = _colours(scene, served, catalog)
        labels = [int(v) for v in drawn.labels]
        colors = {
            str(label): "#{:02x}{:02x}{:02x}".format(*rgb)
            for label, rgb in zip(labels, drawn.rgb.tolist(), strict=True)
        }
        full = [True] * len(labels) if drawn.alpha is None else (drawn.alpha == 255).tolist()
        shown = [label for label, wholly in zip(labels, full, strict=True) if wholly]
        segments = shown if len(shown) < len(scene.parcellation.terminology.by_label) else None
    return Shown(
        url=_url(told, served, base),
        transform=told["neuroglancer"]["transform"],
        span_mm=_span(told),
        colors=colors,
        segments=segments,
    )


def _colours(scene: Scene, served: Served, catalog: Catalog) -> LabelColours:
    """Return what labels are drawn as; by the table alone where a view asks too much."""
    try:
        return ink_for(catalog, served, view_style(scene, served))[0].colours
    except (StorageError, StoreUnavailableError):
        raise
    except AtlasViewError:
        return scene.parcellation.terminology.colours() if scene.parcellation else NO_REGIONS


def _url(told: dict[str, Any], served: Served, base: str) -> str:
    # Without the digest in it: the address stays good when the volume is replaced.
    return f"{told['neuroglancer']['format']}://{base}/chunks/{served.id}/"


def _span(told: dict[str, Any]) -> float:
    low, high = told["bounds_mm"]
    return float(max(b - a for a, b in zip(low, high, strict=True)))
