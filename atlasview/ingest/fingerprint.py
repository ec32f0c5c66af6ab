"""Whether a source is still the one that an earlier run began with, and its checksum."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from atlasview.errors import SourceError

_SAMPLE = 1 << 16


@dataclass(frozen=True, slots=True)
class Held:
    """A small file that lies elsewhere, and that was read whole.

    Parameters
    ----------
    name : str
    data : bytes
    """

    name: str
    data: bytes

    def __str__(self) -> str:
        return self.name


File = Path | Held


def size(file: File) -> int:
    """Return the bytes of a file."""
    return len(file.data) if isinstance(file, Held) else file.stat().st_size


def fingerprint(files: Sequence[File]) -> str:
    """Return what changes when a file is written anew: sizes, times, and samples of the bytes."""
    seal = hashlib.sha256()
    for path in files:
        if isinstance(path, Held):
            seal.update(f"{path.name} {len(path.data)}\n".encode() + path.data)
            continue
        stat = path.stat()
        seal.update(f"{path.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    for path in (*files[:16], *files[-1:]):
        if isinstance(path, Held):
            continue
        with path.open("rb") as file:
            seal.update(file.read(_SAMPLE))
            file.seek(max(0, path.stat().st_size - _SAMPLE))
            seal.update(file.read(_SAMPLE))
    return seal.hexdigest()


class Checksum:
    """The sha256 of files laid end to end, computed beside the other work.

    Parameters
    ----------
    files : sequence of Path or Held
    """

    def __init__(self, files: Sequence[File]) -> None:
        self._files = tuple(files)
        self._stop = threading.Event()
        self._error: OSError | None = None
        self._seal = hashlib.sha256()
        self._thread = threading.Thread(target=self._run, name="checksum", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        room = bytearray(1 << 20)
        view = memoryview(room)
        try:
            for path in self._files:
                if isinstance(path, Held):
                    self._seal.update(path.data)
                    continue
                with path.open("rb", buffering=0) as file:
                    while (got := file.readinto(room)) and not self._stop.is_set():
                        self._seal.update(view[:got])
        except OSError as exc:
            self._error = exc

    def result(self) -> str:
        """Wait for the checksum.

        Raises
        ------
        SourceError
            A file cannot be read.
        """
        self._thread.join()
        if self._error is not None:
            raise SourceError(
                self._error.filename or self._files[0],
                f"it cannot be read ({self._error.strerror or self._error})",
            ) from self._error
        return self._seal.hexdigest()

    def cancel(self) -> None:
        """Stop, without a result."""
        self._stop.set()
        self._thread.join()
