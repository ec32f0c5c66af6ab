"""TIFF, BigTIFF and OME-TIFF: one section, a stack, with channels or colours."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from atlasview.errors import SourceError
from atlasview.ingest.causes import short
from atlasview.ingest.planes import PlaneSource
from atlasview.ingest.rawbytes import PlainVoxels, RawSource
from atlasview.ingest.source import Header, Source
from atlasview.ngff import MILLIMETRES

#: Axes that may stand for the sections, the likeliest first; tifffile's letters.
_SECTIONS = "ZIQT"
_LOGGER = logging.getLogger("tifffile")


def open_tiff(path: Path) -> Source:
    """Open a TIFF file.

    Raises
    ------
    SourceError
        It is not one, is damaged, or holds what cannot be shown.
    """
    import tifffile

    complaints = _Complaints()
    _LOGGER.addHandler(complaints)
    file = None
    try:
        file = tifffile.TiffFile(path)
        len(file.pages)  # follows the chain of pages to its end
        if complaints.errors:
            raise SourceError(path, f"it is truncated or damaged ({complaints.errors[0]})")
        return _open(path, file, complaints)
    except Exception as exc:  # each codec and each tag has errors of its own
        _LOGGER.removeHandler(complaints)
        if file is not None:
            file.close()
        if isinstance(exc, SourceError):
            raise
        raise SourceError(path, f"it cannot be read as TIFF ({short(exc)})") from exc


class _Complaints(logging.Handler):
    """What tifffile only logs: a chain of pages that breaks off would else be a shorter stack."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.all: list[str] = []
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage().split("> ")[-1]
        self.all.append(text)
        if record.levelno >= logging.ERROR:
            self.errors.append(text)


def _open(path: Path, file: Any, complaints: _Complaints) -> Source:
    if not file.series:
        raise SourceError(path, "it holds no picture")
    series = file.series[0].levels[0]
    axes, shape = _used_axes(series.axes, series.shape)
    dtype = np.dtype(series.dtype)
    if dtype.kind not in "uifb" or dtype.itemsize > 8:
        raise SourceError(path, f"its voxels are of type {dtype}; save it as numbers")
    size = dict(zip(axes, shape, strict=True))
    section = next((a for a in _SECTIONS if a in size), None)
    channel = next((a for a in "SC" if a in size), None)
    if set(axes) - {section, channel, "Y", "X"} or not {"Y", "X"} <= set(axes):
        raise SourceError(
            path,
            f"its axes are {series.axes} of {series.shape}; sections, rows, columns and one axis "
            "of channels or colours can be taken in",
        )
    _check_length(path, file, series)
    stack = _like_series(file, section)
    depth = size[section] if section else len(stack)
    channels = size[channel] if channel else 0
    interleaved = axes[-1] == "S"
    header = Header(
        format=_format(file),
        shape=(depth, size["Y"], size["X"]),
        channels=channels,
        dtype=dtype,
        affine=None,
        voxel_size=_voxel_size(file),
        interleaved=interleaved,
        said={"axes": series.axes},
    )
    plain = axes in ("YX", "YXS", f"{section}YX", f"{section}YXS", f"{channel}{section}YX",
                     f"{channel}YX")  # fmt: skip
    if plain and len(stack) == 1 and series.dataoffset is not None and dtype.kind != "b":
        stored = dtype.newbyteorder(file.byteorder)
        voxels = PlainVoxels(
            path,
            int(series.dataoffset),
            header.shape,
            max(channels, 1),
            stored,
            interleaved=interleaved,
        )
        file.close()
        _LOGGER.removeHandler(complaints)
        return RawSource(_replace(header, dtype=stored), (path,), voxels)

    lead = [a for a in axes if a not in "YXS"]
    counts = [size[a] for a in lead]
    planar = "S" in axes and not interleaved

    def plane(c: int, k: int) -> npt.NDArray[Any]:
        where = [k if a == section else c for a in lead]
        index = int(np.ravel_multi_index(where, counts)) if lead else 0
        before = len(complaints.all)
        try:
            found = np.asarray(stack[0 if section else k].pages[index].asarray())
        except Exception as exc:  # each codec has errors of its own
            raise SourceError(
                path, f"page {index + 1} is truncated or damaged ({short(exc)})"
            ) from exc
        if len(complaints.all) > before:  # holes that the decoder fills with zeros
            reason = complaints.all[before]
            raise SourceError(path, f"page {index + 1} is truncated or damaged ({reason})")
        found = found.reshape(found.shape[-3:]) if found.ndim > 3 else found
        if planar:
            found = found[c]
        expected = (*header.shape[1:], channels) if interleaved else header.shape[1:]
        if found.shape != expected:
            raise SourceError(
                path, f"page {index + 1} is of shape {found.shape}, the first of {expected}"
            )
        return found

    def close() -> None:
        _LOGGER.removeHandler(complaints)
        file.close()

    return PlaneSource(_replace(header, sequential=True), (path,), plane, close)


def _like_series(file: Any, section: str | None) -> list[Any]:
    """Return the series that are the sections of one stack: pages written one by one."""
    first, *others = (series.levels[0] for series in file.series)
    alike = all(s.shape == first.shape and s.dtype == first.dtype for s in others)
    return [first, *others] if section is None and alike else [first]


def _replace(header: Header, **changes: Any) -> Header:
    import dataclasses

    return dataclasses.replace(header, **changes)


def _used_axes(axes: str, shape: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """Leave out axes of length 1, but for rows and columns."""
    kept = [(a, int(n)) for a, n in zip(axes, shape, strict=True) if n != 1 or a in "YX"]
    return "".join(a for a, _ in kept), tuple(n for _, n in kept)


def _check_length(path: Path, file: Any, series: Any) -> None:
    """Refuse a file that ends before its last strip; decoders fill such holes with zeros."""
    page = series.pages[0]
    frames = [p for p in (page, *list(series.pages)[-1:]) if p is not None]
    length = path.stat().st_size
    for frame in frames:
        if getattr(frame, "parent", file) is not file:
            continue
        ends = [a + b for a, b in zip(frame.dataoffsets, frame.databytecounts, strict=True)]
        if ends and max(ends) > length:
            raise SourceError(
                path,
                f"it is truncated: its voxels reach to byte {max(ends):,}, the file has "
                f"{length:,}; copy or download it again",
            )


def _format(file: Any) -> str:
    kind = "BigTIFF" if file.is_bigtiff else "TIFF"
    return f"OME-{kind}" if file.is_ome else kind


def _voxel_size(file: Any) -> tuple[float, float, float] | None:
    """Return the size in mm along columns, rows, sections, where OME or ImageJ says all three.

    The resolution of a plain TIFF is a printer's (72 dots an inch), so is not believed.
    """
    try:
        if file.is_ome:
            return _ome_size(file.ome_metadata)
        if file.is_imagej:
            said = file.imagej_metadata or {}
            unit = MILLIMETRES.get(str(said.get("unit", "")).replace("\\u00B5", "µ"))
            tags = file.pages[0].tags
            x, y = (tags[name].value for name in ("XResolution", "YResolution"))
            if unit and said.get("spacing"):
                return x[1] / x[0] * unit, y[1] / y[0] * unit, float(said["spacing"]) * unit
    except (KeyError, ValueError, ZeroDivisionError, TypeError, ElementTree.ParseError):
        return None
    return None


def _ome_size(xml: str) -> tuple[float, float, float] | None:
    root = ElementTree.fromstring(xml)  # noqa: S314 - of a file that its user chose
    pixels = next((e for e in root.iter() if e.tag.endswith("}Pixels")), None)
    if pixels is None:
        return None
    sizes = []
    for axis in "XYZ":
        value = pixels.get(f"PhysicalSize{axis}")
        unit = MILLIMETRES.get(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
        if value is None or unit is None:
            return None
        sizes.append(float(value) * unit)
    return sizes[0], sizes[1], sizes[2]
