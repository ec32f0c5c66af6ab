"""Stored objects of a volume as bytes: the whole, or a range; never a path that leaves it."""

from __future__ import annotations

import hashlib
import os
import re
import threading
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
    return bool(re.fullmatch(r"c|[0-9]+(\.[0-9]+)*|c(\.[0-9]+)+", last))


class _File:
    """An open file; closed when the last who reads from it lets go."""

    __slots__ = ("descriptor", "info", "stamp")

    def __init__(self, descriptor: int, stamp: tuple[int, int, int], info: ObjectInfo) -> None:
        self.descriptor, self.stamp, self.info = descriptor, stamp, info

    def __del__(self) -> None:
        os.close(self.descriptor)


class FolderObjects:
    """Objects in a folder of this machine.

    Files that were read lately are kept open, and asked at each use whether they are still the
    same: finding out once more that a path does not lead out of the folder costs more than reading.

    Parameters
    ----------
    root : Path
    """

    _OPEN = 128

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._prefix = f"{self.root}/"
        self._files: OrderedDict[str, _File] = OrderedDict()
        self._lock = threading.Lock()

    def stat(self, key: str) -> ObjectInfo | None:
        """Return size and tag; None when absent.

        Raises
        ------
        StorageError
            It may exist but cannot be looked at.
        """
        file = self._file(key)
        return None if file is None else file.info

    def read(self, key: str, start: int = 0, stop: int | None = None) -> bytes | None:
        """Return bytes of an object; None when absent.

        Raises
        ------
        StorageError
            The file is there but cannot be read.
        """
        file = self._file(key)
        if file is None:
            return None
        end = file.info.size if stop is None else min(stop, file.info.size)
        try:
            return os.pread(file.descriptor, max(0, end - start), start)
        except OSError as exc:
            raise StorageError(f"{self.root.name}/{key}", exc.strerror or "unreadable") from exc

    def _file(self, key: str) -> _File | None:
        try:
            found = os.stat(self._prefix + key)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as exc:
            raise StorageError(f"{self.root.name}/{key}", "it cannot be opened") from exc
        stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
        with self._lock:
            kept = self._files.get(key)
            if kept is not None and kept.stamp == stamp:
                self._files.move_to_end(key)
                return kept
        return self._open(key)

    def _open(self, key: str) -> _File | None:
        try:
            real = Path(self._prefix + key).resolve(strict=True)
            if not real.is_relative_to(self.root) or not real.is_file():
                return None
            descriptor = os.open(real, os.O_RDONLY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as exc:
            raise StorageError(f"{self.root.name}/{key}", "it cannot be opened") from exc
        found = os.fstat(descriptor)
        stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
        tag = f"{found.st_ino:x}-{found.st_size:x}-{found.st_mtime_ns:x}"
        file = _File(descriptor, stamp, ObjectInfo(found.st_size, tag))
        with self._lock:
            self._files[key] = file
            while len(self._files) > self._OPEN:
                self._files.popitem(last=False)
        return file


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
