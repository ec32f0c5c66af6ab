"""Shapes of ``/api/annotations``."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from tileserver.shapes.common import Links, Point


class MadeSet(TypedDict):
    """A set that was just made."""

    id: str
    url: str
    revision: int
    edit_key: Annotated[str, Field(description="Changes everything; shown this once.")]
    read_key: Annotated[str, Field(description="Opens a private set; shown this once.")]


class AnnotationSet(TypedDict):
    """One set."""

    id: str
    title: str
    text: str
    author: str
    atlas: str | None
    parcellation: str | None
    space: Annotated[str, Field(description="Name of the space of its points.")]
    access: Literal["private", "readable", "editable"]
    revision: Annotated[int, Field(description="Grows with every change of an annotation.")]
    edition: Annotated[int, Field(description="Grows with every change of title, text or rights.")]
    count: int
    created: Annotated[str, Field(description="RFC 3339, UTC.")]
    updated: str
    url: str
    links: Links


class AnnotationSets(TypedDict):
    """Sets of a key."""

    sets: list[AnnotationSet]
    next: None


class RegionAbove(TypedDict):
    """A region above that of an annotation."""

    id: int
    acronym: str
    name: str


class RegionOfAnnotation(RegionAbove):
    """The region that an annotation lies in."""

    atlas: str
    parcellation: str
    ancestors: Annotated[list[RegionAbove], Field(description="The root first.")]


class Measures(TypedDict):
    """What is measured of an annotation, by its type."""

    length_mm: NotRequired[float]
    angle_deg: NotRequired[float | None]
    perimeter_mm: NotRequired[float]
    area_mm2: NotRequired[float]
    volume_mm3: NotRequired[float]
    size_mm: NotRequired[list[float]]
    radii_mm: NotRequired[list[float]]


class Annotation(TypedDict):
    """One annotation."""

    id: str
    revision: int
    seq: Annotated[int, Field(description="Revision of the set with which it became so.")]
    type: Literal["point", "line", "polyline", "polygon", "box", "ellipsoid"]
    points: Annotated[
        list[Point],
        Field(description="Opposite corners of a box; centre and half axes of an ellipsoid."),
    ]
    label: str
    text: str
    color: Annotated[str | None, Field(description="#rrggbb")]
    tags: list[str]
    author: str
    properties: NotRequired[dict[str, float]]
    region: RegionOfAnnotation | None
    measures: Measures
    created: Annotated[str, Field(description="RFC 3339, UTC.")]
    updated: str


class Annotations(TypedDict):
    """Some annotations."""

    items: list[Annotation]
    next: Annotated[int | None, Field(description="To be sent for more; null at the end.")]
    revision: Annotated[int, Field(description="Of the set, when this was read.")]


class AddedAnnotations(TypedDict):
    """Annotations that were just added."""

    items: list[Annotation]


class RemovedAnnotation(TypedDict):
    """An annotation that was just deleted."""

    id: str
    revision: int
    seq: int


class AnnotationChange(TypedDict):
    """One change of a set."""

    revision: Annotated[int, Field(description="Of the set.")]
    action: str
    author: str
    at: Annotated[str, Field(description="RFC 3339, UTC.")]
    step: Annotated[int, Field(description="Changes of one step are undone together.")]
    item: Annotated[str, Field(description="Id of the annotation.")]
    item_revision: int
    annotation: Annotated[Annotation | None, Field(description="As it became; null if deleted.")]


class AnnotationHistory(TypedDict):
    """Changes, the newest first."""

    items: list[AnnotationChange]
    next: Annotated[int | None, Field(description="To be sent for more; null at the end.")]


class AnnotationStep(TypedDict):
    """What a step did."""

    revision: int
    of: Annotated[int | None, Field(description="Revision of the step that was undone or redone.")]
    changes: list[AnnotationChange]


class Imported(TypedDict):
    """What was taken from a file."""

    imported: int
    revision: int
