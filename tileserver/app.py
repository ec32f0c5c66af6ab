"""The app: routes, shared state, and what wraps them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from atlasview.version import __version__
from tileserver import openapi, problems
from tileserver.catalog import Catalog
from tileserver.making import Allowance
from tileserver.marks import Marks, marks_url
from tileserver.metrics import Measured, Metrics
from tileserver.middleware import BodyLimit, HeadAsGet, LastNet, OwnHost, Shortcut
from tileserver.params import parse_float, parse_int, query
from tileserver.routes import (
    annotationevents,
    annotationfaces,
    annotationfiles,
    annotationitems,
    annotationpass,
    apidocs,
    assign,
    atlases,
    cutout,
    deepzoom,
    embed,
    health,
    iiif,
    manifest,
    planes,
    spaces,
    tiles,
    viewpage,
    views,
    volumes,
)
from tileserver.routes import annotations as annotation_sets
from tileserver.routes.objects import Objects
from tileserver.routes.page import Page
from tileserver.routes.precomputed import Precomputed
from tileserver.settings import Settings
from tileserver.state import State
from tileserver.streaming import Gate
from tileserver.watch import Watch, told_to_stop
from tileserver.work import Workbench

_EXPOSED = (
    "ETag", "Content-Range", "Content-Length", "Accept-Ranges", "Retry-After", "X-Level", "X-Plane",
    "X-Mm-Per-Pixel", "Link", "X-Box", "X-Uncompressed-Bytes", "Content-Disposition",
    "Location",
)  # fmt: skip


def create_app(settings: Settings) -> FastAPI:
    """Make the server of one set of settings.

    Raises
    ------
    LibraryError, StorageError, StoreUnavailableError
        What it is to serve cannot be opened.
    """
    state = State(
        settings=settings,
        catalog=Catalog(settings.paths, settings.cache_bytes),
        work=Workbench(settings.threads, settings.max_requests),
        marks=Marks(marks_url(settings.database_url, settings.paths), settings.max_marks_waiting),
        allowance=Allowance(settings.max_made_per_hour),
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        state.marks.prepare()
        async with metrics.looking():
            with told_to_stop(app.state.watch.close):
                yield
        state.work.close()
        state.marks.close()

    app = FastAPI(
        title="AtlasView",
        version=__version__,
        lifespan=lifespan,
        dependencies=[Depends(refuse_unknown)],
        generate_unique_id_function=openapi.operation_id,
        openapi_url=None,  # ours has an entity tag: apidocs
        docs_url=None,
        redoc_url=None,
        # We count for ourselves (/metrics); FastAPI would look at the environment at each request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    app.state.atlasview = state
    app.state.metrics = metrics = Metrics(state)
    app.state.cutouts = Gate(settings.max_cutouts)
    app.state.watch = Watch(state.marks, settings.max_listeners)
    problems.install(app)
    # Before the routes: chunks and tiles are many, and every route that stands before costs them.
    # A tile reads its own parameters, so it needs FastAPI for the document only.
    stored = {
        "zarr": Objects(lambda: state, unsharded=False),
        "chunks": Objects(lambda: state, unsharded=True),
    }
    for name, face in stored.items():
        app.mount(f"/{name}", face)
    app.mount("/precomputed", Precomputed(lambda: state))
    app.router.routes.append(Route(tiles.TILE_PATH, tiles.get_tile))
    rooms = volumes, cutout, assign, atlases, spaces, tiles, planes, deepzoom, iiif, health, apidocs
    for room in rooms:
        app.include_router(room.router)
    for marks in (
        views,
        viewpage,
        annotation_sets,
        annotationitems,
        annotationfiles,
        annotationevents,
        annotationpass,
        annotationfaces,
    ):
        app.include_router(marks.router)
    for shown in (embed, manifest):
        app.include_router(shown.router)
    app.mount("/", Page())
    app.add_middleware(Shortcut, faces=stored)
    app.add_middleware(LastNet)
    app.add_middleware(
        BodyLimit,
        limit=settings.max_body_bytes,
        together=max(settings.max_bodies_bytes, settings.max_body_bytes),
    )
    app.add_middleware(HeadAsGet)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"],
            allow_headers=["*"],
            expose_headers=_EXPOSED,
            max_age=86400,
        )
    app.add_middleware(OwnHost, names=settings.allowed_hosts)
    app.add_middleware(Measured, metrics=metrics)
    return app


async def refuse_unknown(request: Request) -> None:
    """Refuse query parameters that the route does not know, and numbers not plainly written.

    A misspelt name is never ignored, and ``+1``, ``1_0`` and ``01`` are not other words for 1.
    """
    if not request.scope["query_string"]:
        return
    app: Any = request.app
    if not hasattr(app.state, "query_names"):
        app.state.query_names = _query_names(app)
    route = request.scope["route"]
    if not isinstance(route, APIRoute):
        return
    known = app.state.query_names.get((route.path_format, request.method), {})
    for name, value in query(request, known).items():
        read = _NUMBERS.get(known[name])
        if read is not None:
            read(name, value)


_NUMBERS: dict[str, Callable[[str, str], object]] = {"integer": parse_int, "number": parse_float}


def _query_names(app: FastAPI) -> dict[tuple[str, str], dict[str, str]]:
    """Return the query parameters of every operation and their types, as OpenAPI names them."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for path, item in app.openapi()["paths"].items():
        for method, operation in item.items():
            found[path, method.upper()] = {
                p["name"]: _type(p["schema"])
                for p in operation.get("parameters", ())
                if p["in"] == "query"
            }
    return found


def _type(schema: Mapping[str, Any]) -> str:
    for choice in schema.get("anyOf", [schema]):
        if choice.get("type", "null") != "null":
            return str(choice["type"])
    return ""
