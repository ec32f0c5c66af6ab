"""``/api/views``: short links that are made, revised, listed, let expire and revoked."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from atlasview.errors import InvalidParameterError
from atlasview.marks.address import format_address
from atlasview.marks.clock import read_future
from atlasview.marks.fields import AUTHOR, TEXT, TITLE, only, read_flag, read_object, read_text
from atlasview.marks.viewdocument import VERSION, schema, written
from atlasview.marks.views import View, ViewDraft
from tileserver.access import key_of
from tileserver.bodies import json_body
from tileserver.caching import etag, json_answer
from tileserver.documents import PROBLEM_RESPONSES, json_schema, ref
from tileserver.making import is_foreign
from tileserver.markdocs import KEY, body
from tileserver.revisions import expected_revision, revision_tag
from tileserver.shapes import views as shapes
from tileserver.state import State, state_of
from tileserver.viewcarry import carried_view
from tileserver.viewdata import changes_since, check_view_state, document_of, made_on

router = APIRouter(prefix="/api", tags=["views"], responses=PROBLEM_RESPONSES)
ViewId = Annotated[str, Path(description="Id of a view.", max_length=32)]
Revision = Annotated[
    int | None, Query(ge=1, le=10**9, description="Which revision; the newest when not said.")
]
_MEMBERS = ("title", "text", "author", "state", "expires", "minimal", "listed")
#: Told of a view, and ignored when sent back with it.
_TOLD = (
    "id", "url", "revision", "newest", "created", "updated", "document", "address", "changes",
    "links",
)  # fmt: skip
_BODY: dict[str, Any] = {"requestBody": body(ref("NewView"))}


def _keyed(*more: dict[str, Any]) -> dict[str, Any]:
    """Return how OpenAPI describes an operation that takes a key."""
    out: dict[str, Any] = {"security": KEY}
    for part in more:
        out |= part
    return out


IF_MATCH: dict[str, Any] = {
    "parameters": [
        {
            "name": "If-Match",
            "in": "header",
            "required": False,
            "description": 'The revision that is changed, such as `"3"`: 428 without, 412 when '
            "somebody changed it in between.",
            "schema": {"type": "string"},
        }
    ]
}


@router.get(
    "/schemas/view/{version}.json",
    summary="JSON Schema of the view document",
    response_class=Response,
    responses=json_schema("The schema."),
)
async def get_view_schema(
    request: Request,
    version: Annotated[
        str, Path(description="Of the document.", json_schema_extra={"example": "2"})
    ],
) -> Response:
    """Return the JSON Schema of a version of the view document."""
    if version not in map(str, range(1, VERSION + 1)):
        raise InvalidParameterError("version", version, f"there are versions 1 to {VERSION}")
    address = f"{base_of(request)}/api/schemas/view/{version}.json"
    return json_answer(
        request, schema(int(version), address), 3600, media_type="application/schema+json"
    )


@router.post(
    "/views",
    summary="Make a view",
    status_code=201,
    response_model=shapes.MadeView,
    openapi_extra=_keyed(_BODY),
)
async def make_view(request: Request) -> Response:
    """Keep a view; answer with its short link and its edit key, which is never shown again.

    With the key of another view it is put beside that one, under the same key.
    """
    state = state_of(request)
    key = key_of(request)
    draft = await _draft(request, state)
    state.allowance.take(request.client and request.client.host, foreign=is_foreign(request))
    made = await state.marks.write(lambda: state.marks.views.create(draft, key))
    url = f"{base_of(request)}/views/{made.id}"
    answer: dict[str, Any] = {"id": made.id, "url": url, "revision": made.revision}
    answer["edit_key"] = made.key
    response = json_answer(request, answer)
    response.status_code = 201
    response.headers.update(
        {
            "Location": f"{base_of(request)}/api/views/{made.id}",
            "ETag": revision_tag(made.revision),
            "Cache-Control": "no-store",
        }
    )
    return response


@router.get(
    "/views",
    summary="Views of a key, or those that may be found",
    response_model=shapes.Views,
    openapi_extra=_keyed(),
)
async def list_views(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many.")] = 100,
    next: Annotated[
        str | None, Query(max_length=100, description="What the page before said.")
    ] = None,
) -> Response:
    """List the views that the key opens, the newest first, expired ones too.

    Without a key: those whose makers let everybody find them.
    """
    state = state_of(request)
    key = key_of(request)
    shown, more = await state.marks.run(lambda: state.marks.views.page(key, limit, next))
    base = base_of(request)
    answer = {"views": [_brief(view, base) for view in shown], "next": more}
    return _private(json_answer(request, answer)) if key else json_answer(request, answer)


@router.get("/views/{view}", summary="One view", response_model=shapes.View, openapi_extra=_keyed())
async def get_view(
    request: Request,
    view: ViewId,
    revision: Revision = None,
    space: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Carry it to this space: camera, data that lie there, regions of the same "
            "name. A space that nothing leads to is a 409.",
        ),
    ] = None,
) -> Response:
    """Return a view, its newest revision or any, and what has changed since it was made.

    With its key one that expired is shown, too.
    """
    state = state_of(request)
    key = key_of(request)
    found = await state.marks.run(lambda: state.marks.views.get(view, revision, key))
    answer = await _answer(request, state, found, space)
    return _private(answer) if key else answer


@router.get(
    "/views/{view}/revisions", summary="Revisions of a view", response_model=shapes.Revisions
)
async def list_revisions(request: Request, view: ViewId) -> Response:
    """List the revisions of a view, the newest first; each stays where it is."""
    state = state_of(request)
    found = await state.marks.run(lambda: state.marks.views.revisions(view))
    base = base_of(request)
    return json_answer(request, {"revisions": [_brief(v, base) for v in found]})


@router.put(
    "/views/{view}",
    summary="Revise a view",
    response_model=shapes.View,
    openapi_extra=_keyed(IF_MATCH, _BODY),
)
async def revise_view(request: Request, view: ViewId) -> Response:
    """Keep a new revision of a view; its link shows that one from now on."""
    state = state_of(request)
    key, expected = key_of(request), expected_revision(request)
    draft = await _draft(request, state)
    views = state.marks.views
    found = await state.marks.write(lambda: views.revise(view, key, expected, draft))
    return _private(await _answer(request, state, found))


@router.delete("/views/{view}", summary="Revoke a view", status_code=204, openapi_extra=_keyed())
async def revoke_view(request: Request, view: ViewId) -> Response:
    """Take a view away: its link says so from now on, and what it held is erased."""
    state = state_of(request)
    key = key_of(request)
    await state.marks.write(lambda: state.marks.views.revoke(view, key))
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def base_of(request: Request) -> str:
    """Return the address of this server, without a slash at its end."""
    return str(request.base_url).rstrip("/")


async def _draft(request: Request, state: State) -> ViewDraft:
    limit = state.settings.max_view_bytes
    found = read_object("body", await json_body(request, limit))
    only(found, (*_MEMBERS, *_TOLD))
    if "state" not in found:
        raise InvalidParameterError(
            "state", None, "it takes a view document or a Neuroglancer state"
        )
    shown = read_object("state", found["state"])
    check_view_state(shown)
    expires = found.get("expires")
    return ViewDraft(
        title=read_text("title", found.get("title"), TITLE),
        text=read_text("text", found.get("text"), TEXT),
        author=read_text("author", found.get("author"), AUTHOR),
        state=shown,
        made_on=await state.work.run(lambda: made_on(shown, state.catalog)),
        expires=None if expires is None else read_future("expires", expires),
        minimal=read_flag("minimal", found.get("minimal")),
        listed=read_flag("listed", found.get("listed")),
    )


async def _answer(request: Request, state: State, view: View, space: str | None = None) -> Response:
    carried = {} if space is None else carried_view(view.state, space, state.catalog)
    shown = carried.get("state", view.state)
    changes = await state.work.run(lambda: changes_since(view.state, view.made_on, state.catalog))
    document = document_of(shown, state.catalog)
    answer = {
        **_brief(view, base_of(request)),
        "text": view.doc["text"],
        "newest": view.newest,
        "state": view.state,
        # The same in the newest words, for who knows no older ones; null where nothing is ours.
        "document": None if document is None else written(document),
        "address": None if document is None else format_address(document),
        "changes": changes,
        **carried,
    }
    tag = revision_tag(view.revision, etag(answer).strip('"')[:16])
    return json_answer(request, answer, tag=tag)


def _brief(view: View, base: str) -> dict[str, Any]:
    url = f"{base}/views/{view.id}"
    return {
        "id": view.id,
        "url": url,
        "revision": view.revision,
        "title": view.title,
        "author": view.doc["author"],
        "created": view.created,
        "updated": view.updated,
        "expires": view.expires,
        "minimal": view.doc["minimal"],
        "listed": view.listed,
        "links": {
            "self": f"{base}/api/views/{view.id}",
            "revisions": f"{base}/api/views/{view.id}/revisions",
            "state": f"{url}/state.json?revision={view.revision}",
            "preview": f"{url}/preview.png?revision={view.revision}",
        },
    }


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
