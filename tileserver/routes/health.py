"""``/health``, ``/ready``, ``/metrics``: alive, ready, and how busy."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from atlasview.version import __version__
from tileserver.documents import PROBLEM_RESPONSES
from tileserver.metrics import Metrics
from tileserver.shapes.health import Health, Ready
from tileserver.state import state_of

router = APIRouter(tags=["health"], responses=PROBLEM_RESPONSES)


@router.get("/health", summary="Is the server alive", response_model=Health)
async def get_health(request: Request) -> Response:
    """Answer as long as the process runs."""
    return JSONResponse(
        {"status": "ok", "version": __version__}, headers={"Cache-Control": "no-store"}
    )


@router.get("/ready", summary="Can the server serve", response_model=Ready)
async def get_ready(request: Request) -> Response:
    """Say how much is served, and what could not be opened."""
    library = state_of(request).catalog.library
    return JSONResponse(
        {
            "status": "ready",
            "volumes": len(library.volumes),
            "atlases": len(library.atlases),
            "problems": len(library.problems),
        },
        headers={"Cache-Control": "no-store"},
    )


@router.get(
    "/metrics",
    summary="Counters for Prometheus",
    response_class=PlainTextResponse,
)
async def get_metrics(request: Request) -> Response:
    """Tell requests by face and status, their times, bytes sent, and what the cache holds."""
    metrics: Metrics = request.app.state.metrics
    return metrics.answer()
