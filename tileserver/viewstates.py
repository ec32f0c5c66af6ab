"""A view as a state for any Neuroglancer, with the addresses of this server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from atlasview.channels import is_rgb
from atlasview.marks.neuroglancer import Shown, ShownAnnotations, to_neuroglancer
from atlasview.style import DEFAULT_PERCENTILES
from tileserver.catalog import Served
from tileserver.describe import describe_volume
from tileserver.viewdata import Scene


def neuroglancer_state(
    scene: Scene, base: str, title: str, annotations: Sequence[ShownAnnotations] = ()
) -> dict[str, Any]:
    """Return a Neuroglancer state whose sources any browser finds.

    Parameters
    ----------
    scene : Scene
    base : str
        Address of this server, without a slash at its end.
    title : str
    annotations : sequence of ShownAnnotations
    """
    return to_neuroglancer(
        scene.document,
        _image(scene.image, base) if scene.image else None,
        _labels(scene, scene.labels, base) if scene.labels else None,
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


def _labels(scene: Scene, served: Served, base: str) -> Shown:
    told = describe_volume(served, "")
    colors: dict[str, str] = {}
    segments: list[int] | None = None
    if scene.parcellation is not None:
        terminology = scene.parcellation.terminology
        colors = {
            str(label): "#{:02x}{:02x}{:02x}".format(*region.rgb)
            for label, region in sorted(terminology.by_label.items())
        }
        selected = scene.selected()
        segments = sorted(terminology.labels(selected)) if selected else None
    return Shown(
        url=_url(told, served, base),
        transform=told["neuroglancer"]["transform"],
        span_mm=_span(told),
        colors=colors,
        segments=segments,
    )


def _url(told: dict[str, Any], served: Served, base: str) -> str:
    # Without the digest in it: the address stays good when the volume is replaced.
    return f"{told['neuroglancer']['format']}://{base}/chunks/{served.id}/"


def _span(told: dict[str, Any]) -> float:
    low, high = told["bounds_mm"]
    return float(max(b - a for a, b in zip(low, high, strict=True)))
