"""The tasks of all stages: what one does, and in what order they are run."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from atlasview.geometry import Triple
from atlasview.ingest.cascade import Cascade
from atlasview.ingest.heap import keep_heap
from atlasview.ingest.labeltable import LabelTable
from atlasview.ingest.layers import Layers, LevelLayers
from atlasview.ingest.notes import Notes
from atlasview.ingest.plan import Stage, Task, plan_tasks
from atlasview.ingest.progress import Counter, Progress
from atlasview.ingest.recipe import Recipe
from atlasview.ingest.shelf import FolderShelf, Shelf
from atlasview.ingest.source import Source
from atlasview.ingest.strips import Strips
from atlasview.ingest.tally import Tally, TallyRule
from atlasview.ingest.writtenlevel import WrittenLevel
from atlasview.ingest.zarrmeta import array_document


@dataclass(frozen=True, eq=False, slots=True)
class Work:
    """All that the tasks of a volume share; can be sent to other processes.

    Parameters
    ----------
    shelf : Shelf
        Where the volume grows.
    notes : Notes
        What remembers which tasks are done.
    recipe : Recipe
        How the source is read.
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
        The source is read from its beginning to its end, by one task after the other.
    compiled : bool
        Whether the work is worth the loading of a compiler.
    ahead : bool
        Read a streamed source ahead by one layer.
    """

    shelf: Shelf
    notes: Notes
    recipe: Recipe
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
    ahead: bool

    def tasks(self, stage: Stage) -> list[Task]:
        """Return the tasks of one stage, in the order in which a sequential source needs them."""
        at_once = self.channels_at_once if stage.index == 0 else 1
        extent = self.extents[stage.index]
        return list(plan_tasks(stage, extent, max(self.channels, 1), at_once))

    def layers(self, stage: Stage, source: Source | None) -> Layers:
        """Return what a stage reads: the source, opened, or a level written before."""
        if stage.index == 0:
            if source is None:
                raise ValueError("the first stage reads the source")
            return self.recipe.layers(source)
        level = self.shelf.below(str(stage.base.index))
        if isinstance(level, FolderShelf):
            return WrittenLevel(
                level.root, stage.base, self.dtype, self.fill, channel_axis=self.channels > 0
            )
        return LevelLayers(level.spec, channel_axis=self.channels > 0)


class Crew(Protocol):
    """Those who do the tasks."""

    @property
    def threads(self) -> int:
        """Tasks at a time in one process."""
        ...

    @property
    def at_once(self) -> int:
        """Tasks at a time in all."""
        ...

    @property
    def apart(self) -> bool:
        """Whether they work in processes of their own."""
        ...

    def run(
        self, work: Work, source: Source, stage: Stage, tasks: Sequence[Task], counter: Counter
    ) -> None:
        """Do some tasks of one stage, which may be done in any order."""
        ...


def run_stages(work: Work, source: Source, crew: Crew, *, progress: Progress | None) -> None:
    """Make all levels of a volume, but for the tasks that an earlier run has done.

    Parameters
    ----------
    work : Work
    source : Source
        Opened.
    crew : Crew
    progress : Progress, optional
    """
    finished = work.notes.finished()
    count = max(work.channels, 1)
    total = done = 0
    for stage in work.stages:
        for level in stage.levels[0 if stage.index == 0 else 1 :]:
            total += count * int(np.prod(level.shape, dtype=object))
            document = array_document(level, work.dtype, work.channels, work.fill)
            folder = work.shelf.below(str(level.index))
            folder.write("zarr.json", json.dumps(document, indent=2).encode())
        done += sum(task_voxels(stage, task) for task in work.tasks(stage) if task.name in finished)
    counter = Counter(done, total, progress)
    for stage in work.stages:
        left = [task for task in work.tasks(stage) if task.name not in finished]
        if left:
            crew.run(work, source, stage, left, counter)


def run_task(
    work: Work, stage: Stage, task: Task, layers: Layers, wrote: Callable[[int, int], None]
) -> None:
    """Do one task; done again it writes the same bytes.

    Parameters
    ----------
    work : Work
    stage : Stage
    task : Task
    layers : Layers
        The stage's base level.
    wrote : callable
        Told the level and the voxels of all that is written.
    """
    keep_heap()
    cascade = Cascade(
        work.shelf,
        stage,
        task,
        work.dtype,
        work.kind,
        work.fill,
        channel_axis=work.channels > 0,
        compiled=work.compiled,
        wrote=wrote,
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
        ahead=work.ahead,
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
    work.notes.finish(task.name, seen)


def task_voxels(stage: Stage, task: Task) -> int:
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
