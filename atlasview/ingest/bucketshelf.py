"""Named bytes of a volume in the making, in an S3 bucket."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import tensorstore as ts

from atlasview.errors import LibraryError, StorageError, StoreUnavailableError
from atlasview.ingest import s3
from atlasview.store import make_context, open_store, raise_storage_error, read_bytes, s3_spec

#: Seconds that one small object may take on its way.
_TIMEOUT = 120.0


@lru_cache(maxsize=64)
def _store(location: str, endpoint: str | None, region: str | None) -> ts.KvStore:
    return open_store(s3_spec(location, endpoint=endpoint, region=region), make_context(0))


@dataclass(frozen=True, slots=True)
class BucketShelf:
    """All that begins with one prefix.

    Parameters
    ----------
    location : str
        ``s3://bucket/prefix``, without a slash at its end.
    endpoint, region : str or None
        Of the store; those of the process that made the shelf hold in others too.
    spool : Path or None
        Folder for long objects until they are sent; the system's temporary one where none.
    guard : str
        Address of what is there as long as the work goes on; without it no long object is sent,
        so that a process which still works on an abandoned plan spoils nothing. Empty for none.
    """

    location: str
    endpoint: str | None
    region: str | None
    spool: Path | None
    guard: str = ""

    def write(self, name: str, data: bytes) -> None:
        """Put a few bytes under a name.

        Raises
        ------
        LibraryError
            The store does not take them.
        """
        try:
            self._kv.write(name, data).result(_TIMEOUT)
        except (ValueError, OSError) as exc:
            _refuse(exc, f"{self.location}/{name}")

    def read(self, name: str) -> bytes | None:
        """Return what is under a name; None where there is nothing."""
        try:
            return read_bytes(self._kv, name, self.location)
        except (StorageError, StoreUnavailableError) as exc:
            raise LibraryError(str(exc)) from exc

    def names(self, ending: str) -> set[str]:
        """Return the names, not of folders below, with that ending."""
        return {name for name in self.all_names() if name.endswith(ending) and "/" not in name}

    def all_names(self, limit: int | None = None) -> list[str]:
        """Return the names here and in folders below."""
        try:
            keys = self._kv.list().result(_TIMEOUT)
        except (ValueError, OSError) as exc:
            _refuse(exc, self.location)
        return [key.decode() for key in keys[:limit]]

    def remove(self, name: str) -> None:
        """Remove one object."""
        try:
            self._kv.write(name, None).result(_TIMEOUT)
        except (ValueError, OSError) as exc:
            _refuse(exc, f"{self.location}/{name}")

    def clear(self) -> None:
        """Remove all that is here and below."""
        try:
            self._kv.delete_range(ts.KvStore.KeyRange()).result()
        except (ValueError, OSError) as exc:
            _refuse(exc, self.location)

    def draft(self, name: str) -> ObjectDraft:
        """Begin to write a long object."""
        return ObjectDraft(self, name)

    def below(self, name: str) -> BucketShelf:
        """Return the shelf of a longer prefix."""
        return replace(self, location=f"{self.location}/{name}")

    def check(self) -> None:
        """See that this process has what it takes to write, and may.

        Raises
        ------
        LibraryError
            It has not.
        """
        s3.library("boto3")
        self.check_guard()

    def check_guard(self) -> None:
        """See that the work goes on.

        Raises
        ------
        LibraryError
            Another ingest has begun anew, or this one is over.
        """
        folder, _, name = self.guard.rpartition("/")
        if not name:
            return
        store = _store(folder, self.endpoint, self.region)
        if read_bytes(store, name, folder) is None:
            raise LibraryError(f"{self.location} is being written by another ingest.")

    @property
    def spec(self) -> dict[str, Any]:
        """What TensorStore calls it."""
        return s3_spec(self.location, endpoint=self.endpoint, region=self.region)

    @property
    def _kv(self) -> ts.KvStore:
        return _store(self.location, self.endpoint, self.region)


def _refuse(exc: Exception, where: str) -> NoReturn:
    try:
        raise_storage_error(exc, where)
    except (StorageError, StoreUnavailableError) as told:
        s3.refuse(where, Exception(told.reason))


class ObjectDraft:
    """A long object, gathered on the disk under no name, so that nothing is left of it by a kill.

    Parameters
    ----------
    shelf : BucketShelf
    name : str
    """

    def __init__(self, shelf: BucketShelf, name: str) -> None:
        self._shelf, self._name = shelf, name
        spool = shelf.spool if shelf.spool is not None and shelf.spool.is_dir() else None
        self._folder = spool or Path(tempfile.gettempdir())
        with self._told():
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115

    def write(self, data: bytes) -> None:
        """Append."""
        with self._told():
            self._file.write(data)

    def commit(self) -> None:
        """Send it, and wait until the store has it."""
        shelf = self._shelf
        where = f"{shelf.location}/{self._name}"
        try:
            self._file.seek(0)
            shelf.check_guard()
            s3.send(self._file, where, shelf.endpoint, shelf.region)
        except s3.failures() as exc:
            s3.refuse(where, exc)
        finally:
            self._file.close()

    def discard(self) -> None:
        """Throw it away."""
        self._file.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Name the folder that is full, not the bucket."""
        try:
            yield
        except OSError as exc:
            raise LibraryError(
                f"{self._folder} cannot hold a shard on its way to {self._shelf.location} "
                f"({exc.strerror}); name a roomier folder with --spool."
            ) from exc
