"""``/api/annotations/{set}/items``: the marks of a set, one by one."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from atlasview.errors import InvalidParameterError, TooLargeError
from atlasview.marks.annotation import Annotation, read_annotation
from atlasview.marks.fields import only, read_object
from atlasview.marks.items import Placed, Wanted
from atlasview.marks.shapes import SHAPES
from tileserver.access import key_of
from tileserver.bodies import json_body
from tileserver.caching import json_answer
from tileserver.documents import PROBLEM_RESPONSES, ref
from tileserver.markdocs import IF_MATCH, KEY, ONCE, body
from tileserver.params import parse_float
from tileserver.placing import regions_for
from tileserver.repeats import once_of
from tileserver.revisions import expected_revision, revision_tag
from tileserver.routes.annotations import Author, NextQuery, SetId, private
from tileserver.shapes import annotations as shapes
from tileserver.state import State, state_of

router = APIRouter(
    prefix="/api/annotations/{set}", tags=["annotations"], responses=PROBLEM_RESPONSES
)
ItemId = Annotated[str, Path(description="Id of an annotation.", max_length=32)]
RegionQuery = Annotated[
    str | None,
    Query(max_length=200, description="Id or acronym of a region; all below it count."),
]
TagQuery = Annotated[str | None, Query(max_length=100, description="Only those with this tag.")]
TypeQuery = Annotated[
    str | None,
    Query(description="Only those of this type.", json_schema_extra={"enum": list(SHAPES)}),
]
BoxQuery = Annotated[
    str | None,
    Query(
        max_length=200,
        description="x0:x1,y0:y1,z0:z1 in mm, such as -30:-20,0:10,-5:5: only what reaches into "
        "this box.",
    ),
]
#: One annotation has this many bytes at most.
_BYTES = 1 << 20


@router.get(
    "/items",
    summary="Annotations",
    response_model=shapes.Annotations,
    openapi_extra={"security": KEY},
)
async def list_items(
    request: Request,
    set: SetId,
    limit: Annotated[int, Query(ge=1, le=10_000, description="At most so many.")] = 1000,
    next: Annotated[int, Query(ge=0, le=1 << 40, description="As the page before said.")] = 0,
    region: RegionQuery = None,
    tag: TagQuery = None,
    type: TypeQuery = None,
    mm: BoxQuery = None,
) -> Response:
    """List annotations in the order in which they were made.

    ``revision`` is that of the set: `…/events?since=` it tells all that comes after this list.
    """
    state = state_of(request)
    key = key_of(request)
    wanted = read_wanted(region, tag, type, mm)
    items = state.marks.items
    page = await state.marks.run(lambda: items.page(set, key, wanted, limit, next))
    return json_answer(request, {"items": page.items, "next": page.next, "revision": page.revision})


@router.post(
    "/items",
    summary="Add annotations", response_model=shapes.Annotation | shapes.AddedAnnotations,
    status_code=201,
    openapi_extra={"security": KEY, "parameters": [ONCE], "requestBody": body(
        {"oneOf": [ref("NewAnnotation"), {"type": "object", "required": ["items"], "properties": {
            "items": {"type": "array", "items": ref("NewAnnotation")}}}]}
    )},
)  # fmt: skip
async def add_items(request: Request, set: SetId, author: Author = None) -> Response:
    """Add an annotation, or many as ``{"items": […]}``, all or none."""
    state = state_of(request)
    key, once = key_of(request), await once_of(request)
    found = await json_body(request, state.settings.max_body_bytes)
    many = isinstance(found, dict) and "items" in found
    if many:
        only(found, ("items",))
        if not isinstance(found["items"], list) or not found["items"]:
            raise InvalidParameterError("items", found["items"], "it takes a list of annotations")
        if len(found["items"]) > state.settings.max_points:
            raise TooLargeError(
                "items", len(found["items"]), state.settings.max_points, "annotations"
            )
        listed = enumerate(found["items"])
        read = await state.work.run(lambda: [read_annotation(a, f"items.{i}.") for i, a in listed])
    else:
        read = [read_annotation(read_object("body", found))]
    placed = await place(state, set, key, read)
    items = state.marks.items
    made = await state.marks.write(lambda: items.add(set, key, placed, author=author, once=once))
    answer: dict[str, Any] = {"items": made} if many else made[0]
    # Of a hundred thousand it takes seconds, in which others are to be answered.
    response = private(await state.work.run(lambda: json_answer(request, answer)))
    response.status_code = 201
    if not many:
        response.headers["ETag"] = revision_tag(made[0]["revision"])
        response.headers["Location"] = f"{request.url.path}/{made[0]['id']}"
    else:
        del response.headers["ETag"]
    return response


@router.get(
    "/items/{item}",
    summary="One annotation",
    response_model=shapes.Annotation,
    openapi_extra={"security": KEY},
)
async def get_item(request: Request, set: SetId, item: ItemId) -> Response:
    """Return an annotation with its region and what is measured of it."""
    state = state_of(request)
    key = key_of(request)
    found = await state.marks.run(lambda: state.marks.items.get(set, item, key))
    return json_answer(request, found, tag=revision_tag(found["revision"]))


@router.put(
    "/items/{item}",
    summary="Change an annotation",
    response_model=shapes.Annotation,
    openapi_extra={
        "security": KEY,
        "parameters": [IF_MATCH, ONCE],
        "requestBody": body(ref("NewAnnotation")),
    },
)
async def change_item(
    request: Request, set: SetId, item: ItemId, author: Author = None
) -> Response:
    """Write an annotation anew. Who was slower gets 412 with what it is now."""
    state = state_of(request)
    key, expected, once = key_of(request), expected_revision(request), await once_of(request)
    read = read_annotation(read_object("body", await json_body(request, _BYTES)))
    placed = (await place(state, set, key, [read]))[0]
    items = state.marks.items
    found = await state.marks.write(
        lambda: items.replace(set, item, key, expected, placed, author=author, once=once)
    )
    return _written(request, found)


@router.delete(
    "/items/{item}",
    summary="Delete an annotation",
    response_model=shapes.RemovedAnnotation,
    openapi_extra={"security": KEY, "parameters": [IF_MATCH, ONCE]},
)
async def remove_item(
    request: Request, set: SetId, item: ItemId, author: Author = None
) -> Response:
    """Delete an annotation; its history keeps it, and brings it back."""
    state = state_of(request)
    key, expected, once = key_of(request), expected_revision(request), await once_of(request)
    items = state.marks.items
    found = await state.marks.write(
        lambda: items.remove(set, item, key, expected, author=author or "", once=once)
    )
    return _written(request, found)


@router.get(
    "/items/{item}/history",
    summary="Revisions of an annotation",
    response_model=shapes.AnnotationHistory,
    openapi_extra={"security": KEY},
)
async def get_item_history(
    request: Request,
    set: SetId,
    item: ItemId,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many.")] = 100,
    next: NextQuery = None,
) -> Response:
    """List the changes of an annotation, the newest first."""
    state = state_of(request)
    key = key_of(request)
    items = state.marks.items
    found, more = await state.marks.run(lambda: items.history(set, key, limit, next, item))
    return json_answer(request, {"items": found, "next": more})


@router.post(
    "/items/{item}/restore",
    summary="Bring a revision of an annotation back",
    response_model=shapes.Annotation,
    openapi_extra={
        "security": KEY,
        "parameters": [IF_MATCH, ONCE],
        "requestBody": body(
            {
                "type": "object",
                "required": ["revision"],
                "properties": {"revision": {"type": "integer", "minimum": 1}},
            }
        ),
    },
)
async def restore_item(
    request: Request, set: SetId, item: ItemId, author: Author = None
) -> Response:
    """Bring an earlier revision back, also of a deleted annotation, as its newest revision."""
    state = state_of(request)
    key, expected, once = key_of(request), expected_revision(request), await once_of(request)
    asked = read_object("body", await json_body(request, _BYTES))
    only(asked, ("revision",))
    revision = asked.get("revision")
    if isinstance(revision, bool) or not isinstance(revision, int) or not 0 < revision < 1 << 31:
        raise InvalidParameterError("revision", revision, "it takes a whole number from 1")
    items = state.marks.items
    found = await state.marks.write(
        lambda: items.restore(set, item, key, expected, revision, author=author or "", once=once)
    )
    return _written(request, found)


async def place(
    state: State, set_id: str, key: str | None, annotations: list[Annotation]
) -> list[Placed]:
    """Look up the regions of annotations, for who may add them.

    Raises
    ------
    NotFoundError, GoneError, ForbiddenError
    """
    whole = await state.marks.run(lambda: state.marks.sets.marked(set_id, key))
    regions = await state.work.run(lambda: regions_for(state.catalog, whole, annotations))
    return list(zip(annotations, regions, strict=True))


def read_wanted(region: str | None, tag: str | None, type: str | None, mm: str | None) -> Wanted:
    """Read which annotations are asked for.

    Raises
    ------
    InvalidParameterError
    """
    if type is not None and type not in SHAPES:
        raise InvalidParameterError("type", type, "it takes " + ", ".join(SHAPES))
    return Wanted(region=region, tag=tag, type=type, box=None if mm is None else _box(mm))


def _box(text: str) -> tuple[float, float, float, float, float, float]:
    expected = "it takes x0:x1,y0:y1,z0:z1 in mm, the lower number first"
    pairs = [part.split(":") for part in text.split(",")]
    if len(pairs) != 3 or any(len(p) != 2 for p in pairs):
        raise InvalidParameterError("mm", text, expected)
    ((x0, x1), (y0, y1), (z0, z1)) = (
        [parse_float("mm", v.strip()) for v in pair] for pair in pairs
    )
    if x0 > x1 or y0 > y1 or z0 > z1 or not all(map(math.isfinite, (x0, y0, z0))):
        raise InvalidParameterError("mm", text, expected)
    return x0, y0, z0, x1, y1, z1


def _written(request: Request, found: dict[str, Any]) -> Response:
    response = private(json_answer(request, found))
    response.headers["ETag"] = revision_tag(found["revision"])
    return response
