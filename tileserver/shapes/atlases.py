"""Shapes of ``/api/atlases``."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from tileserver.shapes.common import Asked, Box, Links, Point

Side = Literal["left", "right"] | None


class Region(TypedDict):
    """One region, as its table has it."""

    id: int
    acronym: str
    name: str
    rgb: Annotated[list[int], Field(min_length=3, max_length=3, description="0 to 255.")]
    parent: Annotated[int | None, Field(description="Id of its parent; null for a root.")]
    path: Annotated[list[int], Field(description="Ids from the root to the region itself.")]
    label: Annotated[
        int | None,
        Field(description="Its value in the labels volume; null for a group."),
    ]
    hemisphere: Annotated[str | None, Field(description="Where each side is a region of its own.")]


class Match(TypedDict):
    """Why a search found a region."""

    field: Annotated[str, Field(description="Where it was found, such as name or acronym.")]
    kind: Annotated[str, Field(description="How well, such as exact, prefix or fuzzy.")]
    text: Annotated[str, Field(description="The text in which it was found.")]


class ListedRegion(Region):
    """One region of a list."""

    voxels: NotRequired[Annotated[int, Field(description="With all below it; with `voxels=1`.")]]
    match: NotRequired[Match]
    parcellation: NotRequired[str]


class Regions(TypedDict):
    """Regions of a list or a search."""

    regions: list[ListedRegion]
    total: Annotated[int, Field(description="How many there are without `limit`.")]


class Neighbour(Region):
    """A region that touches another."""

    area_mm2: Annotated[float, Field(description="Of the boundary that they share.")]


class ShareOfSide(TypedDict):
    """What of a region lies on one side."""

    voxels: int
    volume_mm3: float


class Mesh(TypedDict):
    """A surface in Neuroglancer's form."""

    format: str
    url: Annotated[str, Field(description="Address of the folder of meshes.")]
    segment: int


class RegionMap(TypedDict):
    """The probability map of a region."""

    volume: str
    channel: int
    unit: Annotated[float, Field(description="The value that means certain.")]
    links: Links


class RegionInFull(Region):
    """One region with all that is known of it; measures are of it with all below it."""

    synonyms: list[str]
    description: str
    ancestors: Annotated[list[Region], Field(description="The root first.")]
    children: list[Region]
    labels: Annotated[list[int], Field(description="Values of it and of all below it.")]
    parcellation: str
    space: str
    voxels: int
    volume_mm3: float
    centroid: Annotated[Point | None, Field(description="A point inside it, x, y, z in mm.")]
    bounding_box: Box | None
    axes: Annotated[
        list[Point] | None,
        Field(
            description="Three directions at right angles: its longest first, its thinnest last."
        ),
    ]
    hemispheres: Annotated[
        dict[str, ShareOfSide] | None, Field(description="By side; null where sides are not known.")
    ]
    share_of_parent: Annotated[float | None, Field(description="Of its parent's volume, 0 to 1.")]
    neighbours: list[Neighbour]
    brainglobe_mesh: Mesh | None
    mesh: Mesh | None
    probability_map: RegionMap | None
    citation: str
    licence: str
    links: Links


class Maps(TypedDict):
    """Probability maps of a parcellation: one channel a region."""

    volume: str
    labels: Annotated[list[int], Field(description="The region's label, channel by channel.")]
    unit: Annotated[float, Field(description="The value that means certain.")]
    threshold: float | None


class ParcellationOfAtlas(TypedDict):
    """One set of regions of an atlas."""

    id: str
    name: str
    labels: Annotated[str, Field(description="Id of the labels volume.")]
    regions: Annotated[int, Field(description="How many there are.")]
    depth: Annotated[int, Field(description="Of the tree; a root alone is 1.")]
    hemispheres: Annotated[str | None, Field(description="Id of the volume that tells sides.")]
    probabilities: Maps | None


class Atlas(TypedDict):
    """One atlas."""

    id: str
    name: str
    species: str
    citation: str
    licence: str
    link: str
    space: Annotated[str, Field(description="Name of its reference space.")]
    templates: Annotated[list[str], Field(description="Ids of volumes.")]
    parcellations: list[ParcellationOfAtlas]
    aliases: Annotated[list[str], Field(description="Other ids that find it.")]
    problems: Annotated[list[str], Field(description="What of its files could not be used.")]
    links: Links


class Atlases(TypedDict):
    """All atlases."""

    atlases: list[Atlas]


class Assignment(TypedDict):
    """A region that a point lies in."""

    region: Region
    ancestors: Annotated[list[Region], Field(description="The root first.")]
    parcellation: str
    probability: NotRequired[Annotated[float, Field(ge=0, le=1)]]


class Nearest(TypedDict):
    """The region that is nearest to a point."""

    region: Region
    distance_mm: Annotated[float | None, Field(description="0 inside it.")]


class AssignedPoint(TypedDict):
    """What is at one point."""

    point: Point
    space: str
    assignments: Annotated[list[Assignment], Field(description="Empty outside all regions.")]
    hemisphere: NotRequired[Side]
    nearest: NotRequired[Nearest | None]
    asked: NotRequired[Asked]


class AssignedPoints(TypedDict):
    """What is at each point, in the order of the request (format=json)."""

    items: list[AssignedPoint]
    next: None


class RegionWithAncestors(Region):
    """One region and those above it."""

    ancestors: Annotated[list[Region], Field(description="The root first.")]


class AssignedCompactly(TypedDict):
    """Regions once, and for each point its place in that list (format=compact)."""

    space: str
    parcellation: str
    regions: list[RegionWithAncestors]
    region: Annotated[
        list[int | None], Field(description="Place in `regions`, from 0; null outside all.")
    ]
    points: NotRequired[Annotated[list[Point], Field(description="Where they were carried to.")]]
    probabilities: NotRequired[
        Annotated[
            list[list[list[float]]], Field(description="Of each point: place and probability.")
        ]
    ]
    hemisphere: NotRequired[list[Side]]
    nearest: NotRequired[Annotated[list[int | None], Field(description="Place in `regions`.")]]
    distance_mm: NotRequired[list[float | None]]
