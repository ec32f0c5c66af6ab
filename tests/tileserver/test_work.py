"""Work is bounded, equal work is done once, and work for nobody is not begun."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from starlette.requests import ClientDisconnect, Request

from tileserver.problems import BusyError
from tileserver.work import Workbench


def request(gone: asyncio.Event) -> Request:
    async def receive() -> dict[str, str]:
        await gone.wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http"}, receive)


def asynchronously(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test())  # type: ignore[arg-type]

    run.__name__ = test.__name__  # type: ignore[attr-defined]
    return run


@asynchronously
async def test_equal_work_is_done_once() -> None:
    bench, calls, go = Workbench(2, 8), [], threading.Event()

    def work() -> int:
        calls.append(1)
        assert go.wait(10)
        return 7

    tasks = [asyncio.create_task(bench.run(work, key="same")) for _ in range(5)]
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(*tasks) == [7] * 5
    assert len(calls) == 1
    assert bench.active == 0
    assert await bench.run(work, key="same") == 7
    assert len(calls) == 2


@asynchronously
async def test_more_than_the_limit_is_refused() -> None:
    bench, go = Workbench(1, 2), threading.Event()
    tasks = [asyncio.create_task(bench.run(lambda: go.wait(10))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(BusyError, match="2 requests"):
        await bench.run(lambda: None)
    go.set()
    await asyncio.gather(*tasks)
    assert await bench.run(lambda: 3) == 3


@asynchronously
async def test_work_for_nobody_is_not_begun() -> None:
    bench, begun, go, gone = Workbench(1, 8), [], threading.Event(), asyncio.Event()
    first = asyncio.create_task(bench.run(lambda: go.wait(10)))
    second = asyncio.create_task(bench.run(lambda: begun.append(1), request=request(gone)))
    await asyncio.sleep(0.1)
    gone.set()
    with pytest.raises(ClientDisconnect):
        await second
    go.set()
    await first
    assert await bench.run(lambda: 1) == 1
    assert begun == []
    assert bench.active == 0


@asynchronously
async def test_one_who_leaves_does_not_take_it_from_the_others() -> None:
    bench, go, gone = Workbench(1, 8), threading.Event(), asyncio.Event()

    def work() -> int:
        assert go.wait(10)
        return 5

    stays = asyncio.create_task(bench.run(work, key="k", request=request(asyncio.Event())))
    leaves = asyncio.create_task(bench.run(work, key="k", request=request(gone)))
    await asyncio.sleep(0.1)
    gone.set()
    with pytest.raises(ClientDisconnect):
        await leaves
    go.set()
    assert await stays == 5


@asynchronously
async def test_failures_reach_everyone_who_waits() -> None:
    bench = Workbench(1, 8)

    def work() -> int:
        raise ValueError("no")

    tasks = [asyncio.create_task(bench.run(work, key="k")) for _ in range(3)]
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(f) for f in found] == ["no"] * 3
