"""Pieces of the OpenAPI document that several routes share."""

from __future__ import annotations

from typing import Any

from atlasview.encode import ENCODERS, MEDIA_TYPES
from atlasview.space import PLANES

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "parameter": {"type": "string"},
    },
}


def problem_response(text: str) -> dict[str, Any]:
    """Return how OpenAPI describes a failure."""
    return {
        "description": text,
        "content": {"application/problem+json": {"schema": PROBLEM}},
    }


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": problem_response("What was asked cannot be answered; the document says why."),
    "5XX": problem_response("The data cannot be read, or the server is busy."),
}
PICTURE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture.",
        "content": {
            media: {"schema": {"type": "string", "format": "binary"}}
            for media in MEDIA_TYPES.values()
        },
    },
    304: {"description": "The client's own copy is good."},
    **PROBLEM_RESPONSES,
}  # fmt: skip

_PATH: dict[str, tuple[str, dict[str, Any]]] = {
    "volume": ("Id of a volume.", {"type": "string"}),
    "plane": ("Which plane.", {"type": "string", "enum": list(PLANES)}),
    "slice": ("Finest voxel along the plane's normal.", {"type": "integer", "minimum": 0}),
    "z": ("Zoom; 0 is the whole slice in one tile.", {"type": "integer", "minimum": 0}),
    "x": ("Column of the tile, from the left.", {"type": "integer", "minimum": 0}),
    "y": (
        "Row of the tile, from the top; `@2x` after it doubles the pixels.",
        {"type": "string", "pattern": r"^(0|[1-9][0-9]*)(@2x)?$"},
    ),
    "level": ("Level; 0 is one pixel.", {"type": "integer", "minimum": 0}),
    "col": ("Column of the tile, from the left.", {"type": "integer", "minimum": 0}),
    "row": ("Row of the tile, from the top.", {"type": "integer", "minimum": 0}),
    "identifier": (
        "`{volume}:{plane}:{slice}`, or the volume alone where it is one slice thin; drawing "
        "parameters may stand in a fourth part, as in a query.",
        {"type": "string", "example": "icbm152-2009a-sym:coronal:116"},
    ),
    "size": (
        "`max`, `w,`, `,h`, `w,h`, `!w,h`, `pct:n`; `^` before it enlarges.",
        {"type": "string", "example": "max"},
    ),
    "rotation": (
        "Quarter turns clockwise; `!` before it mirrors.",
        {"type": "string", "pattern": "^!?(0|90|180|270|360)$", "example": "0"},
    ),
    "quality": ("Colours.", {"type": "string", "enum": ["default", "color", "gray", "bitonal"]}),
    "format": ("Encoding; labels never as jpg.", {"type": "string", "enum": list(ENCODERS)}),
    "atlas": ("Id of an atlas.", {"type": "string"}),
    "region": ("Id or acronym of a region.", {"type": "string"}),
}  # fmt: skip


def path_parameters(*names: str) -> list[dict[str, Any]]:
    """Return how OpenAPI describes the parts of a path."""
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH[name][0],
            "schema": _PATH[name][1],
        }
        for name in names
    ]
