"""Copies of files that lie elsewhere, in a folder that is emptied afterwards."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from atlasview.errors import LibraryError, SourceError
from atlasview.ingest import s3
from atlasview.ingest.address import Address
from atlasview.ingest.causes import short
from atlasview.ingest.locks import take
from atlasview.ingest.workplace import free_space

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a server says of a file, and its bytes."""

    size: int | None
    modified: int
    pieces: Iterator[bytes]


def fetch(address: Address, spool: Path | None) -> Path:
    """Copy a file here, unless an earlier run has, and it is still the same.

    Parameters
    ----------
    address : Address
    spool : Path, optional
        Folder for it; in the system's temporary one where not given.

    Returns
    -------
    Path
        Its name is that of the address, its time of change the one that the server says.
    """
    folder = _folder(address, spool)
    path = folder / address.name
    with (folder / "lock").open("ab") as lock:
        take(lock, wait=True)  # several workers of one machine share a copy
        with _ask(address) as answer:
            if path.exists():
                stat = path.stat()
                if (stat.st_size, int(stat.st_mtime)) == (answer.size, answer.modified):
                    return path
            free = free_space(folder)
            if answer.size is not None and answer.size > free:
                raise LibraryError(
                    f"{address} must be copied to disk, which takes {answer.size / 1e9:.1f} GB in "
                    f"{folder.parent}; {free / 1e9:.1f} GB are free. Name a roomier folder with "
                    "--spool."
                )
            partial = path.with_name(path.name + ".part")
            with partial.open("wb") as file:
                for piece in answer.pieces:
                    file.write(piece)
            found = partial.stat().st_size
            if answer.size is not None and found != answer.size:
                raise SourceError(
                    address, f"{found:,} of {answer.size:,} bytes came; run the command again"
                )
            os.utime(partial, (answer.modified, answer.modified))
            partial.replace(path)
    return path


def forget(address: Address, spool: Path | None) -> None:
    """Remove the copy."""
    shutil.rmtree(_folder(address, spool), ignore_errors=True)


def spool_folder(spool: Path | None, name: str) -> Path:
    """Return a folder of this user's, made when it is absent.

    Parameters
    ----------
    spool : Path, optional
        In which it lies.
    name : str
    """
    user = getattr(os, "getuid", lambda: "user")()
    root = spool or Path(tempfile.gettempdir()) / f"atlasview-{user}"
    folder = root / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise LibraryError(
            f"{folder} cannot be made ({exc.strerror}); name another with --spool."
        ) from exc
    return folder


def _folder(address: Address, spool: Path | None) -> Path:
    return spool_folder(spool, f"source-{hashlib.sha256(address.url.encode()).hexdigest()[:16]}")


def _ask(address: Address) -> AbstractContextManager[_Answer]:
    return _ask_s3(address) if address.scheme == "s3" else _ask_http(address)


@contextmanager
def _ask_http(address: Address) -> Iterator[_Answer]:
    try:
        with httpx.stream("GET", address.url, follow_redirects=True, timeout=60) as response:
            if response.status_code != 200:
                raise SourceError(
                    address,
                    f"the server answers {response.status_code} {response.reason_phrase}",
                )
            said = response.headers
            packed = "content-encoding" in said  # then the length is that of the packed bytes
            size = None if packed else int(said.get("content-length", -1))
            modified = 0
            if "last-modified" in said:
                modified = int(parsedate_to_datetime(said["last-modified"]).timestamp())
            yield _Answer(size if size != -1 else None, modified, response.iter_bytes(_PIECE))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as exc:
        raise SourceError(
            address, f"the server cannot be reached ({address.hide(short(exc))})"
        ) from exc


@contextmanager
def _ask_s3(address: Address) -> Iterator[_Answer]:
    with s3.told_as_source_error(address):
        answer = s3.get(address.url)
        body = answer["Body"]
        try:
            modified = int(answer["LastModified"].timestamp())
            yield _Answer(answer["ContentLength"], modified, body.iter_chunks(_PIECE))
        finally:
            body.close()
