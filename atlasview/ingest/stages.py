"""Run the tasks of all stages, those that an earlier run has not done."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from atlasview.geometry import Triple
from atlasview.ingest.cascade import Cascade
from atlasview.ingest.durable import write_file
from atlasview.ingest.labeltable import LabelTable
from atlasview.ingest.layers import Layers, LevelLayers
from atlasview.ingest.plan import Stage, Task, plan_tasks
from atlasview.ingest.progress import Progress
from atlasview.ingest.strips import Strips
from atlasview.ingest.tally import Tally, TallyRule
from atlasview.ingest.workplace import Workplace
from atlasview.ingest.zarrmeta import array_document


@dataclass(frozen=True, eq=False, slots=True)
class Work:
    """All that the tasks of a volume share.

    Parameters
    ----------
    place : Workplace
    stages : tuple of Stage
    extents : tuple of tuple of int
        Of a task's region, for every stage.
    channels : int
        0 where there is no channel axis.
    channels_at_once : int
        In the first stage; one by one in the others.
    dtype : numpy.dtype
    kind : {"image", "labels"}
    fill : scalar
    rule : TallyRule
    streamed : bool
        The source is read from its beginning to its end.
    compiled : bool
        Whether the work is worth the loading of a compiler.
    workers : int
        Tasks at a time; a streamed source is read ahead by one.
    """

    place: Workplace
    stages: tuple[Stage, ...]
    extents: tuple[Triple, ...]
    channels: int
    channels_at_once: int
    dtype: np.dtype[Any]
    kind: Literal["image", "labels"]
    fill: float | int
    rule: TallyRule
    streamed: bool
    compiled: bool
    workers: int

    def tasks(self, stage: Stage) -> list[Task]:
        """Return the tasks of one stage, in the order in which a sequential source needs them."""
        at_once = self.channels_at_once if stage.index == 0 else 1
        extent = self.extents[stage.index]
        return list(plan_tasks(stage, extent, max(self.channels, 1), at_once))


class _Counter:
    """Adds up what the tasks have written, and tells it."""

    def __init__(self, done: int, total: int, progress: Progress | None) -> None:
        self._done, self._total, self._progress = done, total, progress
        self._lock = threading.Lock()
        self.add(0, 0)

    def add(self, level: int, voxels: int) -> None:
        with self._lock:
            self._done += voxels
            if self._progress is not None:
                self._progress(level, self._done, self._total)


def run_stages(work: Work, first: Callable[[], Layers], *, progress: Progress | None) -> None:
    """Make all levels of a volume.

    Parameters
    ----------
    work : Work
    first : callable
        Opens what the first stage reads.
    progress : Progress, optional
    """
    finished = work.place.finished()
    count = max(work.channels, 1)
    total = done = 0
    for stage in work.stages:
        for level in stage.levels[0 if stage.index == 0 else 1 :]:
            total += count * int(np.prod(level.shape, dtype=object))
            folder = work.place.volume / str(level.index)
            folder.mkdir(exist_ok=True)
            document = array_document(level, work.dtype, work.channels, work.fill)
            write_file(folder / "zarr.json", json.dumps(document, indent=2).encode())
        done += sum(_voxels(stage, task) for task in work.tasks(stage) if task.name in finished)
    counter = _Counter(done, total, progress)
    for stage in work.stages:
        left = [task for task in work.tasks(stage) if task.name not in finished]
        if not left:
            continue
        layers: Layers
        if stage.index == 0:
            layers = first()
        else:
            layers = LevelLayers(
                work.place.volume / str(stage.base.index), channel_axis=work.channels > 0
            )
        # A stream is read from its beginning to its end, by one task after the other.
        at_once = 1 if work.streamed and stage.index == 0 else work.workers
        run = partial(_run_task, work, stage, layers=layers, counter=counter)
        _run_all(run, left, at_once)


def _run_all(run: Callable[[Task], None], tasks: Sequence[Task], workers: int) -> None:
    if workers <= 1 or len(tasks) == 1:
        for task in tasks:
            run(task)
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="ingest") as pool:
        futures = [pool.submit(run, task) for task in tasks]
        try:
            for future in futures:
                future.result()
        except BaseException:
            for future in futures:
                future.cancel()
            raise


def _run_task(work: Work, stage: Stage, task: Task, *, layers: Layers, counter: _Counter) -> None:
    cascade = Cascade(
        work.place.volume,
        stage,
        task,
        work.dtype,
        work.kind,
        work.fill,
        channel_axis=work.channels > 0,
        compiled=work.compiled,
        wrote=counter.add,
    )
    see = stage.index == 0
    tally = table = None
    if see and work.kind == "image":
        tally = Tally(work.dtype, work.rule, compiled=work.compiled)
    elif see:
        table = LabelTable(compiled=work.compiled)
    strips = Strips(
        stage,
        task,
        layers,
        work.dtype,
        whole_layers=work.streamed and see,
        ahead=work.workers > 1,
    )
    try:
        for z in strips.layers():
            for y, strip in strips.of_layer(z):
                at = (z, task.box.start[1] + y, task.box.start[2])
                for voxels in strip:
                    if tally is not None:
                        tally.add(voxels, at)
                    if table is not None:
                        table.add(voxels, at)
                cascade.push(strip, y)
            cascade.end_layer(strips.height(z))
        cascade.close()
    except BaseException:
        cascade.abandon()
        raise
    finally:
        strips.close()
    seen = tally.record() if tally is not None else table.record() if table is not None else {}
    work.place.finish(task.name, seen)


def _voxels(stage: Stage, task: Task) -> int:
    """Return how many voxels a task writes, of all its levels."""
    count, step = 0, (1, 1, 1)
    for level in stage.levels:
        if level is not stage.base:
            step = tuple(s * f for s, f in zip(step, level.factors, strict=True))  # type: ignore[assignment]
        if stage.index == 0 or level is not stage.base:
            extent = 1
            for a, b, s in zip(task.box.start, task.box.stop, step, strict=True):
                extent *= -(-b // s) - a // s
            count += extent
    return count * (task.channels[1] - task.channels[0])
