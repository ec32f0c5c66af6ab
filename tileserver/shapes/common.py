"""Shapes that several faces share: points, matrices, problems."""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

Point = Annotated[
    list[float], Field(min_length=3, max_length=3, description="x, y, z in mm, RAS+.")
]
Row = Annotated[list[float], Field(min_length=4, max_length=4)]
Affine = Annotated[list[Row], Field(min_length=4, max_length=4)]
VoxelAffine = Annotated[
    Affine, Field(description="4 × 4, rows first: centre of voxel x, y, z → x, y, z in mm.")
]
Box = Annotated[
    list[Point], Field(min_length=2, max_length=2, description="Lowest and highest corner, in mm.")
]
Links = Annotated[
    dict[str, str],
    Field(description="Addresses of more; parts in braces are to be filled in."),
]


class Problem(TypedDict):
    """A failure, as RFC 9457 has it."""

    type: str
    title: Annotated[str, Field(description="The same for all failures of this kind.")]
    status: Annotated[int, Field(description="The status of the answer.")]
    detail: Annotated[str, Field(description="What happened this time, and what to do.")]
    parameter: NotRequired[Annotated[str, Field(description="Which parameter cannot be used.")]]
    asked: NotRequired[Annotated[int, Field(description="Of a 413: how much was asked.")]]
    limit: NotRequired[Annotated[int, Field(description="Of a 413 or 429: how much there may be.")]]
    unit: NotRequired[Annotated[str, Field(description="Of a 413: what is counted.")]]


class Asked(TypedDict):
    """A point as the request wrote it."""

    point: Point
    space: Annotated[str, Field(description="Name of its space.")]
    origin: Annotated[str | None, Field(description="Id of the origin it was written from.")]


_Ends = TypedDict("_Ends", {"from": str, "to": str})


class Step(_Ends):
    """One transform of a way from one space to another."""

    transform: Annotated[str, Field(description="Name of the transform.")]
    undone: Annotated[bool, Field(description="Whether it is taken backwards.")]
    citation: str
    accuracy: Annotated[str, Field(description="What is known of how exact it is.")]
