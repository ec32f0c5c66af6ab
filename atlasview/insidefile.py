"""Files beside a volume, opened only where they are plain and lie where they seem to.

What others packed may hold a link to somewhere else, or a pipe that is waited for without end.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from atlasview.errors import StorageError
from atlasview.store import MAX_METADATA_BYTES


def inside_file(folder: Path, name: str) -> Path | None:
    """Return where a file of a folder lies; None where there is none, or it leads out.

    Parameters
    ----------
    folder : Path
    name : str
        One part of a path.
    """
    try:
        root = folder.resolve(strict=True)
        real = (root / name).resolve(strict=True)
        plain = stat.S_ISREG(real.stat().st_mode)
    except (OSError, ValueError, RuntimeError):  # a link that leads to itself
        return None
    return real if plain and real.parent == root else None


def open_inside(folder: Path, name: str) -> BinaryIO:
    """Open a file of a folder.

    Raises
    ------
    FileNotFoundError
        There is none, or it leads out of the folder, or is no plain file.
    OSError
        It cannot be opened.
    """
    path = inside_file(folder, name)
    if path is None:
        raise FileNotFoundError(name)
    # Should a pipe have taken its place meanwhile, it is not waited for.
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def read_plain(path: Path, most: int = MAX_METADATA_BYTES) -> bytes:
    """Read a document whole, wherever it lies.

    Raises
    ------
    OSError
        It cannot be read, is no plain file, or is larger than any such document; the sentence is in
        `strerror`.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is no plain file")
        if found.st_size > most:
            raise OSError(errno.EFBIG, f"its {found.st_size} bytes are more than {most}")
        return file.read(most)


def read_inside(folder: Path, name: str) -> bytes:
    """Read a document of a folder whole.

    Raises
    ------
    FileNotFoundError, OSError
        As `open_inside`.
    StorageError
        It is larger than any such document.
    """
    with open_inside(folder, name) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_METADATA_BYTES:
            raise StorageError(
                f"{folder.name}/{name}",
                f"its {size} bytes are more than the {MAX_METADATA_BYTES} of any metadata",
            )
        return file.read(size)
