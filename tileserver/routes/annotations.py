"""``/api/annotations``: sets of marks that people share, and what has happened to them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from atlasview.errors import ForbiddenError, InvalidParameterError
from atlasview.marks.fields import AUTHOR, TEXT, TITLE, only, read_choice, read_object, read_text
from atlasview.marks.rights import ACCESS
from atlasview.marks.sets import AnnotationSet, SetDraft
from tileserver.access import key_of
from tileserver.bodies import json_body
from tileserver.caching import etag, json_answer
from tileserver.documents import PROBLEM_RESPONSES, ref
from tileserver.making import is_foreign
from tileserver.markdocs import IF_MATCH, KEY, ONCE, body
from tileserver.placing import parcellation_of, spaces
from tileserver.repeats import once_of
from tileserver.revisions import expected_revision, revision_tag
from tileserver.routes.views import base_of
from tileserver.shapes import annotations as shapes
from tileserver.state import State, state_of

router = APIRouter(prefix="/api/annotations", tags=["annotations"], responses=PROBLEM_RESPONSES)
SetId = Annotated[str, Path(description="Id of an annotation set.", max_length=32)]
Author = Annotated[str | None, Query(max_length=AUTHOR, description="Who makes the change.")]
NextQuery = Annotated[int | None, Query(ge=1, le=1 << 40, description="What the page before said.")]
_MEMBERS = ("title", "text", "author", "space", "access", "atlas", "parcellation")
_TOLD = ("id", "url", "revision", "edition", "count", "created", "updated", "links")
#: Bytes of a body without annotations.
_SMALL = 1 << 17


@router.post(
    "",
    summary="Make a set",
    status_code=201,
    response_model=shapes.MadeSet,
    openapi_extra={"requestBody": body(ref("NewSet"))},
)
async def make_set(request: Request) -> Response:
    """Make a set; answer with its keys, which are never shown again.

    The edit key changes everything; the read key opens a private set. Annotations of an editable
    set are changed by whoever has its link.
    """
    state = state_of(request)
    draft = await _draft(request, state, None)
    state.allowance.take(request.client and request.client.host, foreign=is_foreign(request))
    made = await state.marks.write(lambda: state.marks.sets.create(draft))
    address = f"{base_of(request)}/api/annotations/{made.id}"
    answer: dict[str, Any] = {"id": made.id, "url": address, "revision": made.revision}
    answer["edit_key"], answer["read_key"] = made.edit_key, made.read_key
    response = json_answer(request, answer)
    response.status_code = 201
    response.headers.update(
        {"Location": address, "ETag": revision_tag(1), "Cache-Control": "no-store"}
    )
    return response


@router.get(
    "",
    summary="Sets of a key",
    response_model=shapes.AnnotationSets,
    openapi_extra={"security": KEY},
)
async def list_sets(request: Request) -> Response:
    """List the sets that an edit key opens. Nobody can list the sets of others."""
    state = state_of(request)
    key = key_of(request)
    if key is None:
        raise ForbiddenError("list annotation sets", given=False)
    found = await state.marks.run(lambda: state.marks.sets.owned(key))
    base = base_of(request)
    return private(json_answer(request, {"sets": [told_set(s, base) for s in found], "next": None}))


@router.get(
    "/{set}",
    summary="One set",
    response_model=shapes.AnnotationSet,
    openapi_extra={"security": KEY},
)
async def get_set(request: Request, set: SetId) -> Response:
    """Describe a set: title, space, rights, how many annotations, and its revision."""
    state = state_of(request)
    key = key_of(request)
    found = await state.marks.run(lambda: state.marks.sets.get(set, key))
    return _answer(request, found)


@router.put(
    "/{set}",
    summary="Change a set",
    response_model=shapes.AnnotationSet,
    openapi_extra={"security": KEY, "parameters": [IF_MATCH], "requestBody": body(ref("NewSet"))},
)
async def change_set(request: Request, set: SetId) -> Response:
    """Change title, text, rights or atlas of a set; If-Match takes its ``edition``."""
    state = state_of(request)
    key, expected = key_of(request), expected_revision(request)
    before = await state.marks.run(lambda: state.marks.sets.get(set, key))
    draft = await _draft(request, state, before)
    found = await state.marks.write(lambda: state.marks.sets.change(set, key, expected, draft))
    return _answer(request, found)


@router.delete(
    "/{set}", summary="Take a set away", status_code=204, openapi_extra={"security": KEY}
)
async def remove_set(request: Request, set: SetId) -> Response:
    """Take a set away; its edit key brings it back with `POST …/restore`."""
    state = state_of(request)
    key = key_of(request)
    await state.marks.write(lambda: state.marks.remove_set(set, key))
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


@router.get(
    "/{set}/history",
    summary="Every change",
    response_model=shapes.AnnotationHistory,
    openapi_extra={"security": KEY},
)
async def get_set_history(
    request: Request,
    set: SetId,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many.")] = 100,
    next: NextQuery = None,
) -> Response:
    """List the changes of a set, the newest first, each with the annotation as it became."""
    state = state_of(request)
    key = key_of(request)
    items = state.marks.items
    found, more = await state.marks.run(lambda: items.history(set, key, limit, next))
    return json_answer(request, {"items": found, "next": more})


@router.post(
    "/{set}/restore",
    summary="Bring a set back",
    response_model=shapes.AnnotationSet | shapes.AnnotationStep,
    openapi_extra={
        "security": KEY,
        "parameters": [ONCE],
        "requestBody": body(
            {"type": "object", "properties": {"revision": {"type": "integer", "minimum": 1}}}
        ),
    },
)
async def restore_set(request: Request, set: SetId, author: Author = None) -> Response:
    """Bring back a set that was taken away; with ``revision``, all annotations as they were then.

    The edit key does it. What happened in between stays in the history.
    """
    state = state_of(request)
    key, once = key_of(request), await once_of(request)
    asked = read_object("body", await json_body(request, _SMALL))
    only(asked, ("revision",))
    if asked.get("revision") is None:
        found = await state.marks.write(lambda: state.marks.sets.bring_back(set, key))
        return _answer(request, found)
    revision = _whole("revision", asked["revision"])
    items = state.marks.items
    answer = await state.marks.write(lambda: items.rewind(set, key, revision, author or "", once))
    return private(json_answer(request, answer))


@router.post(
    "/{set}/undo",
    summary="Undo",
    response_model=shapes.AnnotationStep,
    openapi_extra={"security": KEY, "parameters": [ONCE]},
)
async def undo(request: Request, set: SetId, author: Author = None) -> Response:
    """Take back the last step, of one author or of anybody; 409 if somebody built on it since."""
    return await _undo(request, set, author, redo=False)


@router.post(
    "/{set}/redo",
    summary="Redo",
    response_model=shapes.AnnotationStep,
    openapi_extra={"security": KEY, "parameters": [ONCE]},
)
async def redo(request: Request, set: SetId, author: Author = None) -> Response:
    """Do again what was undone last."""
    return await _undo(request, set, author, redo=True)


async def _undo(request: Request, set: str, author: str | None, *, redo: bool) -> Response:
    state = state_of(request)
    key, once = key_of(request), await once_of(request)
    _own_page(request, key)
    items = state.marks.items
    answer = await state.marks.write(lambda: items.undo(set, key, author, redo=redo, once=once))
    return private(json_answer(request, answer))


def private(response: Response) -> Response:
    """Return an answer that nobody keeps."""
    response.headers["Cache-Control"] = "no-store"
    return response


def told_set(found: AnnotationSet, base: str) -> dict[str, Any]:
    """Return a set as JSON has it."""
    address = f"{base}/api/annotations/{found.id}"
    return {
        **found.told(),
        "url": address,
        "links": {
            "self": address,
            "items": f"{address}/items",
            "history": f"{address}/history",
            "events": f"{address}/events",
            "export": f"{address}/export",
        },
    }


def _answer(request: Request, found: AnnotationSet) -> Response:
    answer = told_set(found, base_of(request))
    tag = revision_tag(found.edition, f"{found.revision:x}", etag(answer).strip('"')[:8])
    response = json_answer(request, answer, tag=tag)
    return response if request.method == "GET" else private(response)


def _own_page(request: Request, key: str | None) -> None:
    """Refuse what a form on another page can send: a POST without a body, a key or our header."""
    if key is None and "idempotency-key" not in request.headers:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise InvalidParameterError("Content-Type", kind, "it takes application/json, or a key")


def _whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < 1 << 31:
        raise InvalidParameterError(name, value, "it takes a whole number from 1")
    return value


async def _draft(request: Request, state: State, before: AnnotationSet | None) -> SetDraft:
    found = read_object("body", await json_body(request, _SMALL))
    only(found, (*_MEMBERS, *_TOLD))
    title = read_text("title", found.get("title"), TITLE, needed=True)
    if before is not None and found.get("space", before.space) != before.space:
        raise InvalidParameterError(
            "space", found["space"], f"the points are of {before.space} and stay there"
        )
    space = read_text("space", found.get("space"), TITLE) or (before.space if before else "")
    known = spaces(state.catalog)
    if before is None and space not in known:
        raise InvalidParameterError("space", space, "it takes " + ", ".join(known))
    atlas, parcellation = (
        read_text(name, found.get(name), TITLE) or None for name in ("atlas", "parcellation")
    )
    if before is None or (atlas, parcellation) != (
        before.doc["atlas"], before.doc["parcellation"],
    ):  # fmt: skip
        parcellation_of(state.catalog, space, atlas, parcellation)
    return SetDraft(
        title=title,
        space=space,
        text=read_text("text", found.get("text"), TEXT),
        author=read_text("author", found.get("author"), AUTHOR),
        access=read_choice(
            "access", found.get("access", before.access if before else "readable"), ACCESS
        ),
        atlas=atlas,
        parcellation=parcellation,
    )
