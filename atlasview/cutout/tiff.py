"""A cutout as OME-TIFF, uncompressed: a page a z, rows along y, in file order.

All directories stand before the voxels, so that the file can be sent as it is made, and the voxels
lie in one piece, so that readers can map them. Whole numbers of 64 bits, which OME does not know,
make a plain multi-page TIFF.

References
----------
TIFF 6.0; BigTIFF; OME-TIFF, OME schema 2016-06.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from atlasview.cutout.planes import stream
from atlasview.cutout.request import Cutout
from atlasview.space import voxel_size
from atlasview.version import __version__

_WIDER = {"bool": "<u1", "float16": "<f4"}
_OME_TYPES = {
    "int8": "int8", "int16": "int16", "int32": "int32", "uint8": "uint8", "uint16": "uint16",
    "uint32": "uint32", "float32": "float", "float64": "double",
}  # fmt: skip
_SAMPLE_FORMAT = {"u": 1, "i": 2, "f": 3}
_ASCII, _SHORT, _LONG, _RATIONAL, _LONG8 = 2, 3, 4, 5, 16
_SIZES = {_ASCII: 1, _SHORT: 2, _LONG: 4, _RATIONAL: 8, _LONG8: 8}
_CENTIMETRE = 3
#: Classic TIFF counts bytes in 32 bits; some room is left for the directories.
_CLASSIC = (1 << 32) - (1 << 26)
#: Directories given out at a time.
_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class _Flavour:
    """How classic and big TIFF write their directories."""

    count: str
    entry: str
    offset: str
    long: int
    header: bytes

    @property
    def inline(self) -> int:
        """Bytes of a value that fit into an entry."""
        return struct.calcsize(self.offset)


_SMALL = _Flavour("<H", "<HHI", "<I", _LONG, b"II*\0" + struct.pack("<I", 8))
_BIG = _Flavour("<Q", "<HHQ", "<Q", _LONG8, b"II+\0" + struct.pack("<HHQ", 8, 0, 16))


def size_tiff(cutout: Cutout) -> int:
    """Return the file's exact size in bytes."""
    return _layout(cutout).data + _voxel_bytes(cutout)


def write_tiff(cutout: Cutout) -> Iterator[bytes]:
    """Give out the file.

    Raises
    ------
    StorageError, StoreUnavailableError
        Voxels cannot be read.
    """
    yield from _head(cutout)
    yield from stream(cutout, _dtype(cutout))


def _dtype(cutout: Cutout) -> np.dtype[Any]:
    return np.dtype(_WIDER.get(cutout.dtype.name, cutout.dtype))


def _voxel_bytes(cutout: Cutout) -> int:
    return cutout.nbytes // cutout.dtype.itemsize * _dtype(cutout).itemsize


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things stand in the file; directories but the first are all of one length."""

    flavour: _Flavour
    pages: int
    page_bytes: int
    data: int


def _layout(cutout: Cutout) -> _Layout:
    flavour = _BIG if _voxel_bytes(cutout) >= _CLASSIC else _SMALL
    depth, height, width = cutout.box.shape
    pages = len(cutout.channels) * depth
    first = _directory(cutout, flavour, _description(cutout), 0, 0, 0)
    other = _directory(cutout, flavour, b"", 0, 0, 0)
    data = len(flavour.header) + len(first) + (pages - 1) * len(other)
    return _Layout(flavour, pages, height * width * _dtype(cutout).itemsize, data + -data % 16)


def _head(cutout: Cutout) -> Iterator[bytes]:
    """Give out all that stands before the voxels: header, directories, and what they point at."""
    layout = _layout(cutout)
    description = _description(cutout)
    parts, at = [layout.flavour.header], len(layout.flavour.header)
    for page in range(layout.pages):
        here = _directory(
            cutout,
            layout.flavour,
            b"" if page else description,
            at,
            layout.data + page * layout.page_bytes,
            layout.page_bytes,
            last=page == layout.pages - 1,
        )
        parts.append(here)
        at += len(here)
        if len(parts) > _AT_ONCE:
            yield b"".join(parts)
            parts = []
    parts.append(bytes(layout.data - at))
    yield b"".join(parts)


def _directory(
    cutout: Cutout,
    flavour: _Flavour,
    description: bytes,
    at: int,
    data: int,
    page_bytes: int,
    last: bool = False,
) -> bytes:
    """Return one image file directory, with its values behind it.

    Parameters
    ----------
    cutout : Cutout
    flavour : _Flavour
    description : bytes
        Empty for none.
    at, data : int
        Where the directory and the page's voxels lie in the file.
    page_bytes : int
    last : bool
    """
    dtype = _dtype(cutout)
    _, height, width = cutout.box.shape
    across, down, _ = voxel_size(cutout.affine)
    entries: list[tuple[int, int, int, bytes]] = [
        (256, _LONG, 1, struct.pack("<I", width)),
        (257, _LONG, 1, struct.pack("<I", height)),
        (258, _SHORT, 1, struct.pack("<H", 8 * dtype.itemsize)),
        (259, _SHORT, 1, struct.pack("<H", 1)),  # no compression
        (262, _SHORT, 1, struct.pack("<H", 1)),  # black is zero
        (273, flavour.long, 1, struct.pack(flavour.offset, data)),
        (277, _SHORT, 1, struct.pack("<H", 1)),
        (278, _LONG, 1, struct.pack("<I", height)),
        (279, flavour.long, 1, struct.pack(flavour.offset, page_bytes)),
        (282, _RATIONAL, 1, _per_centimetre(across)),
        (283, _RATIONAL, 1, _per_centimetre(down)),
        (296, _SHORT, 1, struct.pack("<H", _CENTIMETRE)),
        (339, _SHORT, 1, struct.pack("<H", _SAMPLE_FORMAT[dtype.kind])),
    ]
    if description:
        software = f"AtlasView {__version__}".encode() + b"\0"
        entries.append((270, _ASCII, len(description), description))
        entries.append((305, _ASCII, len(software), software))
    entries.sort()
    inline = flavour.inline
    table = struct.calcsize(flavour.count) + inline
    table += len(entries) * (struct.calcsize(flavour.entry) + inline)
    out, behind = [struct.pack(flavour.count, len(entries))], b""
    for tag, kind, count, value in entries:
        out.append(struct.pack(flavour.entry, tag, kind, count))
        if len(value) <= inline:
            out.append(value.ljust(inline, b"\0"))
        else:
            out.append(struct.pack(flavour.offset, at + table + len(behind)))
            behind += value + bytes(-len(value) % 8)
    end = at + table + len(behind)
    pad = -end % 8
    out.append(struct.pack(flavour.offset, 0 if last else end + pad))
    return b"".join(out) + behind + bytes(pad)


def _per_centimetre(millimetres: float) -> bytes:
    share = Fraction(10 / millimetres).limit_denominator(1_000_000)
    if not 0 < share < 1 << 32 or share.numerator >= 1 << 32:
        share = Fraction(min(max(round(10 / millimetres), 1), (1 << 32) - 1))
    return struct.pack("<II", share.numerator, share.denominator)


def _description(cutout: Cutout) -> bytes:
    return _text(cutout).encode() + b"\0"


def _text(cutout: Cutout) -> str:
    depth, height, width = cutout.box.shape
    dtype = _dtype(cutout)
    if dtype.name not in _OME_TYPES:
        # tifffile's own way to say how pages make an array
        return json.dumps({"shape": list(cutout.shape), "affine": cutout.affine.tolist()})
    x, y, z = voxel_size(cutout.affine)
    count = len(cutout.channels)
    channels = "".join(f'<Channel ID="Channel:0:{c}" SamplesPerPixel="1"/>' for c in range(count))
    place = " ".join(repr(float(v)) for v in cutout.affine.ravel())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:schemaLocation="http://www.openmicroscopy.org/Schemas/OME/2016-06 '
        'http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd" '
        f'Creator="AtlasView {__version__}">'
        f'<Image ID="Image:0" Name={quoteattr(_ascii(cutout.title))}>'
        f'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="{_OME_TYPES[dtype.name]}" '
        f'SizeX="{width}" SizeY="{height}" SizeZ="{depth}" SizeC="{count}" SizeT="1" '
        f'PhysicalSizeX="{x!r}" PhysicalSizeXUnit="mm" PhysicalSizeY="{y!r}" '
        f'PhysicalSizeYUnit="mm" PhysicalSizeZ="{z!r}" PhysicalSizeZUnit="mm" '
        f'BigEndian="false">{channels}'
        f'<TiffData IFD="0" PlaneCount="{count * depth}"/></Pixels>'
        '<AnnotationRef ID="Annotation:0"/></Image>'
        '<StructuredAnnotations><MapAnnotation ID="Annotation:0" Namespace="atlasview">'
        f'<Value><M K="affine">{place}</M><M K="space">{escape(_ascii(cutout.volume.space))}</M>'
        "</Value></MapAnnotation></StructuredAnnotations></OME>"
    )


def _ascii(text: str) -> str:
    """Return text that the tag, which holds ASCII, can hold; control signs have no place in XML."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)
