"""Files that are whole or absent, also after a power cut; and what a disk's refusals mean."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from atlasview.errors import LibraryError

_REASONS = {
    errno.ENOSPC: "there is no space left on the disk; free some and run the same command again, "
    "it goes on from where it was",
    errno.EDQUOT: "your disk quota is used up; free some space and run the same command again, "
    "it goes on from where it was",
    errno.EFBIG: "a file would be larger than the system allows; raise the limit (ulimit -f) and "
    "run the same command again",
    errno.EACCES: "there is no permission to write; choose another library or ask its owner",
    errno.EPERM: "there is no permission to write; choose another library or ask its owner",
    errno.EROFS: "the disk is read-only; choose another library",
    errno.ENOTDIR: "a part of the path is a file, not a folder; choose another path",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n)",
}


def write_file(path: Path, data: bytes) -> None:
    """Write a file so that it is seen whole or not at all."""
    partial = path.with_name(path.name + ".new")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Wait until the disk has a folder's list of files."""
    if os.name == "nt":  # Windows cannot open a folder, and needs no such call
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(path: Path) -> None:
    """Wait until the disk has the lists of files of a folder and of all below it."""
    for folder, _, _ in os.walk(path):
        sync_folder(Path(folder))


@contextmanager
def told_as_library_error(path: object) -> Iterator[None]:
    """Turn what the system says of a write into one sentence.

    Raises
    ------
    LibraryError
        In place of any OSError.
    """
    try:
        yield
    except OSError as exc:
        reason = _REASONS.get(exc.errno or 0, exc.strerror or str(exc))
        raise LibraryError(f"{path} cannot be written: {reason}.") from exc
