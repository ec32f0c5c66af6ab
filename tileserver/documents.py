"""Pieces of the OpenAPI document that several routes share."""

from __future__ import annotations

from typing import Any

from atlasview.encode import ENCODERS, MEDIA_TYPES
from atlasview.space import PLANES


def ref(name: str) -> dict[str, str]:
    """Return what stands for a schema that is told once, among the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def problem_response(text: str) -> dict[str, Any]:
    """Return how OpenAPI describes a failure."""
    return {
        "description": text,
        "content": {"application/problem+json": {"schema": ref("Problem")}},
    }


def binary(*media: str) -> dict[str, Any]:
    """Return how OpenAPI describes a body of bytes in any of some media types."""
    return {m: {"schema": {"type": "string", "format": "binary"}} for m in media}


def text(media: str) -> dict[str, Any]:
    """Return how OpenAPI describes a body of text."""
    return {media: {"schema": {"type": "string"}}}


def json_schema(description: str) -> dict[int | str, dict[str, Any]]:
    """Return how OpenAPI describes an answer that is itself a JSON Schema."""
    content = {"application/schema+json": {"schema": {"type": "object"}}}
    return {200: {"description": description, "content": content}}


def headers(**texts: str) -> dict[str, Any]:
    """Return how OpenAPI describes the headers of an answer; underscores stand for hyphens."""
    return {
        name.replace("_", "-"): {"description": text, "schema": {"type": "string"}}
        for name, text in texts.items()
    }


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": problem_response("What was asked cannot be answered; the document says why."),
    "5XX": problem_response("The data cannot be read, or the server is busy."),
}
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    "304": {"description": "The client's own copy is good."}
}
PICTURE_HEADERS = headers(
    X_Level="Which level of the volume was read; 0 is the finest.",
    X_Plane="Which plane it is, or where in mm its first pixel's centre lies and how one pixel "
    "leads to the next.",
    X_Mm_Per_Pixel="Across, down.",
    ETag="For If-None-Match.",
    Cache_Control="How long it may be kept.",
)
PICTURE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture.",
        "headers": PICTURE_HEADERS,
        "content": binary(*MEDIA_TYPES.values()),
    },
    **NOT_MODIFIED,
    **PROBLEM_RESPONSES,
}

#: What examples name: they work as they stand while the sample brain is served.
SAMPLE_VOLUME, SAMPLE_ATLAS = "icbm152-2009a-sym", "icbm152-desikan-killiany"
_PATH: dict[str, tuple[str, dict[str, Any]]] = {
    "volume": ("Id of a volume.", {"type": "string", "example": SAMPLE_VOLUME}),
    "plane": ("Which plane.", {"type": "string", "enum": list(PLANES), "example": "coronal"}),
    "slice": (
        "Finest voxel along the plane's normal.",
        {"type": "integer", "minimum": 0, "example": 116},
    ),
    "z": (
        "Zoom; 0 is the whole slice in one tile.",
        {"type": "integer", "minimum": 0, "example": 0},
    ),
    "x": ("Column of the tile, from the left.", {"type": "integer", "minimum": 0, "example": 0}),
    "y": (
        "Row of the tile, from the top; `@2x` after it doubles the pixels.",
        {"type": "string", "pattern": r"^(0|[1-9][0-9]*)(@2x)?$", "example": "0"},
    ),
    "level": ("Level; 0 is one pixel.", {"type": "integer", "minimum": 0, "example": 7}),
    "col": ("Column of the tile, from the left.", {"type": "integer", "minimum": 0, "example": 0}),
    "row": ("Row of the tile, from the top.", {"type": "integer", "minimum": 0, "example": 0}),
    "identifier": (
        "`{volume}:{plane}:{slice}`, or the volume alone where it is one slice thin; drawing "
        "parameters may stand in a fourth part, as in a query.",
        {"type": "string", "example": f"{SAMPLE_VOLUME}:coronal:116"},
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
