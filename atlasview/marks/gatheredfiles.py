"""Large sets of annotations as arrays on the disk, so that they open at once after a restart.

A file is only ever a copy: one that is missing, damaged or of another history is made anew.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from atlasview.marks.spatial import TYPES, Marks

#: Fewer annotations are gathered as fast as a file is read.
FEWEST = 20_000
_HOUR = 3600
_ARRAYS = ("places", "corners", "tops", "colors", "regions", "numbers", "bounds")


class GatheredFiles:
    """Files of one database.

    Parameters
    ----------
    folder : Path
        Made when the first file is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(
        self, set_id: str, kind: str, seal_of: Callable[[int], str]
    ) -> tuple[int, Marks] | None:
        """Return what was gathered of a set, and at which revision; None when there is nothing.

        Parameters
        ----------
        set_id, kind : str
        seal_of : callable
            A revision → what tells this history from another one with the same numbers.
        """
        try:
            # Opened here: numpy leaves a damaged one open.
            with (
                self._path(set_id, kind).open("rb") as file,
                np.load(file, allow_pickle=False) as found,
            ):
                revision = int(found["revision"])
                if str(found["seal"]) != seal_of(revision):
                    return None
                lengths, floats = found["lengths"], found["floats"]
                return revision, Marks(
                    type=kind,
                    names=tuple(map(str, found["names"])),
                    shapes=np.split(floats, np.cumsum(lengths)[:-1]) if len(lengths) else [],
                    **{name: found[name] for name in _ARRAYS},
                )
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None

    def write(self, set_id: str, kind: str, revision: int, seal: str, marks: Marks) -> None:
        """Keep what was gathered, if there is much of it and the disk takes it."""
        if len(marks) < FEWEST:
            return
        shapes = list(marks.shapes)
        arrays = {
            "revision": np.array(revision),
            "seal": np.array(seal),
            "names": np.array(marks.names, np.str_),
            "lengths": np.array([len(s) for s in shapes], np.int64),
            "floats": np.concatenate(shapes) if shapes else np.zeros(0, np.float32),
            **{name: getattr(marks, name) for name in _ARRAYS},
        }
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._sweep()
            handle, name = tempfile.mkstemp(dir=self._folder, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    np.savez(file, **arrays)
                Path(name).replace(self._path(set_id, kind))
            finally:
                Path(name).unlink(missing_ok=True)

    def remove(self, set_id: str) -> None:
        """Take away what is kept of a set."""
        for kind in TYPES:
            with suppress(OSError):
                self._path(set_id, kind).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Take away what a kill left half written."""
        for part in self._folder.glob("*.part"):
            if time.time() - part.stat().st_mtime > _HOUR:
                part.unlink(missing_ok=True)

    def _path(self, set_id: str, kind: str) -> Path:
        return self._folder / f"{set_id}.{kind}.npz"
