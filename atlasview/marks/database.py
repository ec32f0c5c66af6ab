"""The database of views and annotations: SQLite beside the volumes, or PostgreSQL by its URL.

What a write has answered is on the disk: SQLite in WAL with ``synchronous=FULL`` syncs at every
commit, PostgreSQL does by itself. Several processes share either.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import StaticPool

from atlasview.errors import LibraryError, StorageError, StoreUnavailableError
from atlasview.marks import schema
from atlasview.marks.tables import metadata

#: Where it lies in a library, when nothing else is said.
FILE = "marks/atlasview.sqlite"
#: How long a writer waits for others, in seconds.
_PATIENCE = 30.0
#: Any number will do for PostgreSQL's advisory lock, as long as it is always this one.
_LOCK = 0x41744C56


def default_url(library: Path) -> str:
    """Return where the views and annotations of a library are kept."""
    place = library.expanduser().resolve() / FILE
    return URL.create("sqlite", database=str(place)).render_as_string()


class Database:
    """One database.

    Parameters
    ----------
    url : str
        ``sqlite:///…`` or ``postgresql://…``. A SQLite file is made at the first write.

    Raises
    ------
    LibraryError
        The URL names neither.
    """

    def __init__(self, url: str) -> None:
        self.url = _read_url(url)
        #: None where it lies on a server.
        self.file = Path(self.url.database or "") if self.url.drivername == "sqlite" else None
        self._engine = _file_engine(self.url) if self.file else _server_engine(self.url)
        self._ready = False
        self._making = threading.Lock()
        # Within a process writers queue here: SQLite's own waiting is by chance.
        self._writing = threading.Lock()
        self._empty: Engine | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of this machine."""
        return self.file is not None

    @property
    def name(self) -> str:
        """Where it lies, without a password."""
        said = self.url.set(drivername=self.url.get_backend_name())
        return str(self.file) if self.file else said.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Read one state of the database, whatever is written meanwhile.

        Raises
        ------
        StoreUnavailableError, StorageError
        """
        with self._told():
            engine = self._engine if self._prepare(make=False) else self._nothing()
            with engine.connect() as connection:
                if not self.is_sqlite:
                    connection.execution_options(isolation_level="REPEATABLE READ")
                with connection.begin():
                    yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Write: all of it or, when the block fails, nothing.

        Raises
        ------
        StoreUnavailableError, StorageError
        """
        with self._told():
            self._prepare(make=True)
            with self._queue(), self._engine.connect() as connection:
                writing = connection.execution_options(atlasview_begin="BEGIN IMMEDIATE")
                with writing.begin():
                    yield writing

    def prepare(self) -> None:
        """Bring a database that exists to the newest schema.

        Raises
        ------
        LibraryError
            A newer AtlasView made it.
        StoreUnavailableError, StorageError
        """
        with self._told():
            self._prepare(make=False)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()
        if self._empty is not None:
            self._empty.dispose()

    @contextmanager
    def _queue(self) -> Iterator[None]:
        if self.file is None:
            yield
            return
        if not self._writing.acquire(timeout=_PATIENCE):
            raise StoreUnavailableError(self.name, "too many write at once")
        try:
            yield
        finally:
            self._writing.release()

    def _prepare(self, *, make: bool) -> bool:
        """Migrate once; tell whether there is a database."""
        if self._ready:
            return True
        if self.file is not None and not self.file.exists():
            if not make:
                return False
            try:
                self.file.parent.mkdir(parents=True, exist_ok=True)
            except OSError as exc:
                raise StoreUnavailableError(self.name, str(exc.strerror or exc)) from exc
        with self._making:
            if not self._ready:
                with self._engine.connect() as connection:
                    migrating = connection.execution_options(atlasview_begin="BEGIN IMMEDIATE")
                    with migrating.begin():
                        if not self.is_sqlite:
                            migrating.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
                        schema.upgrade(migrating)
                self._ready = True
        return True

    def _nothing(self) -> Engine:
        """Return a database with nothing in it, to read while the file is not there."""
        with self._making:
            if self._empty is None:
                self._empty = create_engine(
                    "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
                )
                metadata.create_all(self._empty)
        return self._empty

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what a driver cannot do in words of ours."""
        try:
            yield
        except (OperationalError, InterfaceError) as exc:
            raise StoreUnavailableError(self.name, _said(exc)) from exc
        except PoolTimeoutError as exc:
            raise StoreUnavailableError(self.name, "too many ask at once") from exc
        except DBAPIError as exc:
            raise StorageError(self.name, _said(exc)) from exc


def _said(exc: DBAPIError) -> str:
    return " ".join(str(exc.orig).split()).rstrip(".")[:300]


def _read_url(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is not None and url.drivername in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if url is not None and (
        url.drivername == "postgresql+psycopg" or (url.drivername == "sqlite" and url.database)
    ):
        return url
    raise LibraryError(
        "The database of views and annotations is named by sqlite:///PATH or "
        "postgresql://USER@HOST/NAME; ATLASVIEW_DATABASE_URL is neither."
    )


def _server_engine(url: URL) -> Engine:
    return create_engine(
        url, pool_size=8, max_overflow=8, pool_timeout=_PATIENCE, pool_pre_ping=True,
        connect_args={"connect_timeout": 5},
    )  # fmt: skip


def _write_ahead(connection: Any) -> None:
    """Put a database in WAL, whoever else opens it at the same moment.

    Changing the mode raises a read lock to an exclusive one, for which SQLite never waits: two who
    do so at once would wait for each other. So the waiting is here.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _file_engine(url: URL) -> Engine:
    engine = create_engine(
        url, pool_size=16, max_overflow=16, pool_timeout=_PATIENCE,
        connect_args={"timeout": _PATIENCE, "check_same_thread": False},
    )  # fmt: skip

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: object) -> None:
        # The driver begins no transactions by itself; ours say of which kind they are.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={int(_PATIENCE * 1000)}").close()
        _write_ahead(connection)
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            # Ids are random: writing many touches pages everywhere.
            "cache_size=-32768",
            "wal_autocheckpoint=4000",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(
            connection.get_execution_options().get("atlasview_begin", "BEGIN")
        )

    return engine
