"""``/views/{id}``: what a short link opens in browsers, chat programs and other viewers."""

from __future__ import annotations

import re
from html import escape
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import HTMLResponse, Response

from atlasview.errors import ForbiddenError, GoneError, NotFoundError
from atlasview.marks.annotationshader import annotation_shader
from atlasview.marks.neuroglancer import ShownAnnotations
from atlasview.marks.viewdocument import ShownSet, ViewDocument, is_document
from atlasview.marks.views import View
from tileserver.caching import etag, json_answer, not_modified
from tileserver.documents import PROBLEM_RESPONSES, binary
from tileserver.previews import HEIGHT, WIDTH, draw_preview
from tileserver.routes.page import html_below, not_built, security_headers
from tileserver.routes.views import base_of
from tileserver.state import State, state_of
from tileserver.viewdata import Scene, document_of, scene_of
from tileserver.viewstates import neuroglancer_state

router = APIRouter(prefix="/views", tags=["views"], responses=PROBLEM_RESPONSES)
ViewId = Annotated[str, Path(description="Id of a view.", max_length=32)]
Revision = Annotated[
    int | None, Query(ge=1, le=10**9, description="Which revision; the newest when not said.")
]
Step = Annotated[int | None, Query(ge=1, le=10**6, description="Which step, of a story.")]
#: Characters of a view's text that chat programs are told.
_TOLD = 300
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: What the page itself is called; a view's page has the view's words in its place.
_TITLE = "<title>AtlasView</title>"
_HEAD = """<title>{title}</title>
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
<link rel="alternate" type="application/json" href="{state}">"""
#: Tells the page that it only shows.
_MINIMAL = '\n<meta name="atlasview-page" content="minimal">'
_ABSENT = """<title>{title}</title>
<meta name="robots" content="noindex">
<meta name="description" content="{text}">"""
_CALLED = {404: "There is no such view", 410: "This view is no longer here"}


@router.get(
    "/{view}",
    summary="The page in a view",
    response_class=HTMLResponse,
)
async def open_view(
    request: Request, view: ViewId, revision: Revision = None, step: Step = None
) -> Response:
    """Open the page in a view; chat programs find its title, text and picture here.

    Of a view that is not here browsers are told in words, with the page's 404 or 410.
    """
    state = state_of(request)
    html = html_below()
    if html is None:
        return not_built()
    try:
        found = await _view(state, view, revision)
        _document(state, found, step)
    except (NotFoundError, GoneError) as exc:
        if "text/html" not in request.headers.get("accept", ""):
            raise
        status = 410 if isinstance(exc, GoneError) else 404
        head = _ABSENT.format(title=_CALLED[status], text=escape(str(exc)))
        return _page(html, head, {"Cache-Control": "no-store"}, status)
    title, text = _words(found, step)
    url = f"{base_of(request)}/views/{found.id}"
    of_step = {} if step is None else {"step": step}
    asked = urlencode(({} if revision is None else {"revision": revision}) | of_step)
    head = _HEAD.format(
        title=escape(title),
        text=escape(text),
        url=escape(f"{url}?{asked}" if asked else url),
        picture=escape(f"{url}/preview.png?{urlencode({'revision': found.revision} | of_step)}"),
        width=WIDTH,
        height=HEIGHT,
        state=escape(f"{url}/state.json"),
    )
    if found.doc["minimal"]:
        head += _MINIMAL
    response = _page(html, head, {"Cache-Control": "no-cache"})
    response.headers["ETag"] = tag = etag(bytes(response.body))
    return not_modified(request, tag, "no-cache") or response


@router.get(
    "/{view}/state.json", summary="The view as a Neuroglancer state", response_model=dict[str, Any]
)
async def get_view_state(
    request: Request, view: ViewId, revision: Revision = None, step: Step = None
) -> Response:
    """Return the view as a state that any Neuroglancer opens; one posted as such is as it was."""
    state = state_of(request)
    found = await _view(state, view, revision)
    scene = _scene(state, found, step)
    if scene is None or not is_document(found.state):
        return json_answer(request, found.state)
    base = base_of(request)
    shown = await state.marks.run(lambda: _annotations(state, scene, base))
    answer = await state.work.run(
        lambda: neuroglancer_state(scene, state.catalog, base, found.title, shown)
    )
    return json_answer(request, answer)


@router.get(
    "/{view}/preview.png",
    summary="A picture of the view",
    responses={200: {"description": "The picture.", "content": binary("image/png")}},
    response_class=Response,
)
async def get_view_preview(
    request: Request, view: ViewId, revision: Revision = None, step: Step = None
) -> Response:
    """Draw what the view shows, 1200 × 630 pixels."""
    state = state_of(request)
    found = await _view(state, view, revision)
    scene = _scene(state, found, step)
    shown = [] if scene is None else [scene.image, scene.labels]
    look = None if scene is None else scene.document.model_dump(mode="json")
    seal = [s and (s.id, s.volume.digest) for s in shown]
    tag = etag("preview", look, seal)
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


def _document(state: State, view: View, step: int | None) -> ViewDocument | None:
    document = document_of(view.state, state.catalog)
    if document is None and step is not None:
        raise NotFoundError("step", step)
    return document and document.at_step(step)


def _scene(state: State, view: View, step: int | None) -> Scene | None:
    document = _document(state, view, step)
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
                    _shader(scene, shown),
                    shown.visible,
                )
            )
    return out


def _shader(scene: Scene, shown: ShownSet) -> str:
    if scene.parcellation is None:
        return annotation_shader(shown, {}, None)
    terminology = scene.parcellation.terminology
    below = None
    if shown.region is not None:
        regions = scene.known([shown.region])
        below = {r.id for region in regions for r in terminology.subtree(region)}
    return annotation_shader(shown, {i: r.rgb for i, r in terminology.by_id.items()}, below)


def _page(html: str, head: str, headers: dict[str, str], status: int = 200) -> HTMLResponse:
    """Return the page with this in its head."""
    return HTMLResponse(html.replace(_TITLE, head), status, {**security_headers(""), **headers})


def _words(view: View, step: int | None) -> tuple[str, str]:
    """Return title and text for chat programs: of the view, or of one step of it."""
    title, text = _printed(view.title) or "A view in AtlasView", str(view.doc["text"])
    if step is not None:
        of_step = view.state["steps"][step - 1]
        title = " – ".join(filter(None, (title, _printed(of_step.get("title", "")))))
        text = of_step.get("text") or text
    return title, _shortened(text) or "Open this view of a brain in AtlasView."


def _printed(text: str) -> str:
    """Return text as one line, without the control characters that HTML does not have."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _shortened(text: str) -> str:
    plain = _printed(text)
    return plain if len(plain) <= _TOLD else plain[: _TOLD - 1] + "…"
