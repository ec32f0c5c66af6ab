"""Stored objects of a volume as bytes: the whole, or a range; never a path that leaves it."""

from __future__ import annotations

import hashlib
import os
import re
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from atlasview.errors import StorageError
from atlasview.store import READ_TIMEOUT, Context, StoreSpec, open_store, raise_storage_error
from atlasview.volume import Volume

_METADATA = ("zarr.json", ".zattrs", ".zgroup", ".zarray", ".zmetadata")
_PART = re.compile(r"[A-Za-z0-9_+\-][A-Za-z0-9_.+\-]{0,254}")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """Size in bytes, and a tag that changes whenever the object does."""

    size: int
    tag: str


class ObjectStore(Protocol):
    """Where the objects of one volume lie."""

    def stat(self, key: str) -> ObjectInfo | None:
        """Return what is known of an object; None when it is absent."""

    def read(self, key: str, start: int = 0, stop: int | None = None) -> bytes | None:
        """Return bytes of an object, half-open; None when it is absent."""


def is_key(key: str) -> bool:
    """Tell whether a key is one that a Zarr hierarchy can have: metadata, or a chunk."""
    parts = key.split("/")
    if len(key) > 1024 or len(parts) > 32:
        return False
    *folders, last = parts
    if not all(_PART.fullmatch(p) for p in folders):
        return False
    if last in _METADATA:
        return True
    return bool(re.fullmatch(r"c|\d+(\.\d+)*|c(\.\d+)+", last))


class FolderObjects:
    """Objects in a folder of this machine.

    Parameters
    ----------
    root : Path
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def path(self, key: str) -> Path | None:
        """Return the file of a key; None where there is none, or it leads out of the folder.

        Raises
        ------
        StorageError
            It may exist but cannot be looked at.
        """
        path = self.root / key
        try:
            if not path.is_file():
                return None
            real = path.resolve(strict=True)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as exc:
            raise StorageError(f"{self.root.name}/{key}", "it cannot be opened") from exc
        return real if real.is_relative_to(self.root) else None

    def stat(self, key: str) -> ObjectInfo | None:
        """Return size and tag; None when absent."""
        path = self.path(key)
        if path is None:
            return None
        try:
            found = path.stat()
        except FileNotFoundError:
            return None
        return ObjectInfo(
            found.st_size, f"{found.st_ino:x}-{found.st_size:x}-{found.st_mtime_ns:x}"
        )

    def read(self, key: str, start: int = 0, stop: int | None = None) -> bytes | None:
        """Return bytes of an object; None when absent.

        Raises
        ------
        StorageError
            The file is there but cannot be read.
        """
        path = self.path(key)
        if path is None:
            return None
        try:
            with path.open("rb", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size
                end = size if stop is None else min(stop, size)
                return os.pread(file.fileno(), max(0, end - start), start)
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise StorageError(f"{self.root.name}/{key}", exc.strerror or "unreadable") from exc


class RemoteObjects:
    """Objects behind a URL.

    TensorStore reads ranges but does not tell sizes, so the size of an object is learnt by reading
    it once; sizes are kept.

    Parameters
    ----------
    location : str
        Named in errors.
    store : dict or str
        TensorStore's spec.
    context : Context, optional
    """

    _KEPT = 4096

    def __init__(self, location: str, store: StoreSpec, context: Context | None = None) -> None:
        self.location = location
        self._store = open_store(store, context)
        self._known: OrderedDict[str, ObjectInfo] = OrderedDict()

    def stat(self, key: str) -> ObjectInfo | None:
        """Return size and tag; None when absent.

        Raises
        ------
        StorageError, StoreUnavailableError
            It cannot be read.
        """
        known = self._known.get(key)
        if known is not None:
            return known
        body = self.read(key)
        if body is None:
            return None
        info = ObjectInfo(len(body), hashlib.sha256(body).hexdigest()[:32])
        self._known[key] = info
        while len(self._known) > self._KEPT:
            self._known.popitem(last=False)
        return info

    def read(self, key: str, start: int = 0, stop: int | None = None) -> bytes | None:
        """Return bytes of an object, half-open; None when absent.

        Raises
        ------
        StorageError, StoreUnavailableError
            It cannot be read.
        """
        if stop is not None and stop <= start:
            return b""
        whole = start == 0 and stop is None
        try:
            span = None if whole else slice(start, stop)
            found = self._store.read(key, byte_range=span).result(READ_TIMEOUT)
        except (ValueError, OSError) as exc:
            raise_storage_error(exc, f"{self.location}/{key}")
        return bytes(found.value) if found.state == "value" else None


def open_objects(volume: Volume, context: Context | None = None) -> ObjectStore:
    """Return the stored objects of a volume, wherever it lies."""
    if "://" in volume.location:
        return RemoteObjects(volume.location, volume.kvstore, context)
    return FolderObjects(Path(volume.location))
