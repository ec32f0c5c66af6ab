"""A view document as a state that any Neuroglancer opens, and what such a state says of a view.

The page's own Neuroglancer draws the sagittal plane as brains are drawn; a plain one lays it on its
side. Each plane is therefore a panel of its own, turned in relation to the horizontal one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from atlasview.errors import InvalidParameterError
from atlasview.marks.imageshader import RGB_SHADER, image_shader
from atlasview.marks.viewdocument import FAINT, ViewDocument

_HALF = 0.7071067811865476
#: How a panel of layout "xy" is turned, after the turn of the whole, to show a plane.
_PANEL_TURNS: dict[str, tuple[float, float, float, float] | None] = {
    "horizontal": None,
    "coronal": (-_HALF, 0.0, 0.0, _HALF),
    "sagittal": (-0.5, -0.5, 0.5, 0.5),
}
#: How the planes of the 3D panel are turned to the horizontal one.
PLANE_TURNS: dict[str, tuple[float, float, float, float]] = {
    "horizontal": (0.0, 0.0, 0.0, 1.0),
    "coronal": (_HALF, 0.0, 0.0, _HALF),
    "sagittal": (0.5, -0.5, -0.5, 0.5),
}
_SOURCE = re.compile(
    r"/(?:zarr|chunks|precomputed)/([a-z0-9][a-z0-9._-]*?)(?:@[0-9a-zA-Z]+|\.jpeg)?(?:/|$|\|)"
)
#: Pixels between annotations of a large set, as the page has it.
_SPACING = 12
_METRES = {"m": 1.0, "mm": 1e-3, "um": 1e-6, "µm": 1e-6, "nm": 1e-9, "cm": 1e-2}


@dataclass(frozen=True, slots=True)
class Shown:
    """A volume as a layer shows it.

    Parameters
    ----------
    url : str
        Of the source, such as ``zarr3://https://…/``.
    transform : mapping or None
    span_mm : float
        Its largest extent.
    rgb : bool
    window : tuple of float
        Drawn black and white.
    colors : mapping
        Colour by label.
    segments : sequence of int or None
        Labels shown; all when None.
    """

    url: str
    transform: Mapping[str, Any] | None = None
    span_mm: float = 1.0
    rgb: bool = False
    window: tuple[float, float] = (0.0, 255.0)
    colors: Mapping[str, str] = field(default_factory=dict)
    segments: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class ShownAnnotations:
    """An annotation set as a layer shows it."""

    name: str
    url: str
    shader: str
    visible: bool = True


def to_neuroglancer(
    document: ViewDocument,
    image: Shown | None,
    labels: Shown | None,
    annotations: Sequence[ShownAnnotations] = (),
    title: str = "",
) -> dict[str, Any]:
    """Return a document as a Neuroglancer state: dimensions in mm, sources by absolute address."""
    camera, style = document.camera, document.style
    layers: list[dict[str, Any]] = []
    if image:
        in_colour = image.rgb and style.channel is None
        controls: dict[str, Any] = {"gamma": style.gamma, "invert": style.invert}
        if not in_colour:
            controls["normalized"] = {
                "range": list(style.window or image.window),
                **({} if style.channel is None else {"channel": [style.channel]}),
            }
        layers.append(
            {
                "type": "image",
                "name": "image",
                "source": _source(image),
                "shader": RGB_SHADER if in_colour else image_shader(style.colormap),
                "shaderControls": controls,
                "opacity": 1,
                "visible": style.template,
            }
        )
    if labels:
        # The others are drawn faintly beside a selection, and not at all where they are left out.
        faint = not style.isolate and (labels.segments is None or bool(style.selected))
        layers.append(
            {
                "type": "segmentation",
                "name": "regions",
                "source": _source(labels),
                "segmentColors": dict(labels.colors),
                "selectedAlpha": style.opacity,
                "notSelectedAlpha": round(style.opacity * FAINT, 4) if faint else 0,
                "hoverHighlight": False,
                "ignoreNullVisibleSet": labels.segments is None,
                "segments": [str(s) for s in labels.segments or ()],
                "visible": style.regions,
            }
        )
    layers += [
        {
            "type": "annotation",
            "name": a.name,
            "source": {"url": a.url},
            "shader": a.shader,
            "crossSectionAnnotationSpacing": _SPACING,
            "projectionAnnotationSpacing": _SPACING,
            "visible": a.visible,
        }
        for a in annotations
    ]
    span = max([s.span_mm for s in (image, labels) if s] or [1.0])
    return {
        **({"title": title} if title else {}),
        "dimensions": {axis: [1e-3, "m"] for axis in "xyz"},
        "position": list(camera.at),
        "crossSectionScale": camera.zoom,
        "crossSectionOrientation": list(camera.turn),
        "projectionScale": camera.zoom3d or span * 1.5,
        "projectionOrientation": list(camera.turn3d),
        "layers": layers,
        "layout": _layout(document, [layer["name"] for layer in layers], span),
        "showAxisLines": style.crosshair,
        "showScaleBar": True,
        "showSlices": False,
        "showDefaultAnnotations": False,
        "crossSectionBackgroundColor": "#000000",
        "projectionBackgroundColor": "#000000",
    }


def _source(shown: Shown) -> dict[str, Any]:
    transform = {} if shown.transform is None else {"transform": dict(shown.transform)}
    return {"url": shown.url, **transform}


def _layout(document: ViewDocument, layers: list[str], span: float) -> dict[str, Any]:
    def flat(plane: str) -> dict[str, Any]:
        turn = _PANEL_TURNS[plane]
        more: dict[str, Any] = (
            {} if turn is None
            else {"crossSectionOrientation": {"link": "relative", "value": list(turn)}}
        )  # fmt: skip
        return {"type": "viewer", "layers": layers, "layout": "xy", **more}

    solid = {
        "type": "viewer",
        "layers": layers,
        "layout": {
            "type": "3d",
            "crossSections": {
                plane: {
                    "width": 512,
                    "height": 512,
                    "scale": {"link": "unlinked", "value": span / 512 * 1.5},
                    "orientation": {
                        "link": "unlinked",
                        "value": list(multiplied(document.camera.turn, turn)),
                    },
                }
                for plane, turn in PLANE_TURNS.items()
            },
        },
    }
    wanted = document.style.layout
    if wanted == "4panel":
        rows = ((flat("horizontal"), flat("coronal")), (solid, flat("sagittal")))
        return {
            "type": "column",
            "children": [{"type": "row", "children": list(row)} for row in rows],
        }
    return solid if wanted == "3d" else flat(wanted)


def multiplied(a: Sequence[float], b: Sequence[float]) -> tuple[float, float, float, float]:
    """Return the product of two quaternions x, y, z, w: turned by `b` first, then by `a`."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def check_state(state: Mapping[str, Any]) -> None:
    """Refuse what is no Neuroglancer state; its own members are left as they are.

    Raises
    ------
    InvalidParameterError
    """
    if not any(name in state for name in ("layers", "dimensions", "position", "layout")):
        raise InvalidParameterError(
            "state", ", ".join(map(str, list(state)[:5])) or "{}",
            "it takes a view document, with «version», or a Neuroglancer state, with «layers»",
        )  # fmt: skip
    layers = state.get("layers", [])
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise InvalidParameterError("state.layers", layers, "it takes a list of layers")


def volumes_of(state: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the type of layer and the volume of ours that each layer of a state shows."""
    found: list[tuple[str, str]] = []
    for layer in state.get("layers", []):
        source = layer.get("source")
        for one in source if isinstance(source, list) else [source]:
            url = one.get("url") if isinstance(one, dict) else one
            if isinstance(url, str) and (match := _SOURCE.search(url)):
                found.append((str(layer.get("type", "")), match.group(1)))
                break
    return found


def camera_of(state: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return where a state looks from, as a view document's camera; None where it does not say."""
    dimensions = state.get("dimensions")
    position = state.get("position")
    if not isinstance(dimensions, dict) or not isinstance(position, list):
        return None
    try:
        sizes = {
            name: float(size) * _METRES[unit] * 1e3
            for name, (size, unit) in dimensions.items()
            if unit in _METRES
        }
        order = [list(dimensions).index(axis) for axis in "xyz"]
        at = [float(position[i]) * sizes[axis] for i, axis in zip(order, "xyz", strict=True)]
        smallest = min(sizes[axis] for axis in "xyz")
        zoom = float(state.get("crossSectionScale", 1.0)) * smallest
        turn = [float(v) for v in state.get("crossSectionOrientation") or (0, 0, 0, 1)]
        more = (
            {"zoom3d": float(state["projectionScale"]) * smallest}
            if "projectionScale" in state
            else {}
        )
    except (ValueError, TypeError, KeyError, IndexError, OverflowError):
        return None
    return {"at": at, "zoom": zoom, "turn": turn, **more}
