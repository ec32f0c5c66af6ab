"""The view document: what a link shows, in words of our own, versioned and kept for ever.

Every released version stays readable: `MIGRATIONS` leads from each to the next.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from atlasview.colormaps import COLORMAPS
from atlasview.errors import InvalidParameterError, NotFoundError, TooLargeError
from atlasview.marks.fields import FARTHEST, TEXT, TITLE, read_text

FORMAT: Literal["atlasview-view"] = "atlasview-view"
VERSION = 2
#: Ids of regions that may be selected at once, annotation sets shown, steps of a story.
_MOST_SELECTED, _MOST_SETS, _MOST_STEPS = 4096, 64, 200
#: What earlier versions were, as published: never changed.
_SCHEMAS = Path(__file__).parent / "schemas"

Coordinate = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST)]
Point = tuple[Coordinate, Coordinate, Coordinate]
Quaternion = tuple[
    Annotated[float, Field(ge=-1.001, le=1.001)],
    Annotated[float, Field(ge=-1.001, le=1.001)],
    Annotated[float, Field(ge=-1.001, le=1.001)],
    Annotated[float, Field(ge=-1.001, le=1.001)],
]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=200)]
RegionId = Annotated[str, Field(min_length=1, max_length=200)]
Scale = Annotated[float, Field(gt=0, le=FARTHEST)]
#: From behind, the left and above, as the page begins.
TURN_3D = (-0.8062, 0.2687, -0.1667, 0.5)
UPRIGHT = (1.0, 0.0, 0.0, 0.0)
#: How strongly regions that are not selected are drawn, as a share of the opacity.
FAINT = 0.12
_TURN = "Quaternion x, y, z, w, as Neuroglancer writes it; [1, 0, 0, 0] is upright."


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, strict=False, ser_json_inf_nan="null"
    )


class DataPart(_Part):
    """Which data: an atlas with one of its templates and parcellations, or a single volume."""

    atlas: Slug | None = Field(None, description="Id of an atlas.")
    template: Slug | None = Field(None, description="Id of the image shown.")
    parcellation: Slug | None = Field(None, description="Id of the parcellation shown.")
    volume: Slug | None = Field(None, description="Id of a volume that belongs to no atlas.")


class Camera(_Part):
    """Where one looks from."""

    at: Point = Field(description="Middle of every panel: x, y, z in mm, RAS+.")
    zoom: Scale = Field(description="Millimetres a pixel in the planes.")
    turn: Quaternion = Field(UPRIGHT, description=f"How the planes are turned. {_TURN}")
    zoom3d: Scale | None = Field(None, description="Millimetres over the height of the 3D panel.")
    turn3d: Quaternion = Field(TURN_3D, description=f"How the 3D panel is turned. {_TURN}")

    @field_validator("turn", "turn3d")
    @classmethod
    def _turns(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if sum(v * v for v in value) < 1e-6:
            raise ValueError("it is no turn")
        return value


class Comparison(_Part):
    """A second volume in step with the first."""

    volume: Slug = Field(description="Id of the second volume.")
    how: Literal["swipe", "beside"] = Field(
        "swipe", description="Under a divider that slides, or beside the first."
    )
    at: float = Field(
        0.5, ge=0, le=1, description="The share of the map at the left of the divider."
    )
    window: tuple[float, float] | None = Field(
        None, description="Values of the second drawn black and white; null is its own."
    )


class StylePart(_Part):
    """How the data are drawn."""

    layout: Literal["4panel", "horizontal", "coronal", "sagittal", "3d"] = "4panel"
    selected: tuple[RegionId, ...] = Field(
        (), max_length=_MOST_SELECTED, description="Ids of the selected regions."
    )
    channel: int | None = Field(
        None, ge=0, lt=10**6, description="Of an image with several; null is its first, or colour."
    )
    window: tuple[float, float] | None = Field(
        None, description="Values drawn black and white; null is the volume's own."
    )
    gamma: float = Field(1.0, ge=0.1, le=10)
    invert: bool = Field(False, description="Does the image grow darker as its values rise?")
    colormap: str = Field(
        "gray",
        pattern=rf"^({'|'.join(COLORMAPS)}|[0-9a-f]{{6}})$",
        description="Of the image: name of a colour map, or a colour rrggbb that grows from black.",
    )
    template: bool = Field(True, description="Is the image shown?")
    regions: bool = Field(True, description="Are the regions shown?")
    opacity: float = Field(0.4, ge=0, le=1, description="Of the regions.")
    drawing: Literal["fill", "outline", "both"] = "both"
    crosshair: bool = True
    depth: int | None = Field(
        None, ge=0, le=1000, description="Where the ontology is cut, a root being at 0."
    )
    palette: Literal["atlas", "distinct", "safe"] = "atlas"
    colors: dict[RegionId, Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]] = Field(
        default_factory=dict,
        max_length=_MOST_SELECTED,
        description="Colours chosen for regions and all below them, by id.",
    )
    hidden: tuple[RegionId, ...] = Field(
        (), max_length=_MOST_SELECTED, description="Regions not drawn, nor what is below them."
    )
    isolate: bool = Field(False, description="Are other regions than the selected not drawn?")
    side: Literal["left", "right"] | None = Field(None, description="Only this hemisphere.")
    names: bool = Field(False, description="Are names written on the regions?")
    solids: Literal["selected", "all", "none"] = Field(
        "selected", description="Whose surfaces the 3D panel shows; all where nothing is selected."
    )
    shell: bool = Field(True, description="Is the outside of the brain shown in the 3D panel?")
    sections: bool = Field(True, description="Are the planes shown in the 3D panel?")
    coordinates: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._:-]{0,199}$")] | None = Field(
        None,
        description="How coordinates are read: voxel, id of an origin such as ac-pc, or space: and "
        "the id of another space; null is mm of the space.",
    )
    compare: Comparison | None = Field(None, description="A second volume in step.")

    @field_validator("window")
    @classmethod
    def _rises(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and value[0] >= value[1]:
            raise ValueError("lo must be below hi")
        return value


class ShownSet(_Part):
    """An annotation set that is shown."""

    set: Slug = Field(description="Id of the set.")
    visible: bool = True
    coloring: Annotated[str, Field(pattern=r"^(own|region|number:[a-z][a-z0-9_]{0,49})$")] = Field(
        "own",
        description="Its annotations have their own colours, those of their regions, or one by a "
        "number that they have: number: and its name.",
    )
    range: tuple[float, float] | None = Field(
        None, description="Of the number: what is drawn darkest and brightest."
    )
    region: RegionId | None = Field(
        None, description="Only annotations in this region and below it are drawn."
    )

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        if self.coloring.startswith("number:") != (self.range is not None):
            raise ValueError("a range belongs to a number, and a number has one")
        if self.range is not None and self.range[0] >= self.range[1]:
            raise ValueError("lo must be below hi")
        return self


class Shown(_Part):
    """What is to be seen: of a view, or of one step of a story."""

    space: str | None = Field(None, max_length=200, description="Reference space of the points.")
    data: DataPart = DataPart()
    camera: Camera
    style: StylePart = StylePart()
    annotations: tuple[ShownSet, ...] = Field((), max_length=_MOST_SETS)


class Step(Shown):
    """One step of a story: a place, and what there is to say of it."""

    title: str = Field("", max_length=TITLE)
    text: str = Field("", max_length=TEXT)

    @field_validator("title", "text")
    @classmethod
    def _plain(cls, value: str) -> str:
        try:
            return read_text("text", value, TEXT)
        except InvalidParameterError as exc:
            raise ValueError(exc.expected) from None


class ViewDocument(Shown):
    """A view, version 2; one with steps is a story, and shows its first step at first."""

    format: Literal["atlasview-view"] = FORMAT
    version: Literal[2]
    steps: tuple[Step, ...] = Field((), max_length=_MOST_STEPS, description="Of a story.")
    digests: dict[Slug, Annotated[str, Field(max_length=128)]] = Field(
        default_factory=dict,
        max_length=64,
        description="Digest of each volume shown, as the server told it when the view was made.",
    )

    def at_step(self, number: int | None) -> ViewDocument:
        """Return what a step of a story shows, counted from 1; the view itself without a number.

        Raises
        ------
        NotFoundError
            The story has no such step.
        """
        if number is None:
            return self
        if not 1 <= number <= len(self.steps):
            raise NotFoundError("step", number, range(1, len(self.steps) + 1))
        shown = {name: getattr(self.steps[number - 1], name) for name in Shown.model_fields}
        return self.model_copy(update={**shown, "steps": ()})


#: What there is too much of, by what pydantic calls it.
_UNITS = {"too_long": "entries", "string_too_long": "characters"}
Migration = Callable[[dict[str, Any]], dict[str, Any]]
#: From a version to the next; a version that was once written stays here for ever.
MIGRATIONS: dict[int, Migration] = {1: lambda document: {**document, "version": 2}}


def schema(version: int = VERSION, address: str = "") -> dict[str, Any]:
    """Return the JSON Schema of the document.

    Raises
    ------
    InvalidParameterError
        There is no such version.
    """
    if not 1 <= version <= VERSION:
        raise InvalidParameterError("version", version, f"there are versions 1 to {VERSION}")
    if version == VERSION:
        found = ViewDocument.model_json_schema()
    else:
        found = json.loads((_SCHEMAS / f"view-{version}.json").read_text(encoding="utf-8"))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **({"$id": address} if address else {}),
        **found,
        "title": f"AtlasView view, version {version}",
    }


def upgraded(
    document: Mapping[str, Any],
    migrations: Mapping[int, Migration] = MIGRATIONS,
    to: int = VERSION,
) -> dict[str, Any]:
    """Return a document of any version as one of the newest.

    Raises
    ------
    InvalidParameterError
        It names no version that is known here.
    """
    found = dict(document)
    while (version := found.get("version")) != to or isinstance(version, bool):
        if isinstance(version, bool) or not isinstance(version, int) or version not in migrations:
            raise InvalidParameterError(
                "state.version", version, f"view documents up to version {to} are known here"
            )
        found = migrations[version](found)
    return found


def is_document(state: Mapping[str, Any]) -> bool:
    """Tell a document of ours from a Neuroglancer state."""
    return "version" in state or state.get("format") == FORMAT


def read_document(state: Mapping[str, Any]) -> ViewDocument:
    """Read a view document of any version.

    Raises
    ------
    InvalidParameterError
        It names the member that does not fit.
    TooLargeError
        More is selected or shown than a view may hold.
    """
    try:
        return ViewDocument.model_validate(upgraded(state))
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_context=True)[0]
        name = ".".join(("state", *map(str, first["loc"])))
        if first["type"] in _UNITS:
            most = int(first.get("ctx", {})["max_length"])
            unit = _UNITS[first["type"]]
            raise TooLargeError(name[:200], len(first["input"]), most, unit) from None
        if first["type"] == "extra_forbidden":
            raise InvalidParameterError(name[:200], "…", "there is no such member") from None
        if first["type"] == "missing":
            raise InvalidParameterError(name[:200], None, "a view document has it") from None
        raise InvalidParameterError(
            name[:200], first["input"], first["msg"][:1].lower() + first["msg"][1:]
        ) from None


def written(document: ViewDocument) -> dict[str, Any]:
    """Return a document as JSON has it."""
    found: dict[str, Any] = json.loads(document.model_dump_json())
    return found
