"""``/embed/``: the page for a frame in the page of somebody else."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from atlasview.errors import InvalidParameterError
from tileserver.caching import etag, json_answer, not_modified
from tileserver.documents import PROBLEM_RESPONSES, json_schema
from tileserver.embedding import (
    LANGUAGES,
    PARTS,
    THEMES,
    VERSION,
    VIEWERS,
    ancestors,
    check_parameters,
    message_schema,
)
from tileserver.routes.page import html_below, not_built, security_headers
from tileserver.routes.views import base_of
from tileserver.state import state_of

router = APIRouter(tags=["embed"], responses=PROBLEM_RESPONSES)
Version = Annotated[str | None, Query(description=f"Of the contract; {VERSION}.")]
Chrome = Annotated[
    str | None,
    Query(description=f"What stands around the map: some of {', '.join(PARTS)}, or minimal."),
]
Origin = Annotated[
    str | None,
    Query(description="Origin of the page around the frame, which messages go to and come from."),
]
Theme = Annotated[str | None, Query(description=f"One of {', '.join(THEMES)}.")]
Lang = Annotated[str | None, Query(description=f"One of {', '.join(LANGUAGES)}.")]
Drawn = Annotated[str | None, Query(description=f"One of {', '.join(VIEWERS)}; 2d needs no WebGL.")]
Revision = Annotated[int | None, Query(ge=1, le=10**9, description="Of the view.")]
Step = Annotated[int | None, Query(ge=1, le=10**6, description="Of the view, if it is a story.")]


@router.route("/embed", include_in_schema=False)
async def get_folder(request: Request) -> Response:
    """Lead to the address that the page's parts are beside."""
    asked = request.url.query
    root = request.scope.get("root_path", "")
    return RedirectResponse(f"{root}/embed/" + (f"?{asked}" if asked else ""), 308)


@router.get("/embed/", summary="The page, for a frame", response_class=HTMLResponse)
async def get_embedded(
    request: Request,
    v: Version = None,
    chrome: Chrome = None,
    origin: Origin = None,
    theme: Theme = None,
    lang: Lang = None,
    viewer: Drawn = None,
) -> Response:
    """Answer with the page for a frame; what follows # is the view, as in the page's address.

    Who may show it is the operator's choice (`ATLASVIEW_EMBED_ORIGINS`).
    """
    return _page(request)


@router.get("/embed/{view}", summary="A view, for a frame", response_class=HTMLResponse)
async def get_embedded_view(
    request: Request,
    view: Annotated[
        str, Path(description="Id of a view.", max_length=32, pattern="^[0-9A-Za-z]+$")
    ],
    v: Version = None,
    chrome: Chrome = None,
    origin: Origin = None,
    theme: Theme = None,
    lang: Lang = None,
    viewer: Drawn = None,
    revision: Revision = None,
    step: Step = None,
) -> Response:
    """Answer with the page for a frame, in a view that was kept."""
    return _page(request)


@router.get(
    "/api/schemas/embed/{version}.json",
    summary="JSON Schema of the frame's messages",
    response_class=Response,
    responses=json_schema("The schema."),
)
async def get_message_schema(
    request: Request,
    version: Annotated[
        str, Path(description="Of the messages.", json_schema_extra={"example": "1"})
    ],
) -> Response:
    """Return the JSON Schema of the messages between the page and who shows it."""
    if version != str(VERSION):
        raise InvalidParameterError("version", version, f"there is version {VERSION}")
    address = f"{base_of(request)}/api/schemas/embed/{version}.json"
    return json_answer(request, message_schema(address), 3600, media_type="application/schema+json")


def _page(request: Request) -> Response:
    check_parameters(request.query_params)
    html = html_below()
    if html is None:
        return not_built()
    tag = etag(html)
    response = not_modified(request, tag, "no-cache") or HTMLResponse(html)
    shown_by = ancestors(state_of(request).settings.embed_origins)
    response.headers.update(
        {**security_headers("", shown_by), "ETag": tag, "Cache-Control": "no-cache"}
    )
    return response
