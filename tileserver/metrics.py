"""``/metrics``: what operators watch, in Prometheus' text format."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics import Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tileserver.state import State

#: First part of a path → the face it belongs to; anything else is «other», so that what strangers
#: ask for does not become labels.
_FACES = frozenset(
    ("api", "tiles", "planes", "dzi", "iiif", "zarr", "chunks", "precomputed", "views",
     "annotations", "assets", "docs", "health", "ready", "metrics")
)  # fmt: skip
#: What is sent is what it says it is, whatever it may look like.
_NOSNIFF = (b"x-content-type-options", b"nosniff")
#: Where Linux tells what a process holds, in pages.
_STATM = Path("/proc/self/statm")
#: Seconds between two looks at what a worker holds.
_PACE = 1.0
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Counters of one server; of all its workers where they share a folder.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "atlasview_requests",
            "Requests answered.",
            ("face", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "atlasview_request_seconds",
            "Time from a request to the end of its answer.",
            ("face",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.sent = Counter(
            "atlasview_sent_bytes",
            "Bytes of bodies sent.",
            ("face",),
            registry=self.registry,
        )
        self._state = state
        self._folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        self._used = self._gauge("cache_used_bytes", "Decoded chunks in the caches of all workers.")
        self._limit = self._gauge("cache_limit_bytes", "Bounds of the above, added up.")
        self._jobs = self._gauge("jobs", "Pictures and boxes at work or waiting in all workers.")
        self._memory = self._gauge("memory_bytes", "Resident memory of all workers, added up.")
        self._gauge("workers", "Workers that are alive.").set(1)

    def answer(self) -> Response:
        """Answer with all that is counted."""
        self._look()
        registry = self.registry
        if self._folder:
            _bury(Path(self._folder))
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return Response(
            generate_latest(registry),
            headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"},
        )

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Keep up to date what this worker holds, so that whichever is asked can tell of all."""
        task = asyncio.create_task(self._look_on()) if self._folder else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"atlasview_{name}", text, registry=self.registry, multiprocess_mode="livesum")

    def _look(self) -> None:
        reader = self._state.catalog.reader
        self._used.set(reader.used_bytes)
        self._limit.set(reader.cache_bytes)
        self._jobs.set(self._state.work.active)
        if _STATM.exists():
            pages = int(_STATM.read_text().split()[1])
            self._memory.set(pages * os.sysconf("SC_PAGE_SIZE"))

    async def _look_on(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(_PACE)


def _bury(folder: Path) -> None:
    """Forget what workers held that are no more; what they had counted stays."""
    for file in folder.glob("gauge_live*_*.db"):
        found = re.search(r"_(\d+)\.db$", file.name)
        if found is not None and not Path(f"/proc/{found.group(1)}").exists():
            mark_process_dead(int(found.group(1)), str(folder))  # type: ignore[no-untyped-call]


class Measured:
    """Count requests, their time and their bytes; plain ASGI, since it stands before every tile."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._kept: dict[tuple[str, int], tuple[Counter, Histogram, Counter]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        face = _face(scope)  # now: what is mounted moves the root of the path
        status, sent = 500, 0

        async def watch(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                if not any(name == b"x-content-type-options" for name, _ in message["headers"]):
                    message = {**message, "headers": [*message["headers"], _NOSNIFF]}
            else:
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            requests, seconds, bytes_sent = self._counters(face, status)
            requests.inc()
            seconds.observe(time.perf_counter() - begun)
            bytes_sent.inc(sent)

    def _counters(self, face: str, status: int) -> tuple[Counter, Histogram, Counter]:
        """Return what counts answers of a face and status; looked up once, since there are few."""
        found = self._kept.get((face, status))
        if found is None:
            metrics = self._metrics
            found = self._kept[face, status] = (
                metrics.requests.labels(face, status),
                metrics.seconds.labels(face),
                metrics.sent.labels(face),
            )
        return found


def _face(scope: Scope) -> str:
    first = scope["path"].removeprefix(scope.get("root_path", "")).split("/", 2)
    if first[-1] == "" and len(first) <= 2:
        return "page"
    return first[1] if len(first) > 1 and first[1] in _FACES else "other"
