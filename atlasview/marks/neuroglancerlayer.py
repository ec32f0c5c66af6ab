"""Annotations as Neuroglancer has them: layers of ``local://annotations``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from atlasview.errors import InvalidParameterError

_METRES = {"m": 1.0, "mm": 1e-3, "um": 1e-6, "µm": 1e-6, "nm": 1e-9, "cm": 1e-2}
_TYPES = {
    "point": "point", "line": "line", "axis_aligned_bounding_box": "box",
    "ellipsoid": "ellipsoid", "polyline": "polyline",
}  # fmt: skip
Scales = tuple[float, float, float]


def read_layers(found: Any) -> list[dict[str, Any]]:
    """Read annotations from a whole state, a layer, or a list of annotations (then in mm).

    Raises
    ------
    InvalidParameterError
        It is none of them, or says coordinates in a way that is not known here.
    """
    if isinstance(found, list):
        return _annotations(found, (1.0, 1.0, 1.0), "annotations")
    if not isinstance(found, dict):
        raise InvalidParameterError("body", "…", "it takes a state, a layer or a list")
    layers = found.get("layers") if "layers" in found else [found]
    if not isinstance(layers, list) or not all(isinstance(v, dict) for v in layers):
        raise InvalidParameterError("layers", layers, "it takes a list of layers")
    out: list[dict[str, Any]] = []
    for i, layer in enumerate(layers):
        held = layer.get("annotations")
        if held is None:
            continue
        if not isinstance(held, list):
            raise InvalidParameterError(f"layers.{i}.annotations", held, "it takes a list")
        scales = _scales(layer, found.get("dimensions"), f"layers.{i}")
        out += _annotations(held, scales, f"layers.{i}.annotations", _colours(layer))
    return out


def write_layer(whole: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Write annotations as one layer, coordinates in mm."""
    layer = {
        "type": "annotation",
        "name": str(whole["title"]) or "annotations",
        "source": {
            "url": "local://annotations",
            "transform": {"outputDimensions": {axis: [1e-3, "m"] for axis in "xyz"}},
        },
        "tool": "annotatePoint",
        "annotationProperties": [{"id": "color", "type": "rgb", "default": "#ffff00"}],
        "shader": "void main() {\n  setColor(prop_color());\n}\n",
    }
    yield json.dumps(layer)[:-1] + ',"annotations":['
    for i, item in enumerate(items):
        yield ("," if i else "") + "\n" + json.dumps(_told(item))
    yield "\n]}\n"


def _told(item: Mapping[str, Any]) -> dict[str, Any]:
    kind, points = item["type"], item["points"]
    words = " — ".join(part for part in (item["label"], item["text"]) if part)
    found: dict[str, Any] = {"id": item["id"], "props": [item["color"] or "#ffff00"]}
    if words:
        found["description"] = words
    if kind == "point":
        return {**found, "type": "point", "point": points[0]}
    if kind in ("line", "box"):
        named = "line" if kind == "line" else "axis_aligned_bounding_box"
        return {**found, "type": named, "pointA": points[0], "pointB": points[1]}
    if kind == "ellipsoid":
        return {**found, "type": "ellipsoid", "center": points[0], "radii": points[1]}
    closed = [*points, points[0]] if kind == "polygon" else points
    return {**found, "type": "polyline", "points": closed}


def _annotations(
    found: list[Any], scales: Scales, where: str, colours: int | None = None
) -> list[dict[str, Any]]:
    return [_one(a, scales, f"{where}.{i}", colours) for i, a in enumerate(found)]


def _one(found: Any, scales: Scales, where: str, colours: int | None) -> dict[str, Any]:
    kind = found.get("type", "point") if isinstance(found, dict) else None
    if not isinstance(kind, str) or kind not in _TYPES:
        raise InvalidParameterError(f"{where}.type", kind, "it takes " + ", ".join(_TYPES))
    members = {
        "point": ("point",), "ellipsoid": ("center", "radii"), "polyline": ("points",),
    }.get(kind, ("pointA", "pointB"))  # fmt: skip
    given = found.get("points") if kind == "polyline" else [found.get(m) for m in members]
    if not isinstance(given, list):
        raise InvalidParameterError(f"{where}.points", given, "it takes points")
    out: dict[str, Any] = {
        "@": where,
        "type": _TYPES[kind],
        "points": [_scaled(p, scales, where) for p in given],
    }
    words = found.get("description")
    if isinstance(words, str) and words:
        out |= {"label": words} if len(words) <= 300 else {"text": words}
    held = found.get("props")
    if colours is not None and isinstance(held, list) and colours < len(held):
        out["color"] = held[colours]
    return out


def _scaled(point: Any, scales: Scales, where: str) -> list[float]:
    if (
        not isinstance(point, list)
        or len(point) != 3
        or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in point)
    ):
        raise InvalidParameterError(where, point, "it takes points of three numbers")
    try:
        return [float(v) * s for v, s in zip(point, scales, strict=True)]
    except OverflowError:
        raise InvalidParameterError(where, "…", "a coordinate is too large") from None


def _colours(layer: Mapping[str, Any]) -> int | None:
    held = layer.get("annotationProperties")
    for i, one in enumerate(held if isinstance(held, list) else []):
        if isinstance(one, dict) and one.get("type") == "rgb":
            return i
    return None


def _scales(layer: Mapping[str, Any], dimensions: Any, where: str) -> Scales:
    """Return mm a unit along x, y, z: the layer's own dimensions, else those of the state."""
    source = layer.get("source")
    transform = source.get("transform") if isinstance(source, dict) else None
    if isinstance(transform, dict):
        matrix = transform.get("matrix")
        if matrix not in (None, [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]):
            raise InvalidParameterError(
                f"{where}.source.transform.matrix", "…", "turned layers are not read"
            )
        dimensions = transform.get("outputDimensions", dimensions)
    if dimensions is None:
        return (1.0, 1.0, 1.0)
    try:
        if list(dimensions) != ["x", "y", "z"]:
            raise ValueError(dimensions)
        x, y, z = (float(s) * _METRES[u] * 1e3 for s, u in dimensions.values())
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise InvalidParameterError(
            f"{where}.dimensions", dimensions, "it takes x, y, z with a scale in metres"
        ) from None
    return x, y, z
