"""Pixels on their way to an encoder: joined, laid over one another, put on larger ground; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from atlasview.colormaps import colormap, is_grey

UInt8Array = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """Pixels on their way to an encoder.

    Parameters
    ----------
    values : ndarray of uint8, shape (h, w) or (h, w, 3)
        Grey values, indices into `palette`, or RGB.
    palette : ndarray of uint8, shape (n, 4), optional
        RGBA of each index.
    alpha : ndarray of uint8, shape (h, w), optional
        None where all is opaque (or `palette` says).
    exact : bool
        Whether colours carry meaning, so that a lossy encoder may not touch them.
    """

    values: UInt8Array
    palette: UInt8Array | None = None
    alpha: UInt8Array | None = None
    exact: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return int(self.values.shape[0]), int(self.values.shape[1])

    def rgba(self) -> UInt8Array:
        """Return the picture as plain RGBA, shape (h, w, 4)."""
        out = np.empty((*self.size, 4), np.uint8)
        if self.palette is not None:
            out[...] = self.palette[self.values]
        else:
            out[..., :3] = self.values if self.values.ndim == 3 else self.values[..., None]
            out[..., 3] = 255
        if self.alpha is not None:
            out[..., 3] = np.minimum(out[..., 3], self.alpha)
            out[self.alpha == 0] = 0
        return out


def add_channels(greys: Sequence[UInt8Array], colours: Sequence[str]) -> Picture:
    """Add up channels (h, w), each through its own colour map, as light adds up."""
    total = np.zeros((*greys[0].shape, 3), np.uint16)
    for grey, colour in zip(greys, colours, strict=True):
        total += colormap(colour)[grey, :3]
    return Picture(np.minimum(total, 255).astype(np.uint8))


def grey_picture(grey: UInt8Array, colours: str | None = None) -> Picture:
    """Make a picture of grey values (h, w), through a colour map where one is named."""
    if colours is None or is_grey(colours):
        return Picture(grey)
    return Picture(grey, palette=colormap(colours))


def blend(under: Picture, over: Picture, opacity: float) -> Picture:
    """Lay one picture over another of the same size, which shows where that is transparent."""
    below, above = under.rgba(), over.rgba()
    weight = (above[..., 3:] / 255.0) * opacity
    rgb = np.floor(below[..., :3] * (1 - weight) + above[..., :3] * weight + 0.5)
    alpha = None if under.alpha is None and under.palette is None else below[..., 3]
    return Picture(rgb.astype(np.uint8), alpha=alpha)


def faded(picture: Picture, opacity: float) -> Picture:
    """Return a label picture with its colours unchanged and its alpha lowered."""
    if opacity >= 1:
        return picture
    if picture.palette is not None:
        palette = picture.palette.copy()
        palette[:, 3] = np.rint(palette[:, 3] * opacity)
        return Picture(picture.values, palette, picture.alpha, picture.exact)
    faded = np.rint(picture.rgba()[..., 3] * opacity).astype(np.uint8)
    return Picture(picture.values, None, faded, picture.exact)


def pad_picture(picture: Picture, height: int, width: int) -> Picture:
    """Return the picture at the top left of a larger one, the rest transparent."""
    h, w = picture.size
    if (h, w) == (height, width):
        return picture
    values = np.zeros((height, width, *picture.values.shape[2:]), np.uint8)
    values[:h, :w] = picture.values
    if picture.exact and picture.palette is not None:
        return Picture(values, picture.palette, exact=True)  # entry 0 is «nothing» already
    alpha = np.zeros((height, width), np.uint8)
    alpha[:h, :w] = 255 if picture.alpha is None else picture.alpha
    return Picture(values, picture.palette, alpha, picture.exact)


def enlarge(picture: Picture, factor: int) -> Picture:
    """Return the picture with every pixel repeated, never blended."""

    def wide(pixels: UInt8Array) -> UInt8Array:
        return pixels.repeat(factor, axis=0).repeat(factor, axis=1)

    return Picture(
        wide(picture.values),
        picture.palette,
        None if picture.alpha is None else wide(picture.alpha),
        picture.exact,
    )
