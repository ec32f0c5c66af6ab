"""The crew of Dask workers: processes of this machine, or of a cluster."""

from __future__ import annotations

import logging
import re
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from atlasview.errors import InvalidParameterError, LibraryError
from atlasview.ingest import deaf, labour
from atlasview.ingest.plan import Stage, Task
from atlasview.ingest.progress import Counter
from atlasview.ingest.source import Source
from atlasview.ingest.stages import Work, task_voxels
from atlasview.version import __version__

#: How often a block may lose its worker before the ingest gives up.
LOSSES = 5
_ADDRESS = re.compile(r"((tcp|tls|wss?|ucx)://)?(\[[0-9a-fA-F:]+\]|[^\s/:@]+):\d{1,5}/?")
_AGAIN = "run the same command again, it goes on from where it was"


class DaskCrew:
    """Dask workers that do tasks.

    Parameters
    ----------
    client : distributed.Client
    threads : int
        Of each worker; where there is no worker yet.
    """

    def __init__(self, client: Any, threads: int) -> None:
        self._client, self._dask = client, _dask()
        self._token = f"atlasview-{uuid.uuid4().hex}"
        counts = list(client.nthreads().values()) or [threads]
        self.threads, self.at_once, self.apart = max(counts), sum(counts), True

    def run(
        self, work: Work, source: Source, stage: Stage, tasks: Sequence[Task], counter: Counter
    ) -> None:
        """Do some tasks of one stage.

        Raises
        ------
        LibraryError
            Workers are lost again and again, or the scheduler is.
        """
        packet = labour.Packet(self._token, __version__, work)
        ledger = _Ledger(counter)
        self._client.subscribe_topic(self._token, ledger.hear)
        futures = {
            self._client.submit(
                labour.do, packet, stage, task, key=f"{self._token}-{task.name}", pure=False
            ): task
            for task in tasks
        }
        try:
            for future in self._dask.as_completed(futures, loop=self._client.loop):
                future.result()
                task = futures[future]
                ledger.finish(task.name, task_voxels(stage, task), stage.levels[-1].index)
        except self._dask.KilledWorker as exc:
            raise LibraryError(
                f"A block lost its worker {LOSSES} times, perhaps for want of memory; give a "
                f"smaller --memory or workers more of it, and {_AGAIN}."
            ) from exc
        except (self._dask.CancelledError, self._dask.comm.CommClosedError) as exc:
            raise LibraryError(f"The Dask scheduler went away; {_AGAIN}.") from exc
        except ModuleNotFoundError as exc:
            raise LibraryError(
                f"The workers lack a library ({exc.name}); install atlasview {__version__} where "
                "they run."
            ) from exc
        except BaseException:
            with suppress(Exception):
                self._client.cancel(list(futures), force=True)
            raise
        finally:
            with suppress(Exception):
                self._client.unsubscribe_topic(self._token)

    def dismiss(self) -> None:
        """Have the workers stop what they do for this ingest, and close its source."""
        with suppress(Exception):  # those who are gone have stopped
            self._client.run(labour.stop, self._token, on_error="ignore")


class _Ledger:
    """How much of each task has been told, so that nothing is counted twice."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._told: dict[str, tuple[str, int]] = {}
        self._finished: set[str] = set()

    def hear(self, event: tuple[float, dict[str, Any]]) -> None:
        """Take note of what a worker says on its way."""
        message = event[1]
        task, attempt, voxels = message["task"], message["attempt"], message["voxels"]
        if task in self._finished:
            return
        who, before = self._told.get(task, (attempt, 0))
        # Another worker does it anew, where the one before was lost.
        counted = before if who == attempt else 0
        self._told[task] = (attempt, counted + voxels)
        self._counter.add(message["level"], counted + voxels - before)

    def finish(self, task: str, voxels: int, level: int) -> None:
        """Take note of a finished task."""
        self._finished.add(task)
        _, before = self._told.pop(task, ("", 0))
        self._counter.add(level, voxels - before)


@contextmanager
def dask_crew(*, workers: int, threads: int, scheduler: str | None) -> Iterator[DaskCrew]:
    """Hire workers, and leave none behind.

    Parameters
    ----------
    workers : int
        Processes to start on this machine, where no scheduler is named.
    threads : int
        Of each process started.
    scheduler : str, optional
        Address of a Dask scheduler that has workers.

    Raises
    ------
    LibraryError
        Dask is not installed, or nobody answers at the address.
    InvalidParameterError
        It is no address.
    """
    if scheduler is not None and not _ADDRESS.fullmatch(scheduler):
        raise InvalidParameterError("--scheduler", scheduler, "it takes tcp://host:port")
    distributed = _dask()
    with tempfile.TemporaryDirectory(prefix="atlasview-") as scratch:
        settings = {
            "temporary-directory": scratch,
            "distributed.scheduler.allowed-failures": LOSSES,
            "distributed.worker.profile.enabled": False,
        }
        with _quiet(), import_module("dask.config").set(settings):
            cluster = client = crew = None
            try:
                if scheduler is None:
                    cluster = distributed.LocalCluster(
                        n_workers=workers,
                        threads_per_worker=threads,
                        processes=True,
                        host="127.0.0.1",
                        dashboard_address=None,
                        memory_limit=0,  # the blocks keep to a bound of their own
                        silence_logs=logging.CRITICAL,
                        preload=[deaf.__name__],
                    )
                client = _connect(distributed, cluster if scheduler is None else scheduler)
                crew = DaskCrew(client, threads)
                yield crew
            finally:
                if crew is not None:
                    crew.dismiss()
                for thing in (client, cluster):
                    if thing is not None:
                        thing.close()


def _dask() -> Any:
    """Return the package, which not everybody installs and which takes a second to load.

    Raises
    ------
    LibraryError
        It is not there.
    """
    try:
        return import_module("distributed")
    except ImportError as exc:
        raise LibraryError(
            "Workers need Dask, which is not installed: pip install 'atlasview[cluster]'."
        ) from exc


def _connect(distributed: Any, where: Any) -> Any:
    try:
        return distributed.Client(where, set_as_default=False)
    except (OSError, ValueError) as exc:
        raise LibraryError(
            f"No Dask scheduler answers at {where}; name one that runs, such as tcp://host:8786."
        ) from exc


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask from telling the terminal of workers lost, which is mended and no news."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
