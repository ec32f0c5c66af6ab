"""Pieces of the OpenAPI document that views and annotations share."""

from __future__ import annotations

from typing import Any

from atlasview.marks.annotation import MOST_POINTS, MOST_TAGS
from atlasview.marks.fields import AUTHOR, TEXT, TITLE
from atlasview.marks.rights import ACCESS
from atlasview.marks.shapes import SHAPES


def header(name: str, text: str) -> dict[str, Any]:
    """Return how OpenAPI describes a header of a request."""
    return {
        "name": name, "in": "header", "required": False, "description": text,
        "schema": {"type": "string"},
    }  # fmt: skip


#: A key may be sent, and need not be: what is open to all is answered without.
KEY: list[dict[str, list[str]]] = [{}, {"key": []}]
IF_MATCH = header(
    "If-Match",
    'The revision that is changed, such as `"3"`: 428 without, 412 when somebody was faster.',
)
ONCE = header("Idempotency-Key", "New for each request: sent again with the same, it is done once.")


def body(schema: dict[str, Any]) -> dict[str, Any]:
    """Return how OpenAPI describes a JSON body."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _text(most: int) -> dict[str, Any]:
    # not maxLength: what is too long is a 413 with the numbers, not a malformed request
    return {"type": ["string", "null"], "description": f"At most {most} characters."}


_ANNOTATION: dict[str, Any] = {
    "type": "object",
    "required": ["type", "points"],
    "examples": [{"type": "point", "points": [[-26, 6, 0]], "label": "electrode 1"}],
    "properties": {
        "type": {"type": "string", "enum": list(SHAPES)},
        "points": {
            "type": "array",
            "maxItems": MOST_POINTS,
            "items": {"type": "array", "minItems": 3, "maxItems": 3, "items": {"type": "number"}},
            "description": "x, y, z in mm: opposite corners of a box; centre and half axes of an "
            "ellipsoid.",
        },
        "label": _text(TITLE),
        "text": _text(TEXT),
        "color": {"type": ["string", "null"], "pattern": "^#[0-9a-fA-F]{6}$"},
        "tags": {"type": "array", "maxItems": MOST_TAGS, "items": {"type": "string"}},
        "author": _text(AUTHOR),
        "properties": {"type": "object", "additionalProperties": {"type": "number"}},
    },
}
_SET: dict[str, Any] = {
    "type": "object",
    "required": ["title", "space"],
    "examples": [{"title": "Electrodes", "space": "ICBM 2009a nonlinear symmetric (MNI152)"}],
    "properties": {
        "title": {**_text(TITLE), "type": "string", "minLength": 1},
        "text": _text(TEXT),
        "author": _text(AUTHOR),
        "space": {"type": "string", "description": "Reference space of the points."},
        "access": {
            "type": "string",
            "enum": list(ACCESS),
            "default": "readable",
            "description": "What the link alone lets somebody do.",
        },
        "atlas": {"type": ["string", "null"], "description": "Where regions are looked up."},
        "parcellation": {"type": ["string", "null"]},
    },
}
_VIEW: dict[str, Any] = {
    "type": "object",
    "required": ["state"],
    "examples": [
        {
            "title": "The left putamen",
            "state": {
                "format": "atlasview-view",
                "version": 2,
                "data": {"atlas": "icbm152-desikan-killiany", "template": "icbm152-2009a-sym"},
                "camera": {"at": [-26, 6, 0], "zoom": 0.5},
            },
        }
    ],
    "properties": {
        "title": _text(TITLE),
        "text": _text(TEXT),
        "author": _text(AUTHOR),
        "state": {
            "type": "object",
            "description": "A view document (`/api/schemas/view/2.json`), or a Neuroglancer state.",
        },
        "expires": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "After this moment the link says that it expired.",
        },
        "minimal": {
            "type": ["boolean", "null"],
            "description": "Open it on a page that only shows.",
        },
        "listed": {
            "type": ["boolean", "null"],
            "description": "Let everybody find it in the list of views.",
        },
    },
}
#: Bodies of requests, by the names that stand for them in the document.
BODIES = {"NewAnnotation": _ANNOTATION, "NewSet": _SET, "NewView": _VIEW}
