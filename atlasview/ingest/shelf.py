"""Where named bytes of a volume in the making are put; can be sent to other processes.

Several processes may write the same name at once, one that was taken for lost and the one that took
its place: both write the same bytes, and what is seen under a name is always whole.
"""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from atlasview.errors import LibraryError
from atlasview.ingest.durable import sync_folder, write_file

if TYPE_CHECKING:  # which loads TensorStore
    from atlasview.store import StoreSpec


class Draft(Protocol):
    """Bytes on their way to a name, which has them from `commit` on."""

    def write(self, data: bytes) -> None:
        """Append."""
        ...

    def commit(self) -> None:
        """Let the bytes appear under their name, and wait until they are safe there."""
        ...

    def discard(self) -> None:
        """Throw the bytes away."""
        ...


class Shelf(Protocol):
    """Names and bytes."""

    def write(self, name: str, data: bytes) -> None:
        """Put a few bytes under a name, whole or not at all."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return what is under a name; None where there is nothing."""
        ...

    def names(self, ending: str) -> set[str]:
        """Return the names, not of folders below, with that ending."""
        ...

    def draft(self, name: str) -> Draft:
        """Begin to write many bytes."""
        ...

    def below(self, name: str) -> Shelf:
        """Return the shelf of a folder."""
        ...

    @property
    def spec(self) -> StoreSpec:
        """What TensorStore calls it."""
        ...

    def check(self) -> None:
        """See that this process can reach it.

        Raises
        ------
        LibraryError
            It cannot.
        """
        ...


@dataclass(frozen=True, slots=True)
class FolderShelf:
    """A folder. It is never made by writing into it, so that nothing writes where all is done.

    Parameters
    ----------
    root : Path
    """

    root: Path

    def write(self, name: str, data: bytes) -> None:
        """Put a few bytes under a name, whole or not at all."""
        write_file(self.root / name, data)

    def read(self, name: str) -> bytes | None:
        """Return what is under a name; None where there is nothing."""
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None

    def names(self, ending: str) -> set[str]:
        """Return the names with that ending."""
        return {path.name for path in self.root.glob(f"*{ending}")}

    def draft(self, name: str) -> FileDraft:
        """Begin to write a file."""
        return FileDraft(self.root, name)

    def below(self, name: str) -> FolderShelf:
        """Return the shelf of a folder, which is made when it is absent."""
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        return FolderShelf(folder)

    @property
    def spec(self) -> StoreSpec:
        """What TensorStore calls it."""
        return {"driver": "file", "path": f"{self.root.resolve().as_posix()}/"}

    def check(self) -> None:
        """See that this process sees the folder.

        Raises
        ------
        LibraryError
            It does not.
        """
        if not self.root.is_dir():
            raise unseen(self.root)


def unseen(path: Path) -> LibraryError:
    """Return what is raised where a worker lacks a path that the one who sent it has."""
    return LibraryError(
        f"The worker on {socket.gethostname()} does not see {path}; workers need the same paths, "
        "or s3:// addresses."
    )


#: End of the names of files that are being written.
DRAFT = ".draft"


class FileDraft:
    """A file being written under another name, in its own folder.

    Parameters
    ----------
    root : Path
        Must be there; folders between it and the file are made.
    name : str
    """

    def __init__(self, root: Path, name: str) -> None:
        self._path = root / name
        # Of two processes that write the same file, each has its own draft.
        self._draft = self._path.with_name(f".{self._path.name}.{uuid.uuid4().hex}{DRAFT}")
        for folder in reversed(self._path.relative_to(root).parents[:-1]):
            (root / folder).mkdir(exist_ok=True)
        self._file: BinaryIO = self._draft.open("xb", buffering=0)

    def write(self, data: bytes) -> None:
        """Append."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def commit(self) -> None:
        """Let the file appear, once the disk has it."""
        os.fsync(self._file.fileno())
        self._file.close()
        self._draft.replace(self._path)
        sync_folder(self._path.parent)

    def discard(self) -> None:
        """Remove the draft."""
        self._file.close()
        self._draft.unlink(missing_ok=True)
