"""Where reading and drawing run: a few threads, and no more waiting than the server can bear.

Equal work asked for at the same time is done once, and work that nobody waits for any more is not
begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from tileserver.problems import BusyError

T = TypeVar("T")
#: Seconds after which it is worth looking whether the client is still there.
_PATIENCE = 0.05


class _Job:
    """One piece of work and how many wait for it."""

    __slots__ = ("future", "waiting")

    def __init__(self, future: asyncio.Future[Any]) -> None:
        self.future = future
        self.waiting = 0


class Workbench:
    """Run blocking work off the event loop, bounded in number.

    Parameters
    ----------
    threads : int
    limit : int
        Jobs at work or waiting at once.
    """

    def __init__(self, threads: int, limit: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="atlasview")
        self._limit = limit
        self._active = 0
        self._shared: dict[object, _Job] = {}

    @property
    def active(self) -> int:
        """Jobs at work or waiting now."""
        return self._active

    async def run(
        self, work: Callable[[], T], *, key: object = None, request: Request | None = None
    ) -> T:
        """Run one job and wait for it.

        Parameters
        ----------
        work : callable
        key : hashable, optional
            Who asks with an equal key meanwhile gets the same result.
        request : Request, optional
            When its client goes away, and nobody else waits, the job is not begun.

        Raises
        ------
        BusyError
            Too many are at work already.
        ClientDisconnect
            The client went away.
        """
        job = self._shared.get(key) if key is not None else None
        if job is None:
            job = self._start(work, key)
        job.waiting += 1
        try:
            if request is not None:
                await _done_or_gone(job.future, request)
            found: T = await asyncio.shield(job.future)
            return found
        finally:
            job.waiting -= 1
            if not job.waiting and not job.future.done():
                job.future.cancel()
                self._forget(key, job)

    def close(self) -> None:
        """Stop taking jobs; those at work end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _start(self, work: Callable[[], Any], key: object) -> _Job:
        if self._active >= self._limit:
            raise BusyError(self._limit)
        self._active += 1
        job = _Job(asyncio.get_running_loop().run_in_executor(self._pool, work))
        if key is not None:
            self._shared[key] = job

        def over(_: object) -> None:
            self._active -= 1
            self._forget(key, job)

        job.future.add_done_callback(over)
        return job

    def _forget(self, key: object, job: _Job) -> None:
        if self._shared.get(key) is job:
            del self._shared[key]


async def _done_or_gone(future: asyncio.Future[Any], request: Request) -> None:
    """Wait for a job, looking after a while whether the client is still there.

    Raises
    ------
    ClientDisconnect
        It is not.
    """
    await asyncio.wait({future}, timeout=_PATIENCE)
    if future.done():
        return
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({future, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not future.done():
            raise ClientDisconnect
    finally:
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
