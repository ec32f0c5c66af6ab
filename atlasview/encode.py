"""Pixels to PNG, JPEG, WebP.

Tiles are small and many, so the PNG writer is our own forty lines over igzip: it keeps grey
pictures grey and colour-mapped ones in a palette, at a tenth of the time that Pillow takes.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import simplejpeg
from isal import isal_zlib
from PIL import Image

from atlasview.errors import InvalidParameterError
from atlasview.picture import Picture

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encode_png(picture: Picture) -> bytes:
    """Encode without loss; grey, palette, RGB or RGBA, whichever is the smallest that holds it."""
    values, palette, alpha = picture.values, picture.palette, picture.alpha
    if palette is not None and (alpha is None or not _needs_alpha(palette)):
        if alpha is None or (alpha == 255).all():
            return _png(values, 3, palette)
        # One more entry for «nothing here» while there is room.
        if len(palette) < 256 and ((alpha == 0) | (alpha == 255)).all():
            values = np.where(alpha == 0, len(palette), values).astype(np.uint8)
            return _png(values, 3, np.concatenate([palette, np.zeros((1, 4), np.uint8)]))
    if palette is not None:
        return _png(picture.rgba(), 6)
    if alpha is None:
        return _png(values, 0 if values.ndim == 2 else 2)
    if values.ndim == 2:
        return _png(np.dstack([values, alpha]), 4)
    return _png(picture.rgba(), 6)


def encode_jpeg(picture: Picture, quality: int = 80) -> bytes:
    """Encode with loss; what is transparent becomes black.

    Raises
    ------
    InvalidParameterError
        The picture's colours carry meaning, which JPEG would blur.
    """
    if picture.exact:
        raise InvalidParameterError(
            "format", "jpg", "labels are never blurred; ask for png or webp"
        )
    if picture.palette is None and picture.values.ndim == 2:
        grey = picture.values
        if picture.alpha is not None:
            grey = np.where(picture.alpha == 0, 0, grey).astype(np.uint8)
        return bytes(
            simplejpeg.encode_jpeg(
                np.ascontiguousarray(grey)[..., None], quality=quality, colorspace="GRAY"
            )
        )
    rgba = picture.rgba()
    rgb = np.where(rgba[..., 3:] == 0, 0, rgba[..., :3]).astype(np.uint8)
    return bytes(
        simplejpeg.encode_jpeg(np.ascontiguousarray(rgb), quality=quality, colorspace="RGB")
    )


def encode_webp(picture: Picture, quality: int = 80) -> bytes:
    """Encode with loss for images, without for pictures whose colours carry meaning."""
    rgba = picture.rgba()
    opaque = picture.alpha is None and (picture.palette is None or (rgba[..., 3] == 255).all())
    image = Image.fromarray(np.ascontiguousarray(rgba[..., :3]) if opaque else rgba)
    out = io.BytesIO()
    if picture.exact:
        image.save(out, "WEBP", lossless=True, exact=True, method=0, quality=20)
    else:
        image.save(out, "WEBP", quality=quality, method=0)
    return out.getvalue()


ENCODERS: dict[str, Callable[[Picture], bytes]] = {
    "png": encode_png,
    "jpg": encode_jpeg,
    "webp": encode_webp,
}
MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


def _needs_alpha(palette: npt.NDArray[np.uint8]) -> bool:
    return bool(((palette[:, 3] != 0) & (palette[:, 3] != 255)).any())


def _png(
    values: npt.NDArray[np.uint8], colour_type: int, palette: npt.NDArray[np.uint8] | None = None
) -> bytes:
    """Write one PNG; `colour_type` as in the PNG specification, 8 bits a sample."""
    height, width = values.shape[:2]
    rows = np.zeros((height, 1 + values[0].size), np.uint8)  # filter type 0 before each row
    rows[:, 1:] = values.reshape(height, -1)
    parts = [
        _SIGNATURE,
        _piece(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)),
    ]
    if palette is not None:
        parts.append(_piece(b"PLTE", palette[:, :3].tobytes()))
        if (palette[:, 3] != 255).any():
            parts.append(_piece(b"tRNS", palette[:, 3].tobytes()))
    parts.append(_piece(b"IDAT", isal_zlib.compress(rows, 1)))
    parts.append(_piece(b"IEND", b""))
    return b"".join(parts)


def _piece(kind: bytes, body: bytes) -> bytes:
    return (
        struct.pack(">I", len(body))
        + kind
        + body
        + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))
    )
