"""Where reading and drawing run: a few threads, and no more waiting than the server can bear."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tileserver.problems import BusyError

T = TypeVar("T")


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

    async def run(self, job: Callable[[], T]) -> T:
        """Run one job and wait for it.

        Raises
        ------
        BusyError
            Too many are at work already.
        """
        if self._active >= self._limit:
            raise BusyError(self._limit)
        self._active += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, job)
        finally:
            self._active -= 1

    def close(self) -> None:
        """Stop taking jobs; those at work end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)
