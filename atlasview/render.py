"""Voxels to pixels: window, gamma, inversion, region colours, outlines; pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.colormaps import colormap, is_grey

UInt8Array = npt.NDArray[np.uint8]

#: Bins in which votes for labels are counted at once.
_MAX_BINS = 1 << 23


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


@dataclass(frozen=True, slots=True)
class Window:
    """How voxel values become grey values.

    v maps to floor(clip((v − lo) / (hi − lo), 0, 1) ** gamma × 255 + 0.5), NaN to 0, and to 255
    minus that when inverted.
    """

    lo: float
    hi: float
    gamma: float = 1.0
    invert: bool = False

    def apply(self, voxels: npt.NDArray[Any]) -> UInt8Array:
        """Map voxels of any shape and number type to grey values."""
        dtype = voxels.dtype
        if dtype.kind == "b":
            voxels, dtype = voxels.view(np.uint8), np.dtype(np.uint8)
        if dtype.kind in "ui" and dtype.itemsize <= 2:
            table = _window_table(self, dtype.str)
            index = voxels if dtype.kind == "u" else voxels.view(f"u{dtype.itemsize}")
            return table.take(index, mode="clip")
        return _window(self, voxels.astype(np.float64))


def _window(window: Window, voxels: npt.NDArray[np.float64]) -> UInt8Array:
    span = window.hi - window.lo
    with np.errstate(all="ignore"):
        share = (voxels - window.lo) / span if span else (voxels > window.lo) * 1.0
        share = np.clip(share, 0.0, 1.0)
        if window.gamma != 1.0:
            share = share**window.gamma
        grey = np.floor(np.nan_to_num(share, nan=0.0) * 255.0 + 0.5)
    out = grey.astype(np.uint8)
    if window.invert:
        out = np.where(np.isnan(voxels), 0, 255 - out).astype(np.uint8)
    return out


@lru_cache(maxsize=256)
def _window_table(window: Window, dtype: str) -> UInt8Array:
    kind = np.dtype(dtype)
    every = np.arange(256**kind.itemsize, dtype=f"u{kind.itemsize}").view(kind.newbyteorder("="))
    table = _window(window, every.astype(np.float64))
    table.flags.writeable = False
    return table


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


@dataclass(frozen=True, eq=False, slots=True)
class LabelColours:
    """What each label value is drawn as.

    Parameters
    ----------
    labels : ndarray, shape (n,)
        Label values, sorted, without 0.
    regions : ndarray of int64, shape (n,)
        Index of the region that each is drawn as (its own, or an ancestor); outlines run between
        different ones.
    rgb : ndarray of uint8, shape (n, 3)
    known_only : bool
        Whether a value without a region is left out; otherwise it gets a colour of its own.
    alpha : ndarray of uint8, shape (n,), optional
        How strongly each is drawn; fully when not said.
    """

    labels: npt.NDArray[Any]
    regions: npt.NDArray[np.int64]
    rgb: UInt8Array
    known_only: bool = True
    alpha: UInt8Array | None = None

    def only(self, labels: Collection[int], rest: float = 0.0) -> LabelColours:
        """Return the same, with only these label values drawn, or the others as faintly as said."""
        wanted = np.isin(self.labels, np.array(sorted(labels), self.labels.dtype))
        if rest <= 0:
            return self._part(wanted)
        full = np.full(len(self.labels), 255, np.uint8) if self.alpha is None else self.alpha
        faint = np.floor(full * min(rest, 1.0) + 0.5).astype(np.uint8)
        alpha = np.where(wanted, full, faint).astype(np.uint8)
        return LabelColours(self.labels, self.regions, self.rgb, self.known_only, alpha)

    def without(self, labels: Collection[int]) -> LabelColours:
        """Return the same, with these label values not drawn."""
        return self._part(~np.isin(self.labels, np.array(sorted(labels), self.labels.dtype)))

    def _part(self, keep: npt.NDArray[np.bool_]) -> LabelColours:
        alpha = None if self.alpha is None else self.alpha[keep]
        return LabelColours(self.labels[keep], self.regions[keep], self.rgb[keep], True, alpha)


NO_REGIONS = LabelColours(
    np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros((0, 3), np.uint8), False
)


def label_colour(values: npt.NDArray[Any]) -> UInt8Array:
    """Return colours, shape (n, 3), for label values without a region; always the same."""
    mixed = values.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    hue = (mixed % np.uint64(360)).astype(np.float64)
    light = 0.45 + (mixed // np.uint64(360) % np.uint64(5)).astype(np.float64) * 0.06
    k = (np.array([[0.0], [8.0], [4.0]]) + hue / 30) % 12
    rgb = light - 0.75 * np.minimum(light, 1 - light) * np.clip(np.minimum(k - 3, 9 - k), -1, 1)
    out: UInt8Array = np.floor(rgb.T * 255 + 0.5).astype(np.uint8)
    return out


def label_picture(
    labels: npt.NDArray[Any],
    colours: LabelColours,
    *,
    outline: bool = False,
    margin: int = 0,
    fill: float = 0.0,
) -> Picture:
    """Draw label values exactly: every pixel is a region's colour, or transparent.

    Parameters
    ----------
    labels : ndarray, shape (h + 2 · margin, w + 2 · margin)
    colours : LabelColours
    outline : bool
        Draw only pixels whose neighbour above, below, left or right is drawn otherwise.
    margin : int
        Pixels around the picture that are looked at, for outlines across the edge, and cut away.
    fill : float
        How strongly, beside the outlines, what they go around is drawn.

    Returns
    -------
    Picture
        With a palette while 255 colours suffice, else RGB and alpha.
    """
    present, inverse = _present(labels)
    slot, rgba = _slots(present, colours)
    drawn = slot[inverse].reshape(labels.shape)
    if outline:
        framed = np.pad(drawn, 1)
        inner = framed[1:-1, 1:-1]
        edge = (
            (framed[:-2, 1:-1] != inner)
            | (framed[2:, 1:-1] != inner)
            | (framed[1:-1, :-2] != inner)
            | (framed[1:-1, 2:] != inner)
        )
        if fill > 0:
            within = rgba.copy()
            within[:, 3] = np.floor(rgba[:, 3] * min(fill, 1.0) + 0.5)
            drawn = np.where(edge, drawn, drawn + len(rgba))
            rgba = np.concatenate([rgba, within])
        else:
            drawn = np.where(edge, drawn, 0)
    if margin:
        drawn = drawn[margin:-margin, margin:-margin]
    if len(rgba) <= 256:
        return Picture(drawn.astype(np.uint8), palette=rgba, exact=True)
    return Picture(rgba[drawn][..., :3], alpha=rgba[drawn][..., 3], exact=True)


def _present(labels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
    """Return the values present, sorted, and the index of each pixel's among them."""
    if labels.dtype.kind == "u" and labels.dtype.itemsize <= 2:
        seen = np.zeros(256**labels.dtype.itemsize, bool)
        seen[labels.ravel()] = True
        present = np.flatnonzero(seen)
        table = np.zeros(len(seen), np.intp)
        table[present] = np.arange(len(present))
        return present.astype(labels.dtype), table[labels.ravel()]
    present, inverse = np.unique(labels, return_inverse=True)
    return present, inverse.ravel()


def _slots(
    present: npt.NDArray[Any], colours: LabelColours
) -> tuple[npt.NDArray[np.intp], UInt8Array]:
    """Return for each value present the slot of its colour, 0 for nothing, and the RGBA colours."""
    slot = np.zeros(len(present), np.intp)
    rgba: list[tuple[int, ...]] = [(0, 0, 0, 0)]
    seen: dict[tuple[int, int], int] = {}
    where = np.searchsorted(colours.labels, present.astype(colours.labels.dtype))
    for i, (value, at) in enumerate(zip(present.tolist(), where.tolist(), strict=True)):
        if value == 0:
            continue
        alpha = 255
        if at < len(colours.labels) and int(colours.labels[at]) == value:
            region = int(colours.regions[at])
            colour = colours.rgb[at]
            if colours.alpha is not None:
                alpha = int(colours.alpha[at])
        elif colours.known_only:
            continue
        else:
            region, colour = -1 - value, label_colour(np.array([value]))[0]
        if (region, alpha) not in seen:
            seen[region, alpha] = len(rgba)
            rgba.append((*colour.tolist(), alpha))
        slot[i] = seen[region, alpha]
    return slot, np.array(rgba, np.uint8)


def blend(under: Picture, over: Picture, opacity: float) -> Picture:
    """Lay one picture over another of the same size, which shows where that is transparent."""
    below, above = under.rgba(), over.rgba()
    weight = (above[..., 3:] / 255.0) * opacity
    rgb = np.floor(below[..., :3] * (1 - weight) + above[..., :3] * weight + 0.5)
    alpha = None if under.alpha is None and under.palette is None else below[..., 3]
    return Picture(rgb.astype(np.uint8), alpha=alpha)


def shrink_mean(voxels: npt.NDArray[Any], scale: int, axes: tuple[int, int]) -> npt.NDArray[Any]:
    """Join scale × scale voxels into their mean, halves rounded to even; NaN are left out.

    Parameters
    ----------
    voxels : ndarray
    scale : int
    axes : tuple of int
        The two axes to shrink; blocks start at index 0 and are cut at the end.
    """
    total, count = voxels.astype(np.float64), np.ones(voxels.shape)
    if voxels.dtype.kind == "f":
        count = np.isfinite(total).astype(np.float64)
        total = np.where(count > 0, total, 0.0)
    for axis in axes:
        edges = np.arange(0, total.shape[axis], scale)
        total = np.add.reduceat(total, edges, axis=axis)
        count = np.add.reduceat(count, edges, axis=axis)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / count
    if voxels.dtype.kind != "f":
        mean = np.rint(mean)
    return mean.astype(voxels.dtype)


def shrink_majority(
    labels: npt.NDArray[Any], scale: int, axes: tuple[int, int]
) -> npt.NDArray[Any]:
    """Join scale × scale labels into the most frequent one; of equals, the smallest."""
    present, inverse = _present(labels)
    codes: npt.NDArray[np.intp] = np.moveaxis(inverse.reshape(labels.shape), axes, (-2, -1))
    height, width = int(codes.shape[-2]), int(codes.shape[-1])
    rows, cols = -(-height // scale), -(-width // scale)
    flat = codes.reshape(-1, height, width)
    winner = np.empty((len(flat), rows, cols), np.intp)
    column = np.arange(width) // scale * len(present)
    # Votes of a strip of blocks are counted at once; strips keep the count of bins bounded.
    strip = max(1, _MAX_BINS // max(1, cols * len(present)))
    for plane in range(len(flat)):
        for first in range(0, rows, strip):
            part = flat[plane, first * scale : (first + strip) * scale]
            row = np.arange(len(part)) // scale * (cols * len(present))
            last = -(-len(part) // scale)
            votes = np.bincount(
                (part + column + row[:, None]).ravel(), minlength=last * cols * len(present)
            )
            # the first of equals is the smallest, since the values present are sorted
            winner[plane, first : first + last] = votes.reshape(last, cols, -1).argmax(axis=-1)
    out = present[winner.reshape(*codes.shape[:-2], rows, cols)]
    return np.moveaxis(out, (-2, -1), axes)
