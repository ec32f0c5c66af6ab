"""One annotation: what it may be, checked member by member."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atlasview.errors import InvalidParameterError, TooLargeError
from atlasview.geometry import FloatArray
from atlasview.marks.fields import (
    AUTHOR,
    TEXT,
    TITLE,
    only,
    read_number,
    read_object,
    read_point,
    read_text,
)
from atlasview.marks.shapes import SHAPES, bounds_of

Point = tuple[float, float, float]
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_PROPERTY = re.compile(r"[a-z][a-z0-9_]{0,49}")
MOST_POINTS, MOST_TAGS, LONGEST_TAG, MOST_PROPERTIES = 10_000, 64, 100, 16
WRITABLE = ("type", "points", "label", "text", "color", "tags", "author", "properties")
#: Told by the server; sent back to it they are ignored, so that what was read can be written.
TOLD = ("id", "revision", "seq", "region", "measures", "created", "updated")


@dataclass(frozen=True, slots=True)
class Annotation:
    """A mark as its author makes it.

    Parameters
    ----------
    type : str
        One of `atlasview.marks.shapes.SHAPES`.
    points : tuple of points
        x, y, z in mm of the set's space: one for a point, two for a line, opposite corners of a
        box, centre and half axes of an ellipsoid.
    label, text : str
    color : str or None
        ``#rrggbb``.
    tags : tuple of str
    author : str
    properties : mapping
        Numbers by name, to colour and sort by.
    """

    type: str
    points: tuple[Point, ...]
    label: str = ""
    text: str = ""
    color: str | None = None
    tags: tuple[str, ...] = ()
    author: str = ""
    properties: Mapping[str, float] | None = None

    @property
    def bounds(self) -> FloatArray:
        """Lowest and highest corner in mm, shape (2, 3)."""
        return bounds_of(self.type, self.points)

    def written(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "type": self.type,
            "points": [list(p) for p in self.points],
            "label": self.label,
            "text": self.text,
            "color": self.color,
            "tags": list(self.tags),
            "author": self.author,
            **({"properties": dict(self.properties)} if self.properties else {}),
        }


def read_annotation(value: object, within: str = "") -> Annotation:
    """Read an annotation from JSON.

    Parameters
    ----------
    value : object
    within : str
        Put before the name of a member that does not fit.

    Raises
    ------
    InvalidParameterError
        It names the member that does not fit.
    TooLargeError
    """
    found = read_object(within.rstrip(".") or "annotation", value)
    only(found, (*WRITABLE, *TOLD), within)
    if "type" not in found:
        raise InvalidParameterError(f"{within}type", None, "it takes " + ", ".join(SHAPES))
    if "points" not in found:
        raise InvalidParameterError(f"{within}points", None, "it takes points [[x, y, z], …] in mm")
    kind = found["type"]
    if not isinstance(kind, str) or kind not in SHAPES:
        raise InvalidParameterError(f"{within}type", kind, "it takes " + ", ".join(SHAPES))
    return Annotation(
        type=kind,
        points=_points(f"{within}points", kind, found["points"]),
        label=read_text(f"{within}label", found.get("label"), TITLE),
        text=read_text(f"{within}text", found.get("text"), TEXT),
        color=_colour(f"{within}color", found.get("color")),
        tags=_tags(f"{within}tags", found.get("tags")),
        author=read_text(f"{within}author", found.get("author"), AUTHOR),
        properties=_properties(f"{within}properties", found.get("properties")),
    )


def _points(name: str, kind: str, value: object) -> tuple[Point, ...]:
    if not isinstance(value, list | tuple):
        raise InvalidParameterError(name, value, "it takes points [[x, y, z], …] in mm")
    if len(value) > MOST_POINTS:
        raise TooLargeError(name, len(value), MOST_POINTS, "points")
    shape = SHAPES[kind]
    if not shape.fewest <= len(value) <= shape.most:
        raise InvalidParameterError(name, f"{len(value)} points", f"a {kind} has {shape.expected}")
    points = tuple(read_point(f"{name}.{i}", p) for i, p in enumerate(value))
    wrong = shape.problem(points)
    if wrong:
        raise InvalidParameterError(name, list(points[:3]), wrong)
    return points


def _colour(name: str, value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _COLOUR.fullmatch(value.lower()):
        raise InvalidParameterError(name, value, "it takes a colour #rrggbb")
    return value.lower()


def _tags(name: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise InvalidParameterError(name, value, "it takes a list of words")
    if len(value) > MOST_TAGS:
        raise TooLargeError(name, len(value), MOST_TAGS, "tags")
    found = (read_text(f"{name}.{i}", tag, LONGEST_TAG, needed=True) for i, tag in enumerate(value))
    return tuple(dict.fromkeys(tag.strip() for tag in found))


def _properties(name: str, value: object) -> dict[str, float] | None:
    if value is None:
        return None
    found = read_object(name, value)
    if len(found) > MOST_PROPERTIES:
        raise TooLargeError(name, len(found), MOST_PROPERTIES, "properties")
    for key in found:
        if not _PROPERTY.fullmatch(key):
            raise InvalidParameterError(
                f"{name}.{key[:50]}", "…", "names are lower-case letters, digits and _"
            )
    return {key: read_number(f"{name}.{key}", number) for key, number in found.items()}


def representative(kind: str, points: Sequence[Point]) -> Point:
    """Return the point whose region is that of the annotation."""
    return SHAPES[kind].middle(points)
