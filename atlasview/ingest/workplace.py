"""Where a volume grows until it is whole, and what remembers which tasks are done.

For a volume ``x.ome.zarr`` it is the hidden folder ``.x.ome.zarr.partial`` beside it:

    lock            held by the process that works here; the system frees it when that dies
    plan.json       what is being made; another plan starts anew
    tasks/*.npz     one for each finished task, with what it saw; it is there only when all that
                    the task wrote is on the disk
    volume/         the volume
"""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt

from atlasview.errors import LibraryError
from atlasview.geometry import Triple
from atlasview.ingest.durable import sync_folder, sync_tree, write_file

Record = dict[str, npt.NDArray[Any]]


class Workplace:
    """The folder in which one volume is made; a context manager that holds its lock.

    Parameters
    ----------
    destination : Path
        Where the finished volume will appear.
    """

    def __init__(self, destination: Path) -> None:
        self.destination = destination
        self.folder = destination.with_name(f".{destination.name}.partial")
        self.volume = self.folder / "volume"
        self._old = destination.with_name(f".{destination.name}.old")
        self._tasks = self.folder / "tasks"
        self._lock: BinaryIO | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises
        ------
        LibraryError
            Another process works here.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = (self.folder / "lock").open("ab")
        try:
            _take(lock)
        except OSError as exc:
            lock.close()
            raise LibraryError(
                f"{self.destination} is being written by another ingest; wait until it is done."
            ) from exc
        self._lock = lock
        # A run that was killed between the two renames of `publish`.
        if self._old.exists() and not self.destination.exists():
            self._old.rename(self.destination)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the lock."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def prepare(
        self, plan: Mapping[str, Any], extents: Sequence[Triple], *, resume: bool
    ) -> list[Triple]:
        """Make the folder ready for a plan.

        Parameters
        ----------
        plan : mapping
            JSON: what is to be made.
        extents : sequence of tuple of int
            How the work is to be cut into tasks.
        resume : bool
            Keep what an earlier run of the same plan has done.

        Returns
        -------
        list of tuple of int
            How the work is cut; as the earlier run had it, where one is gone on with.
        """
        stored = self.folder / "plan.json"
        text = json.dumps({"plan": plan, "extents": extents}, sort_keys=True)
        wanted = json.loads(text)
        # No volume: the run was killed after `publish` had moved it away.
        if resume and stored.is_file() and self._tasks.is_dir() and self.volume.is_dir():
            found = json.loads(stored.read_bytes())
            if found["plan"] == wanted["plan"]:
                return [(z, y, x) for z, y, x in found["extents"]]
        self.discard()
        self._tasks.mkdir()
        self.volume.mkdir()
        write_file(stored, text.encode())
        return list(extents)

    def discard(self) -> None:
        """Throw away what earlier runs have done, all but the lock."""
        (self.folder / "plan.json").unlink(missing_ok=True)
        for entry in list(self.folder.iterdir()):
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != "lock":
                entry.unlink()

    def remove(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what a run left that was killed when its volume had appeared already."""
        if self.folder.is_dir() and self._tasks.is_dir() and not self.volume.exists():
            with self:
                self.remove()

    def finished(self) -> set[str]:
        """Return the names of the tasks that are done."""
        return {path.stem for path in self._tasks.glob("*.npz")}

    def finish(self, task: str, record: Mapping[str, npt.NDArray[Any]]) -> None:
        """Remember that a task is done, and what it saw."""
        packed = io.BytesIO()
        np.savez_compressed(packed, **record)  # type: ignore[arg-type]
        write_file(self._tasks / f"{task}.npz", packed.getvalue())

    def record(self, task: str) -> Record:
        """Return what a finished task saw."""
        with np.load(self._tasks / f"{task}.npz", allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}

    def publish(self) -> None:
        """Let the finished volume appear, in place of an older one of the same name."""
        sync_tree(self.volume)
        if self.destination.exists():
            if self._old.exists():
                shutil.rmtree(self._old)
            self.destination.rename(self._old)
        self.volume.rename(self.destination)
        sync_folder(self.destination.parent)
        shutil.rmtree(self._old, ignore_errors=True)
        shutil.rmtree(self.folder)


if sys.platform == "win32":
    import msvcrt

    def _take(lock: BinaryIO) -> None:
        msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(lock: BinaryIO) -> None:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_unfinished(path: Path) -> bool:
    """Tell whether a path is a workplace, not a volume."""
    return path.name.startswith(".") and path.name.endswith((".partial", ".old"))


def free_space(path: Path) -> int:
    """Return the bytes free where a path lies or will lie."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free
