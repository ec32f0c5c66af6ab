"""Where a volume grows until it is whole, and what remembers which tasks are done.

For a volume ``x.ome.zarr`` it is the hidden folder ``.x.ome.zarr.partial`` beside it:

    lock            held by the process that works here; the system frees it when that dies
    plan.json       what is being made; another plan starts anew
    PLAN/tasks/     one file for each finished task, with what it saw
    PLAN/volume/    the volume

PLAN is a digest of the plan: a process elsewhere that still works on an abandoned plan finds its
folder gone, and spoils nothing.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from atlasview.errors import LibraryError
from atlasview.geometry import Triple
from atlasview.ingest.durable import sync_folder, sync_tree, write_file
from atlasview.ingest.locks import take
from atlasview.ingest.notes import Notes
from atlasview.ingest.shelf import DRAFT, FolderShelf


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
        self._plan = self.folder / "plan.json"
        self._old = destination.with_name(f".{destination.name}.old")
        self._lock: BinaryIO | None = None
        self._made: list[Path] = []

    @property
    def exists(self) -> bool:
        """Whether a finished volume is there."""
        return self.destination.exists()

    @property
    def replaceable(self) -> bool:
        """Whether what is there is a volume, or nothing at all: all else is not ours to replace."""
        if not self.destination.is_dir():
            return False
        for name in ("zarr.json", ".zattrs"):
            try:
                found = json.loads((self.destination / name).read_bytes())
                known = found.get("attributes", {}) if name == "zarr.json" else found
                return bool({"ome", "multiscales", "atlasview"} & set(known))
            except FileNotFoundError:
                pass
            except (OSError, ValueError, AttributeError, TypeError):
                return False
        return not any(self.destination.iterdir())

    @property
    def _room(self) -> Path:
        return self.folder / hashlib.sha256(self._plan.read_bytes()).hexdigest()[:16]

    @property
    def _volume(self) -> Path:
        return self._room / "volume"

    @property
    def _tasks(self) -> Path:
        return self._room / "tasks"

    @property
    def shelf(self) -> FolderShelf:
        """Where the volume grows."""
        return FolderShelf(self._volume)

    @property
    def notes(self) -> Notes:
        """What remembers which tasks are done."""
        return Notes(FolderShelf(self._tasks))

    @property
    def scratch(self) -> Path:
        """A folder for what is of use to this run and to one that goes on with it."""
        return self.folder

    def __enter__(self) -> Self:
        """Take the lock.

        Raises
        ------
        LibraryError
            Another process works here.
        """
        self._made = [above for above in self.folder.parents if not above.exists()]
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = (self.folder / "lock").open("ab")
        try:
            take(lock, wait=False)
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
        text = json.dumps({"plan": plan, "extents": extents}, sort_keys=True)
        wanted = json.loads(text)
        # No volume: the run was killed after `publish` had moved it away.
        if resume and self._plan.is_file() and self._tasks.is_dir() and self._volume.is_dir():
            found = json.loads(self._plan.read_bytes())
            if found["plan"] == wanted["plan"]:
                return [(z, y, x) for z, y, x in found["extents"]]
        self.discard()
        write_file(self._plan, text.encode())
        self._tasks.mkdir(parents=True)
        self._volume.mkdir()
        return list(extents)

    def discard(self) -> None:
        """Throw away what earlier runs have done, all but the lock."""
        self._plan.unlink(missing_ok=True)
        for entry in list(self.folder.iterdir()):
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != "lock":
                entry.unlink()

    def remove(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):  # where something else lies in one by now
            for above in self._made:
                above.rmdir()

    def sweep(self) -> None:
        """Remove what a run left that was killed when its volume had appeared already."""
        if self._plan.is_file() and self._tasks.is_dir() and not self._volume.exists():
            with self:
                self.remove()

    def publish(self, document: bytes, name: str = "zarr.json") -> None:
        """Let the finished volume appear, in place of an older one of the same name.

        Parameters
        ----------
        document : bytes
            What makes it known, such as the group's ``zarr.json``; written last.
        name : str
            Of its file.
        """
        volume = self._volume
        write_file(volume / name, document)
        for draft in volume.rglob(f"*{DRAFT}"):  # of processes that were killed
            draft.unlink(missing_ok=True)
        sync_tree(volume)
        if self.destination.exists():
            if self._old.exists():
                shutil.rmtree(self._old)
            self.destination.rename(self._old)
        volume.rename(self.destination)
        sync_folder(self.destination.parent)
        shutil.rmtree(self._old, ignore_errors=True)
        shutil.rmtree(self.folder)


def is_unfinished(path: Path) -> bool:
    """Tell whether a path is a workplace, not a volume."""
    return path.name.startswith(".") and path.name.endswith((".partial", ".old"))


def free_space(path: Path) -> int:
    """Return the bytes free where a path lies or will lie."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free
