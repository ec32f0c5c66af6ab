"""Who works at a place that has no locks: an object that its holder writes anew now and then."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from contextlib import suppress
from typing import Any

from atlasview.errors import LibraryError
from atlasview.ingest.bucketshelf import BucketShelf

#: Seconds between two signs of life, and after which one without any is taken for dead.
BEAT, PATIENCE = 5.0, 20.0
_NAME = "lock"


class Lease:
    """The right to work at a place.

    Parameters
    ----------
    shelf : BucketShelf
    what : str
        Named in errors.
    """

    def __init__(self, shelf: BucketShelf, what: str) -> None:
        self._shelf, self._what = shelf, what
        self._owner, self._beats = uuid.uuid4().hex, 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self) -> None:
        """Take it; of a holder that gives no sign of life, after a while.

        Raises
        ------
        LibraryError
            Another one works there.
        """
        found = self._read()
        until = time.monotonic() + PATIENCE
        while found is not None and not _is_dead(found):
            if time.monotonic() > until:
                break
            time.sleep(0.5)
            now = self._read()
            if now is not None and now != found:
                raise self._held()
            found = now
        self._beat()
        time.sleep(0.2)  # of two who came at once, the one that wrote last holds it
        self.check()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """See that it is still held.

        Raises
        ------
        LibraryError
            Another one has taken it.
        """
        found = self._read()
        if found is None or found.get("owner") != self._owner:
            raise self._held()

    def release(self) -> None:
        """Give it back."""
        self._stop.set()
        if self._thread is None:
            return
        self._thread.join()
        self._thread = None
        with suppress(LibraryError):  # then it ends by itself
            self.check()
            self._shelf.remove(_NAME)

    def _run(self) -> None:
        while not self._stop.wait(BEAT):
            with suppress(LibraryError):  # the store may be back at the next beat
                self.check()
                self._beat()

    def _beat(self) -> None:
        self._beats += 1
        said = {"owner": self._owner, "beats": self._beats, "host": socket.gethostname(),
                "process": os.getpid()}  # fmt: skip
        self._shelf.write(_NAME, json.dumps(said).encode())

    def _read(self) -> dict[str, Any] | None:
        found = self._shelf.read(_NAME)
        try:
            said = json.loads(found) if found is not None else None
        except ValueError:
            return None
        return said if isinstance(said, dict) else None

    def _held(self) -> LibraryError:
        return LibraryError(
            f"{self._what} is being written by another ingest; wait until it is done."
        )


def _is_dead(said: dict[str, Any]) -> bool:
    """Tell whether a holder was a process of this machine that is no more."""
    process = said.get("process")
    if said.get("host") != socket.gethostname() or not isinstance(process, int):
        return False
    if os.name == "nt":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
