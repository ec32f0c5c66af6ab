"""Who listens to an annotation set hears of every change within a second, whoever wrote it.

Each worker asks the database a few times a second for the revisions of the sets that somebody here
listens to: one small question for all of them, and none when nobody listens.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from atlasview.errors import AtlasViewError
from tileserver.marks import Marks
from tileserver.problems import BusyError

log = logging.getLogger("atlasview")
_PACE = 0.25


class Watch:
    """The listeners of one worker.

    Parameters
    ----------
    marks : Marks
    limit : int
        Listeners at once.
    """

    def __init__(self, marks: Marks, limit: int) -> None:
        self._marks = marks
        self._limit = limit
        self._listeners: dict[str, set[asyncio.Event]] = {}
        self._seen: dict[str, tuple[int, int] | None] = {}
        self._task: asyncio.Task[None] | None = None
        self.closed = False

    def check(self) -> None:
        """Make sure that one more may listen.

        Raises
        ------
        BusyError
            Too many listen already.
        """
        if sum(map(len, self._listeners.values())) >= self._limit:
            raise BusyError(self._limit)

    @contextmanager
    def listening(self, set_id: str) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever a set has changed, or the server stops."""
        event = asyncio.Event()
        self._listeners.setdefault(set_id, set()).add(event)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._look())
        try:
            yield event
        finally:
            mine = self._listeners[set_id]
            mine.discard(event)
            if not mine:
                del self._listeners[set_id]
                self._seen.pop(set_id, None)

    def close(self) -> None:
        """Let all listeners go, so that the server can stop."""
        self.closed = True
        for events in self._listeners.values():
            for event in events:
                event.set()
        if self._task is not None:
            self._task.cancel()

    async def _look(self) -> None:
        while self._listeners:
            names = list(self._listeners)
            try:
                found = await self._marks.run(lambda names=names: self._marks.sets.revisions(names))  # type: ignore[misc]
            except (AtlasViewError, RuntimeError) as exc:
                log.warning("Annotations cannot be watched now: %s", exc)
                found = None
            for name in names if found is not None else ():
                state = found.get(name) if found is not None else None
                if name not in self._seen or self._seen[name] != state:
                    self._seen[name] = state
                    for event in self._listeners.get(name, ()):
                        event.set()
            await asyncio.sleep(_PACE)


@contextmanager
def told_to_stop(close: Any) -> Iterator[None]:
    """Call something as soon as the process is told to stop, before the server waits for answers.

    An answer that never ends by itself would keep the server from stopping.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(close)
        old = before[signal.Signals(number)]
        if callable(old):
            old(number, frame)

    for number, old in before.items():
        if callable(old):
            signal.signal(number, handle)
    try:
        yield
    finally:
        for number, old in before.items():
            if signal.getsignal(number) is handle:
                signal.signal(number, old)
