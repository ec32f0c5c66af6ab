"""Who does the tasks: threads of this process, or Dask workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from atlasview.errors import InvalidParameterError
from atlasview.ingest.plan import Stage, Task
from atlasview.ingest.progress import Counter
from atlasview.ingest.source import Source
from atlasview.ingest.stages import Crew, Work, run_task


@contextmanager
def hire(threads: int, workers: int, scheduler: str | None) -> Iterator[Crew]:
    """Find those who do the tasks; none is left behind.

    Parameters
    ----------
    threads : int
        Of each process that is started, or of this one.
    workers : int
        Processes to be started; 0 for none.
    scheduler : str, optional
        Address of a Dask scheduler that has workers.

    Raises
    ------
    InvalidParameterError
        Workers are to be started, and found at a scheduler.
    LibraryError
        Dask is not installed, or nobody answers at the address.
    """
    if workers and scheduler is not None:
        raise InvalidParameterError(
            "--workers", workers, "a scheduler has its own workers; give one of the two"
        )
    if not workers and scheduler is None:
        yield Threads(threads)
        return
    from atlasview.ingest.cluster import dask_crew

    with dask_crew(workers=workers, threads=threads, scheduler=scheduler) as crew:
        yield crew


@dataclass(frozen=True, slots=True)
class Threads:
    """Threads of this process.

    Parameters
    ----------
    threads : int
    """

    threads: int
    apart = False

    @property
    def at_once(self) -> int:
        """Tasks at a time in all."""
        return self.threads

    def run(
        self, work: Work, source: Source, stage: Stage, tasks: Sequence[Task], counter: Counter
    ) -> None:
        """Do some tasks of one stage."""
        layers = work.layers(stage, source)
        # A stream is read from its beginning to its end, by one task after the other.
        if self.threads == 1 or len(tasks) == 1 or (work.streamed and stage.index == 0):
            for task in tasks:
                run_task(work, stage, task, layers, counter.add)
            return
        with ThreadPoolExecutor(self.threads, thread_name_prefix="ingest") as pool:
            futures = [
                pool.submit(run_task, work, stage, task, layers, counter.add) for task in tasks
            ]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                for future in futures:
                    future.cancel()
                raise
