"""Shapes of ``/api/volumes``."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from tileserver.shapes.common import Asked, Box, Links, Point, VoxelAffine

Shape = Annotated[
    list[int], Field(min_length=3, max_length=3, description="Voxels along x, y and z.")
]
VoxelSize = Annotated[
    list[float], Field(min_length=3, max_length=3, description="Along x, y and z, in mm.")
]
Value = float | int | bool | None
Percentiles = Annotated[
    dict[str, float | None], Field(description="Percent, written as a text → value.")
]


class Level(TypedDict):
    """One resolution of a volume."""

    level: Annotated[int, Field(description="0 is the finest.")]
    path: Annotated[str, Field(description="Of the array below `/zarr/{volume}/`.")]
    shape: Shape
    voxel_size_mm: VoxelSize
    affine: VoxelAffine
    chunk: Annotated[list[int], Field(description="Voxels of a chunk along x, y and z.")]


class PlaneZoom(TypedDict):
    """One zoom of the tiles of a plane."""

    z: Annotated[int, Field(description="0 is the whole slice in one tile.")]
    level: Annotated[int, Field(description="Which level it is drawn from.")]
    scale: Annotated[int, Field(description="Voxels of that level along a pixel; 1 is exact.")]
    width: Annotated[int, Field(description="Of the whole slice, in pixels.")]
    height: int


class Plane(TypedDict):
    """How slices of one plane are numbered and drawn."""

    slices: Annotated[int, Field(description="They are numbered from 0.")]
    top: Annotated[str, Field(description="Letter of the side that is up: A anterior, S superior.")]
    left: Annotated[str, Field(description="Letter of the side at the left: L left, P posterior.")]
    mm_per_pixel: Annotated[
        list[float], Field(min_length=2, max_length=2, description="Across and down, at level 0.")
    ]
    mm_per_slice: float
    zooms: list[PlaneZoom]


class Planes(TypedDict):
    """The three planes."""

    horizontal: Plane
    coronal: Plane
    sagittal: Plane


class Orientation(TypedDict):
    """How the stored array lies."""

    world: str
    stored: Annotated[
        str, Field(description="Where the axes of `/zarr` lead, slowest first, such as SAR.")
    ]
    assumed: Annotated[list[str], Field(description="What the stored metadata did not say.")]
    convention: str


class NeuroglancerSource(TypedDict):
    """Where Neuroglancer finds the array, and how it lies in the world."""

    source: Annotated[str, Field(description="Address below this server.")]
    format: Literal["zarr2", "zarr3"]
    transform: Annotated[
        dict[str, Any] | None, Field(description="As in a state; none is needed where null.")
    ]


class PrecomputedSource(TypedDict):
    """The same as Neuroglancer precomputed."""

    source: Annotated[str, Field(description="Address below this server.")]
    transform: dict[str, Any]


class Volume(TypedDict):
    """One volume."""

    id: str
    name: str
    kind: Literal["image", "labels"]
    dtype: Annotated[str, Field(description="As numpy calls it.")]
    channels: int
    shape: Shape
    voxel_size_mm: VoxelSize
    affine: VoxelAffine
    space: Annotated[str, Field(description="Name of its reference space.")]
    orientation: Orientation
    bounds_mm: Box
    levels: list[Level]
    value_range: Annotated[
        list[float | int | None], Field(min_length=2, max_length=2, description="Lowest, highest.")
    ]
    percentiles: Percentiles
    planes: Planes
    digest: Annotated[
        str,
        Field(
            description="Changes whenever the data does. `/chunks/{volume}@{digest}/…` never "
            "changes."
        ),
    ]
    licence: str
    citation: str
    description: str
    source: Annotated[
        dict[str, Any] | None, Field(description="What the file that it was made from said.")
    ]
    neuroglancer: NeuroglancerSource
    precomputed: PrecomputedSource
    links: Links


class Volumes(TypedDict):
    """All volumes."""

    volumes: list[Volume]
    unreadable: NotRequired[
        Annotated[list[str], Field(description="Ids of those that cannot be read now.")]
    ]


class ValueAtPoint(TypedDict):
    """The value of one voxel."""

    value: Annotated[
        Value | list[Value],
        Field(description="A list of channels; null is no number."),
    ]
    voxel: Annotated[
        list[int], Field(min_length=3, max_length=3, description="x, y, z at level 0.")
    ]
    point: Point
    space: str
    asked: NotRequired[Asked]


class Histogram(TypedDict):
    """How often values occur."""

    volume: str
    range: Annotated[list[float], Field(min_length=2, max_length=2)]
    edges: Annotated[list[float], Field(description="One more than counts.")]
    counts: list[int]
    value_range: Annotated[list[float | None], Field(min_length=2, max_length=2)]
    percentiles: Percentiles
    sampled: Annotated[
        bool, Field(description="Whether a part of the voxels was counted, not all of them.")
    ]
