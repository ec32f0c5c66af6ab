"""Stored values → values to be written: byte order, scaling, and types that viewers can read.

A viewer in the browser reads whole numbers of up to 32 bits, unsigned 64, and float32. What it
cannot read is turned into the smallest change that it can, and the metadata say so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from atlasview.errors import SourceError
from atlasview.geometry import Box
from atlasview.ingest.source import Header, Source, read

#: Whole numbers up to here are told apart by a floating type of so many bytes.
_EXACT = {2: 2**11, 4: 2**24, 8: 2**53}


@dataclass(frozen=True, slots=True)
class Survey:
    """What a first look through all stored values found.

    Parameters
    ----------
    low, high : float or int
        Least and greatest finite value; 0 where there is none.
    whole : bool
        Whether all values are whole numbers.
    finite : bool
    """

    low: float
    high: float
    whole: bool
    finite: bool


@dataclass(frozen=True, eq=False, slots=True)
class Conversion:
    """How stored values are written.

    Parameters
    ----------
    path : Path or Address
        Named in errors.
    stored, dtype : numpy.dtype
        Of the source, and as written; native byte order.
    slope, inter : float
    labels : bool
    note : str
        What was changed, for the metadata; empty where nothing was.
    """

    path: object
    stored: np.dtype[Any]
    dtype: np.dtype[Any]
    slope: float
    inter: float
    labels: bool
    note: str

    @property
    def is_cast(self) -> bool:
        """Whether all there is to do is a cast that cannot go wrong."""
        return (
            (self.slope, self.inter) == (1, 0)
            and not (self.labels and self.stored.kind in "if")
            and not (self.dtype.kind == "f" and self.stored.itemsize > 4)
        )

    def apply(self, voxels: npt.NDArray[Any], out: npt.NDArray[Any]) -> None:
        """Convert voxels (c, z, y, x), in any order in memory, into an array of `dtype`.

        Raises
        ------
        SourceError
            A value cannot be written: a negative label, a number beyond float32.
        """
        if self.labels and voxels.dtype.kind == "i" and self.slope == 1 and self.inter == 0:
            low = int(voxels.min())
            if low < 0:
                raise SourceError(
                    self.path,
                    f"it holds the negative label {low}; labels are 0 for background and whole "
                    "numbers above it",
                )
        if self.slope == 1 and self.inter == 0:
            self._copy(voxels, out)
            return
        for c in range(voxels.shape[0]):
            for z in range(voxels.shape[1]):  # a plane at a time, as double precision is wide
                real = voxels[c, z].astype(np.float64)
                real *= self.slope
                real += self.inter
                self._copy(real, out[c, z])

    def _copy(self, values: npt.NDArray[Any], out: npt.NDArray[Any]) -> None:
        if self.dtype.kind != "f" or values.dtype.itemsize <= 4 or values.dtype.kind != "f":
            np.copyto(out, values, casting="unsafe")
            return
        try:
            with np.errstate(over="raise"):
                np.copyto(out, values, casting="unsafe")
        except FloatingPointError as exc:
            raise SourceError(
                self.path, "it holds numbers beyond ±3.4e38, the range of float32; scale it down"
            ) from exc


def plan_conversion(
    header: Header,
    path: object,
    kind: Literal["image", "labels"],
    survey: Callable[[], Survey],
) -> Conversion:
    """Choose how values are written.

    Parameters
    ----------
    header : Header
    path : Path or Address
    kind : {"image", "labels"}
    survey : callable
        Looks through the whole source; called only where the header does not decide.

    Raises
    ------
    SourceError
        The values cannot be of that kind.
    """
    stored = header.dtype.newbyteorder("=")
    if stored.kind == "b":
        stored = np.dtype(np.uint8)
    choose = _labels_type if kind == "labels" else _image_type
    dtype, note = choose(header, path, stored, survey)
    return Conversion(path, stored, dtype, header.slope, header.inter, kind == "labels", note)


def _image_type(
    header: Header, path: object, stored: np.dtype[Any], survey: Callable[[], Survey]
) -> tuple[np.dtype[Any], str]:
    slope, inter = header.slope, header.inter
    scaled = (slope, inter) != (1.0, 0.0)
    if stored.kind == "f" or (scaled and not (slope.is_integer() and inter.is_integer())):
        note = "rounded to float32, which viewers can read" if stored.name == "float64" else ""
        return np.dtype(np.float32), "scaled values in float32" if scaled else note
    if not scaled and stored.itemsize <= 4:
        return stored, ""
    # Whole numbers, scaled to whole numbers, or wider than a viewer reads: as narrow as they are.
    found = survey()
    ends = sorted(
        (int(found.low) * int(slope) + int(inter), int(found.high) * int(slope) + int(inter))
    )
    widths = [width for width in (1, 2, 4) if width >= min(stored.itemsize, 4)]
    for dtype in [np.dtype(f"{sign}{w}") for w in widths for sign in (stored.kind, "u", "i")]:
        limits = np.iinfo(dtype)
        if limits.min <= ends[0] and ends[1] <= limits.max:
            return dtype, "" if dtype == stored else f"{stored.name} written as {dtype.name}"
    if stored.name == "uint64" and not scaled:
        return stored, ""
    return np.dtype(np.float32), f"{stored.name} rounded to float32, which viewers can read"


def _labels_type(
    header: Header, path: object, stored: np.dtype[Any], survey: Callable[[], Survey]
) -> tuple[np.dtype[Any], str]:
    if header.channels > 1:
        raise SourceError(
            path,
            f"it holds {header.channels} values a voxel, and labels are one; save one volume of "
            "it, or ingest it as an image",
        )
    scaled = (header.slope, header.inter) != (1.0, 0.0)
    if not scaled and stored.kind in "ui":
        dtype = np.dtype(f"u{stored.itemsize}")
        return dtype, "" if dtype == stored else f"{stored.name} written as {dtype.name}"
    found = survey()
    ends = sorted(v * header.slope + header.inter for v in (found.low, found.high))
    whole = found.whole and header.slope.is_integer() and header.inter.is_integer()
    if not whole or not found.finite:
        raise SourceError(
            path, "it holds values that are not whole numbers, so they are not labels; "
            "ingest it as an image"
        )  # fmt: skip
    if ends[0] < 0:
        raise SourceError(
            path,
            f"it holds the negative label {ends[0]:g}; labels are 0 for background and whole "
            "numbers above it",
        )
    if stored.kind == "f" and ends[1] > _EXACT[stored.itemsize]:
        raise SourceError(
            path,
            f"it holds label ids up to {ends[1]:.0f} as {stored.name}, which cannot tell ids above "
            f"{_EXACT[stored.itemsize]} apart; save it as whole numbers",
        )
    for width in (1, 2, 4, 8):
        if ends[1] < 2 ** (8 * width):
            break
    dtype = np.dtype(f"u{width}")
    return dtype, f"{stored.name} written as {dtype.name}"


def survey_values(source: Source) -> Survey:
    """Look through all stored values of a source, a few planes at a time."""
    header = source.header
    k, j, i = header.shape
    count = max(header.channels, 1)
    at_once = count if header.interleaved else 1
    planes = max(1, (16 << 20) // (j * i * at_once * header.dtype.itemsize))
    low: Any = None
    high: Any = None
    whole = finite = True
    for c in range(0, count, at_once):
        for first in range(0, k, planes):
            box = Box((first, 0, 0), (min(first + planes, k), j, i))
            values = read(source, slice(c, c + at_once), box)
            if values.dtype.kind == "f":
                good = np.isfinite(values)
                if not good.all():
                    finite = False
                    values = values[good]
                whole = whole and bool((np.floor(values) == values).all())
            if values.size:
                least, most = values.min().item(), values.max().item()
                low = least if low is None else min(low, least)
                high = most if high is None else max(high, most)
    return Survey(low or 0, high or 0, whole, finite)
