"""Shapes of ``/api/spaces``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from tileserver.shapes.common import Affine, Links, Point, Step

Matrix = Annotated[Affine, Field(description="4 × 4, rows first: mm of the one → mm of the other.")]


class _Named(TypedDict):
    id: str
    name: str
    aliases: list[str]
    description: str
    origins: Annotated[list[str], Field(description="Ids.")]
    related: Annotated[list[str], Field(description="Ids of spaces that transforms lead to.")]
    volumes: Annotated[list[str], Field(description="Ids of what lies in it.")]
    atlases: list[str]
    links: Links


class SpaceListed(_Named):
    """One space of the list."""


class Spaces(TypedDict):
    """All spaces."""

    spaces: list[SpaceListed]


class SpaceOrigin(TypedDict):
    """Another way of writing the points of a space."""

    id: str
    name: str
    matrix: Matrix
    citation: str
    accuracy: str


_Ends = TypedDict("_Ends", {"from": str, "to": str})


class SpaceTransform(_Ends):
    """A transform between two spaces."""

    name: str
    matrix: Matrix
    citation: str
    accuracy: str


class RelatedSpace(TypedDict):
    """A space that transforms lead to."""

    id: str
    name: str
    matrix: Matrix
    path: list[Step]


class Space(TypedDict):
    """One space."""

    id: str
    name: str
    aliases: list[str]
    description: str
    origins: list[SpaceOrigin]
    related: list[RelatedSpace]
    volumes: Annotated[list[str], Field(description="Ids of what lies in it.")]
    atlases: list[str]
    links: Links
    axes: str
    transforms: list[SpaceTransform]


class _Way(TypedDict):
    space: Annotated[str, Field(description="Name of the space that was left.")]
    to: Annotated[str, Field(description="Name of the space that was reached.")]
    origin: str | None
    to_origin: str | None
    path: list[Step]


class CarriedPoint(_Way):
    """A point in another space."""

    point: Point
    carried: Point


class CarriedPoints(_Way):
    """Points in another space, in the order of the request."""

    points: list[Point]
