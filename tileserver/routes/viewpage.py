"""``/views/{id}``: what a short link opens in browsers, chat programs and other viewers."""

from __future__ import annotations

from html import escape
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import HTMLResponse, Response

from atlasview.errors import ForbiddenError, GoneError, NotFoundError
from atlasview.marks.address import format_address
from atlasview.marks.neuroglancer import ShownAnnotations
from atlasview.marks.viewdocument import is_document
from atlasview.marks.views import View
from tileserver import problems
from tileserver.caching import etag, json_answer, not_modified
from tileserver.documents import PROBLEM_RESPONSES
from tileserver.previews import HEIGHT, WIDTH, draw_preview
from tileserver.routes.page import STATIC, security_headers
from tileserver.routes.views import base_of
from tileserver.state import State, state_of
from tileserver.viewdata import Scene, document_of, scene_of
from tileserver.viewstates import neuroglancer_state

router = APIRouter(prefix="/views", tags=["views"], responses=PROBLEM_RESPONSES)
ViewId = Annotated[str, Path(description="Id of a view.", max_length=32)]
Revision = Annotated[
    int | None, Query(ge=1, le=10**9, description="Which revision; the newest when not said.")
]
#: Characters of a view's text that chat programs are told.
_TOLD = 300
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="description" content="{text}">
<meta property="og:type" content="website">
<meta property="og:site_name" content="AtlasView">
<meta property="og:title" content="{title}">
<meta property="og:description" content="{text}">
<meta property="og:url" content="{url}">
<meta property="og:image" content="{picture}">
<meta property="og:image:type" content="image/png">
<meta property="og:image:width" content="{width}">
<meta property="og:image:height" content="{height}">
<meta property="og:image:alt" content="{title}">
<meta name="twitter:card" content="summary_large_image">
<meta name="twitter:title" content="{title}">
<meta name="twitter:description" content="{text}">
<meta name="twitter:image" content="{picture}">
<link rel="alternate" type="application/json" href="{state}">
<meta http-equiv="refresh" content="0; url={target}">
</head>
<body>
<h1>{title}</h1>
<p>{text}</p>
<p><a href="{target}">Open this view</a></p>
</body>
</html>
"""


@router.get(
    "/{view}",
    summary="The page in a view",
    response_class=HTMLResponse,
)
async def open_view(request: Request, view: ViewId, revision: Revision = None) -> Response:
    """Open the page in a view; chat programs find its title, text and picture here."""
    state = state_of(request)
    found = await _view(state, view, revision)
    if not (STATIC / "index.html").is_file():
        return problems.problem(
            503, "No page", "The page was not built; run «pip install .» in the source folder."
        )
    document = document_of(found.state, state.catalog)
    base, root = base_of(request), request.scope.get("root_path", "")
    said = "" if revision is None else f"&revision={revision}"
    address = "" if document is None else format_address(document)
    url = f"{base}/views/{found.id}"
    html = _PAGE.format(
        title=escape(found.title.strip() or "A view in AtlasView"),
        text=escape(
            _shortened(str(found.doc["text"])) or "Open this view of a brain in AtlasView."
        ),
        url=escape(url),
        picture=escape(f"{url}/preview.png?revision={found.revision}"),
        width=WIDTH,
        height=HEIGHT,
        state=escape(f"{url}/state.json"),
        target=escape(f"{root}/?view={found.id}{said}{quote(address, safe='#&=,:%.-+~_')}"),
    )
    tag = etag(html)
    known = not_modified(request, tag, "no-cache")
    response = known or HTMLResponse(html)
    response.headers.update({**security_headers(""), "ETag": tag, "Cache-Control": "no-cache"})
    return response


@router.get("/{view}/state.json", summary="The view as a Neuroglancer state")
async def get_state(request: Request, view: ViewId, revision: Revision = None) -> Response:
    """Return the view as a state that any Neuroglancer opens; one posted as such is as it was."""
    state = state_of(request)
    found = await _view(state, view, revision)
    scene = _scene(state, found)
    if scene is None or not is_document(found.state):
        return json_answer(request, found.state)
    base = base_of(request)
    shown = await state.marks.run(lambda: _annotations(state, scene, base))
    answer = await state.work.run(lambda: neuroglancer_state(scene, base, found.title, shown))
    return json_answer(request, answer)


@router.get(
    "/{view}/preview.png",
    summary="A picture of the view",
    responses={200: {"description": "The picture.", "content": {"image/png": {}}}},
    response_class=Response,
)
async def get_preview(request: Request, view: ViewId, revision: Revision = None) -> Response:
    """Draw what the view shows, 1200 × 630 pixels."""
    state = state_of(request)
    found = await _view(state, view, revision)
    scene = _scene(state, found)
    shown = [] if scene is None else [scene.image, scene.labels]
    seal = [s and (s.id, s.volume.digest) for s in shown]
    tag = etag("preview", found.state, seal)
    control = "no-cache"
    known = not_modified(request, tag, control)
    if known is not None:
        return known
    limit = state.settings.max_read_voxels
    body = await state.work.run(lambda: draw_preview(scene, state.catalog, limit))
    return Response(body, media_type="image/png", headers={"ETag": tag, "Cache-Control": control})


async def _view(state: State, name: str, revision: int | None) -> View:
    if not name.isalnum():
        raise NotFoundError("view", name)
    return await state.marks.run(lambda: state.marks.views.get(name, revision))


def _scene(state: State, view: View) -> Scene | None:
    document = document_of(view.state, state.catalog)
    return None if document is None else scene_of(document, state.catalog)


def _annotations(state: State, scene: Scene, base: str) -> list[ShownAnnotations]:
    """Return the sets that a view shows, as far as their links alone let everybody read them."""
    out: list[ShownAnnotations] = []
    for shown in scene.document.annotations:
        try:
            found = state.marks.sets.get(shown.set)
        except (NotFoundError, GoneError, ForbiddenError):
            continue
        for kind in state.marks.gatherer.types(shown.set):
            face = shown.set if kind == "point" else f"{shown.set}.{kind}"
            out.append(
                ShownAnnotations(
                    f"{found.doc['title']} ({kind}, {shown.set})",
                    f"precomputed://{base}/annotations/{face}",
                    shown.visible,
                )
            )
    return out


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _TOLD else plain[: _TOLD - 1] + "…"
