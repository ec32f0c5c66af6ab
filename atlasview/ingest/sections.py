"""Numbered sections in a folder or a bucket, or one picture: TIFF, PNG, JPEG; grey or colours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from atlasview.errors import SourceError
from atlasview.ingest.address import Address, Location
from atlasview.ingest.causes import short
from atlasview.ingest.fingerprint import File, Held
from atlasview.ingest.planes import PlaneSource
from atlasview.ingest.source import Header, read

Place = TypeVar("Place", Path, Address)
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
#: Pillow's modes that are taken as they are; others are turned into the one named.
_MODES = {
    "L": "L", "RGB": "RGB", "RGBA": "RGBA", "I;16": "I;16", "I;16B": "I;16B", "I": "I", "F": "F",
    "P": "RGB", "1": "L", "LA": "RGBA", "PA": "RGBA", "CMYK": "RGB", "YCbCr": "RGB",
}  # fmt: skip


def open_sections(folder: Path) -> PlaneSource:
    """Open a folder of sections, in the order of the last number in their names.

    Raises
    ------
    SourceError
        There are none; one is missing, there twice, of another size, or damaged.
    """
    files = sorted(path for path in folder.iterdir() if _is_section(path.name))
    if not files:
        raise SourceError(
            folder, "it is a folder without sections; they are named like section_0001.png"
        )
    ordered = _in_order(folder, files)
    return _source(ordered, "sections", _read, ordered)


def open_sections_in_bucket(address: Address, spool: Path | None) -> PlaneSource | None:
    """Open sections below an ``s3://`` address, in the order of the last number in their names.

    Each is copied to the disk when it is wanted, and the copy removed.

    Parameters
    ----------
    address : Address
    spool : Path, optional
        Folder for the copies.

    Returns
    -------
    PlaneSource or None
        None where there are no sections.

    Raises
    ------
    SourceError
        The bucket cannot be listed; a section is missing, there twice, of another size, or damaged.
    """
    from atlasview.ingest import s3
    from atlasview.ingest.copies import fetch, forget

    with s3.told_as_source_error(address):
        found = {one.name: one for one in s3.listing(address.url) if _is_section(one.name)}
    if not found:
        return None
    below = address.url.rstrip("/")
    ordered = _in_order(address, [Address(f"{below}/{name}") for name in found])

    def load(section: Address) -> npt.NDArray[Any]:
        try:
            return _read(fetch(section, spool))
        except SourceError as exc:
            raise SourceError(section, exc.problem) from exc
        finally:
            forget(section, spool)

    sections = [found[section.name] for section in ordered]
    told = "".join(f"{one.name} {one.size} {one.tag}\n" for one in sections)
    return _source(
        ordered,
        "sections",
        load,
        # their names, lengths and tags tell whether they are still the same
        [Held("listing", told.encode())],
        {"bytes": sum(one.size for one in sections), "sha256_of": "names, lengths, and tags in S3"},
    )


def open_picture(path: Path) -> PlaneSource:
    """Open one PNG or JPEG as a volume of one section."""
    return _source([path], path.suffix[1:].upper(), _read, [path])


def _is_section(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in PICTURES and not name.startswith(".")


def _in_order(folder: Location, files: Sequence[Place]) -> list[Place]:
    if len(files) == 1:
        return list(files)
    numbered: dict[int, Place] = {}
    for path in files:
        found = re.findall(r"\d+", PurePosixPath(path.name).stem)
        if not found:
            raise SourceError(path, "its name holds no number, so its place is not known")
        number = int(found[-1])
        if number in numbered:
            raise SourceError(
                folder,
                f"{numbered[number].name} and {path.name} are both number {number}; remove one",
            )
        numbered[number] = path
    numbers = sorted(numbered)
    step = min(b - a for a, b in pairwise(numbers))
    whole = range(numbers[0], numbers[-1] + 1, step)
    missing = [n for n in whole if n not in numbered]
    if missing or len(whole) != len(numbers):
        shown = ", ".join(map(str, missing[:5])) + (", …" if len(missing) > 5 else "")
        raise SourceError(
            folder,
            f"of the sections {numbers[0]} to {numbers[-1]} some are missing"
            + (f": {shown}" if missing else "; their numbers do not follow one another")
            + "; put an empty section in their place",
        )
    return [numbered[n] for n in numbers]


def _source(
    files: Sequence[Place],
    name: str,
    load: Callable[[Place], npt.NDArray[Any]],
    held: Sequence[File],
    said: Mapping[str, Any] | None = None,
) -> PlaneSource:
    first = load(files[0])
    colours = first.shape[2] if first.ndim == 3 else 0
    header = Header(
        format=name,
        shape=(len(files), first.shape[0], first.shape[1]),
        channels=colours,
        dtype=first.dtype,
        affine=None,
        interleaved=colours > 0,
        sequential=True,
        said={
            "sections": len(files),
            "first": files[0].name,
            "last": files[-1].name,
            **(said or {}),
        },
    )

    def plane(c: int, k: int) -> npt.NDArray[Any]:
        found = load(files[k])
        if found.shape != first.shape:
            raise SourceError(
                files[k],
                f"it is {_size(found)}, while {files[0].name} is {_size(first)}; "
                "make all sections of one size",
            )
        if found.dtype != first.dtype:
            raise SourceError(
                files[k], f"it is of {found.dtype}, while {files[0].name} is of {first.dtype}"
            )
        return found

    return PlaneSource(header, held, plane)


def _size(plane: npt.NDArray[Any]) -> str:
    colours = f" with {plane.shape[2]} colours" if plane.ndim == 3 else " grey"
    return f"{plane.shape[1]} × {plane.shape[0]}{colours}"


def _read(path: Path) -> npt.NDArray[Any]:
    """Decode one section as (rows, columns) or (rows, columns, colours)."""
    if path.suffix.lower().startswith(".tif"):
        from atlasview.geometry import Box
        from atlasview.ingest.tiff import open_tiff

        source = open_tiff(path)
        try:
            depth, rows, columns = source.header.shape
            if depth != 1:
                raise SourceError(path, f"it holds {depth} sections, where one is expected")
            channels = max(source.header.channels, 1)
            found = read(source, slice(0, channels), Box((0, 0, 0), (1, rows, columns)))[:, 0]
        finally:
            source.close()
        return np.moveaxis(found, 0, -1) if source.header.channels else found[0]
    from PIL import Image, UnidentifiedImageError

    # The guard is against bombs in mail; whole sections at a micron are as large.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(path) as picture:
            mode = _MODES.get(picture.mode)
            if mode is None:
                raise SourceError(path, f"its colours are {picture.mode}; save it grey or RGB")
            return np.asarray(picture if mode == picture.mode else picture.convert(mode))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as exc:
        raise SourceError(path, f"it is truncated or no picture ({short(exc)})") from exc
