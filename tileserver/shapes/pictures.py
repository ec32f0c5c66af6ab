"""Shapes of what describes pictures: TileJSON and IIIF."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from tileserver.shapes.common import Point


class TileJson(TypedDict):
    """Tiles of a slice: TileJSON 3.0, and the size of the picture."""

    tilejson: str
    name: str
    attribution: str
    scheme: str
    tiles: Annotated[list[str], Field(description="Address with {z}, {x} and {y} to fill in.")]
    minzoom: int
    maxzoom: int
    vector_layers: list[Any]
    width: Annotated[int, Field(description="Pixels of the whole slice at `maxzoom`.")]
    height: int


class ObliqueZoom(TypedDict):
    """One zoom of the tiles of a plane."""

    z: int
    mm_per_pixel: float
    width: int
    height: int
    level: Annotated[int, Field(description="Which level of the volume it is drawn from.")]


class ObliqueTileJson(TileJson):
    """Tiles of any plane: TileJSON 3.0, and where the picture lies in the world."""

    mm_per_pixel: Annotated[float, Field(description="At `maxzoom`.")]
    extent_mm: Annotated[
        list[float], Field(description="Left, top, right, bottom in the plane, from `center`.")
    ]
    affine: Annotated[
        list[Annotated[list[float], Field(min_length=3, max_length=3)]],
        Field(
            min_length=4,
            max_length=4,
            description="4 × 3, rows first: centre of the pixel (column, row, 1) at `maxzoom` → "
            "x, y, z, 1 in mm.",
        ),
    ]
    center: Point
    right: Point
    down: Point
    space: str
    zooms: list[ObliqueZoom]
