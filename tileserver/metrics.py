"""``/metrics``: what operators watch, in Prometheus' text format."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics import Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
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
        self._now = CollectorRegistry()
        self._now.register(_Now(state))

    def answer(self) -> Response:
        """Answer with all that is counted."""
        registry = self.registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        body = generate_latest(registry) + generate_latest(self._now)
        return Response(
            body, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
        )


class _Now(Collector):
    """What the worker that is asked holds at this moment."""

    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges."""
        state = self._state
        for name, text, value in (
            ("cache_used_bytes", "Decoded chunks in this worker.", state.catalog.reader.used_bytes),
            ("cache_limit_bytes", "Bound of the above.", state.catalog.reader.cache_bytes),
            ("jobs", "Pictures and boxes at work or waiting in this worker.", state.work.active),
        ):
            yield GaugeMetricFamily(f"atlasview_{name}", text, value)


class Measured:
    """Count requests, their time and their bytes; plain ASGI, since it stands before every tile."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
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
            first = scope["path"].removeprefix(scope.get("root_path", "")).split("/", 2)
            face = first[1] if len(first) > 1 and first[1] in _FACES else "other"
            if first[-1] == "" and len(first) <= 2:
                face = "page"
            self._metrics.requests.labels(face, status).inc()
            self._metrics.seconds.labels(face).observe(time.perf_counter() - begun)
            self._metrics.sent.labels(face).inc(sent)
