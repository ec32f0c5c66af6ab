"""What remembers which tasks are done, and what each of them saw."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.errors import LibraryError
from atlasview.ingest.shelf import Shelf

Record = dict[str, npt.NDArray[Any]]
_ENDING = ".npz"


@dataclass(frozen=True, slots=True)
class Notes:
    """One file for each finished task; it is there only when all that the task wrote is safe.

    Parameters
    ----------
    shelf : Shelf
    """

    shelf: Shelf

    def finished(self) -> set[str]:
        """Return the names of the tasks that are done."""
        return {name.removesuffix(_ENDING) for name in self.shelf.names(_ENDING)}

    def finish(
        self, task: str, record: Mapping[str, npt.NDArray[Any]], *, compress: bool = True
    ) -> None:
        """Remember that a task is done, and what it saw."""
        packed = io.BytesIO()
        (np.savez_compressed if compress else np.savez)(packed, **record)  # type: ignore[arg-type]
        self.shelf.write(task + _ENDING, packed.getvalue())

    def record(self, task: str) -> Record:
        """Return what a finished task saw.

        Raises
        ------
        LibraryError
            Somebody has taken it away.
        """
        packed = self.shelf.read(task + _ENDING)
        if packed is None:
            raise LibraryError(
                "What an ingest keeps while it works was removed by somebody else; run it again."
            )
        with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
