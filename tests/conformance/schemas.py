"""What two specifications demand of a document, as JSON Schemas, written after their texts."""

from __future__ import annotations

from typing import Any

_URI = {"type": "string", "format": "uri-reference", "minLength": 1}
#: RFC 9457, §3.1 and appendix A; what it lets be left out, our API always says.
PROBLEM: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": _URI,
        "title": {"type": "string", "minLength": 1},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "minLength": 1},
        "instance": _URI,
    },
}

_ZOOM = {"type": "integer", "minimum": 0, "maximum": 30}
_ADDRESSES = {"type": "array", "items": {"type": "string"}}
#: TileJSON 3.0.0, §3. ``vector_layers`` (§3.3) is of vector tiles alone.
TILEJSON: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["tilejson", "tiles"],
    "properties": {
        "tilejson": {"type": "string", "pattern": r"^3\.0\.[0-9]+$"},
        "tiles": {**_ADDRESSES, "minItems": 1},
        "vector_layers": {"type": "array"},
        "attribution": {"type": "string"},
        "bounds": {
            "type": "array", "minItems": 4, "maxItems": 4,
            "prefixItems": [
                {"type": "number", "minimum": -180, "maximum": 180},
                {"type": "number", "minimum": -90, "maximum": 90},
                {"type": "number", "minimum": -180, "maximum": 180},
                {"type": "number", "minimum": -90, "maximum": 90},
            ],
        },
        "center": {
            "type": "array", "minItems": 3, "maxItems": 3,
            "prefixItems": [{"type": "number"}, {"type": "number"}, _ZOOM],
        },
        "data": _ADDRESSES,
        "description": {"type": "string"},
        "fillzoom": _ZOOM,
        "grids": _ADDRESSES,
        "legend": {"type": "string"},
        "maxzoom": _ZOOM,
        "minzoom": _ZOOM,
        "name": {"type": "string"},
        "scheme": {"enum": ["xyz", "tms"]},
        "template": {"type": "string"},
        "version": {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"},
    },
}  # fmt: skip
