"""Views and annotations as the server holds them: their database, and the threads that ask it."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from platformdirs import user_cache_path, user_data_path

from atlasview.errors import AtlasViewError
from atlasview.library import library_root
from atlasview.marks.database import Database, default_url
from atlasview.marks.gathered import Gathered, Gatherer
from atlasview.marks.gatheredfiles import GatheredFiles
from atlasview.marks.items import ItemStore
from atlasview.marks.sets import SetStore
from atlasview.marks.spatial import TYPES
from atlasview.marks.views import ViewStore
from tileserver.work import Workbench

log = logging.getLogger("atlasview")
T = TypeVar("T")
_THREADS = 8
#: Sets kept in memory as arrays: some 40 MB for a million points.
_KEPT = 8


class Marks:
    """The stores of one database.

    Parameters
    ----------
    url : str
    waiting : int
        Requests at work or waiting at once.
    """

    def __init__(self, url: str, waiting: int) -> None:
        self.database = Database(url)
        self.views = ViewStore(self.database)
        self.sets = SetStore(self.database)
        self.items = ItemStore(self.database)
        self.gatherer = Gatherer(self.database, _files(self.database))
        self._gathering = threading.Lock()
        self._turns = [threading.Lock() for _ in range(16)]
        self._gathered: dict[tuple[str, str], Gathered] = {}
        # Apart from the pictures: who saves does not wait for who looks.
        self._work = Workbench(_THREADS, waiting)
        # SQLite takes one writer at a time: the others wait in a line, and hold no thread meanwhile
        # that somebody who reads could have.
        self._writing = Workbench(1 if self.database.is_sqlite else _THREADS, waiting)

    def gathered(self, set_id: str, key: str | None, kind: str) -> Gathered:
        """Return the annotations of one type as arrays, kept in step with what is changed.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError
        """
        # Who asks at the same time waits, and finds it done.
        with self._turns[hash((set_id, kind)) % len(self._turns)]:
            with self._gathering:
                before = self._gathered.pop((set_id, kind), None)
            found = self.gatherer.gather(set_id, key, kind, before)
            with self._gathering:
                self._gathered[set_id, kind] = found
                while len(self._gathered) > _KEPT:
                    self._gathered.pop(next(iter(self._gathered)))
        return found

    def remove_set(self, set_id: str, key: str | None) -> None:
        """Take a set away, and what was gathered of it.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError
        """
        self.sets.remove(set_id, key)
        with self._gathering:
            for kind in TYPES:
                self._gathered.pop((set_id, kind), None)
        self.gatherer.forget(set_id)

    def prepare(self) -> None:
        """Bring the database to the newest schema; what is to be seen is served without it, too."""
        try:
            self.database.prepare()
        except AtlasViewError as exc:
            log.error("Views and annotations: %s", exc)

    async def run(self, job: Callable[[], T]) -> T:
        """Run one job that reads the database.

        Raises
        ------
        BusyError
            Too many wait already.
        """
        return await self._work.run(job)

    async def write(self, job: Callable[[], T]) -> T:
        """Run one job that changes the database; what came first is done first.

        Raises
        ------
        BusyError
            Too many wait already.
        """
        return await self._writing.run(job)

    def close(self) -> None:
        """Close the database."""
        self._work.close()
        self._writing.close()
        self.database.close()


def _files(database: Database) -> GatheredFiles:
    """Return where large sets are kept as arrays: beside a SQLite file, or in the user's cache."""
    if database.file is not None:
        return GatheredFiles(database.file.parent / "gathered")
    name = hashlib.sha256(database.url.render_as_string().encode()).hexdigest()[:16]
    return GatheredFiles(user_cache_path("atlasview") / "gathered" / name)


def marks_url(said: str | None, paths: Sequence[Path]) -> str:
    """Return where views and annotations are kept: in the first library that is served.

    A server of single volumes keeps them in the user's own library.
    """
    if said:
        return said
    for path in paths:
        root = library_root(path) if path.suffix != ".toml" else None
        if root is not None:
            return default_url(root)
    return default_url(user_data_path("atlasview") / "library")
