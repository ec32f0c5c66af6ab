"""What a Dask worker does: one task, from what was sent to it."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from atlasview.errors import LibraryError
from atlasview.ingest.plan import Stage, Task
from atlasview.ingest.recipe import Recipe
from atlasview.ingest.source import Source
from atlasview.ingest.stages import Work, run_task
from atlasview.version import __version__

#: Seconds between what a task tells of its progress.
_INTERVAL = 0.3
#: Seconds that a worker which is to stop is waited for.
_PATIENCE = 60.0


@dataclass(frozen=True, eq=False, slots=True)
class Packet:
    """All that a worker is sent of an ingest.

    Parameters
    ----------
    token : str
        Of this run of the ingest.
    version : str
        Of the sender.
    work : Work
    """

    token: str
    version: str
    work: Work


class StoppedError(Exception):
    """The task is not wanted any more."""


class _Desk:
    """What this process holds of one ingest: its opened source, and how many tasks are at work."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.source: Source | None = None
        self.active = 0
        self.stopped = False


_desks: dict[str, _Desk] = {}
_lock = threading.Lock()


def do(packet: Packet, stage: Stage, task: Task) -> None:
    """Do one task.

    Raises
    ------
    LibraryError
        This worker is of another version, or does not see what the sender sees.
    """
    if packet.version != __version__:
        raise LibraryError(
            f"The workers run atlasview {__version__}, and the command {packet.version}; install "
            "the same version."
        )
    work = packet.work
    work.notes.shelf.check()
    with _at_work(packet.token) as desk:
        layers = work.layers(stage, _source(work.recipe, desk) if stage.index == 0 else None)
        run_task(work, stage, task, layers, _telling(packet.token, task, desk))


async def stop(token: str) -> None:
    """Stop what is done for an ingest, and let go of its source."""
    desk = _desks.get(token)
    if desk is None:
        return
    desk.stopped = True
    until = time.monotonic() + _PATIENCE
    while desk.active and time.monotonic() < until:
        await asyncio.sleep(0.02)
    with _lock:
        _desks.pop(token, None)
    if desk.source is not None and not desk.active:
        desk.source.close()


@contextmanager
def _at_work(token: str) -> Iterator[_Desk]:
    with _lock:
        desk = _desks.setdefault(token, _Desk())
        desk.active += 1
    try:
        yield desk
    finally:
        with _lock:
            desk.active -= 1


def _source(recipe: Recipe, desk: _Desk) -> Source:
    """Return the source, opened once in a process."""
    with desk.lock:
        if desk.source is None:
            recipe.check()
            desk.source = recipe.open()
        return desk.source


def _telling(token: str, task: Task, desk: _Desk) -> Callable[[int, int], None]:
    """Return what a task tells its progress with, now and then."""
    from distributed import get_worker

    worker, attempt = get_worker(), uuid.uuid4().hex
    last, gathered = time.monotonic(), 0

    def tell(level: int, voxels: int) -> None:
        nonlocal last, gathered
        if desk.stopped:
            raise StoppedError
        gathered += voxels
        now = time.monotonic()
        if now - last < _INTERVAL:
            return
        said = {"task": task.name, "attempt": attempt, "level": level, "voxels": gathered}
        worker.log_event(token, said)
        last, gathered = now, 0

    return tell
