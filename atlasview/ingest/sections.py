"""A folder of numbered sections, or one picture: TIFF, PNG, JPEG; grey or colours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.errors import SourceError
from atlasview.ingest.nifti import short
from atlasview.ingest.planes import PlaneSource
from atlasview.ingest.source import Header, read

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
    files = sorted(
        p for p in folder.iterdir() if p.suffix.lower() in PICTURES and not p.name.startswith(".")
    )
    if not files:
        raise SourceError(
            folder, "it is a folder without sections; they are named like section_0001.png"
        )
    return _source(folder, _in_order(folder, files), "sections")


def open_picture(path: Path) -> PlaneSource:
    """Open one PNG or JPEG as a volume of one section."""
    return _source(path, [path], path.suffix[1:].upper())


def _in_order(folder: Path, files: Sequence[Path]) -> list[Path]:
    if len(files) == 1:
        return list(files)
    numbered: dict[int, Path] = {}
    for path in files:
        found = re.findall(r"\d+", path.stem)
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


def _source(folder: Path, files: list[Path], name: str) -> PlaneSource:
    first = _read(files[0])
    colours = first.shape[2] if first.ndim == 3 else 0
    header = Header(
        format=name,
        shape=(len(files), first.shape[0], first.shape[1]),
        channels=colours,
        dtype=first.dtype,
        affine=None,
        interleaved=colours > 0,
        sequential=True,
        said={"sections": len(files), "first": files[0].name, "last": files[-1].name},
    )

    def plane(c: int, k: int) -> npt.NDArray[Any]:
        found = _read(files[k])
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

    return PlaneSource(header, files, plane)


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
