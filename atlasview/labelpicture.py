"""Labels to pixels: the colours of regions, their outlines; pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.picture import Picture, UInt8Array


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
    present, inverse = present_in(labels)
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


def present_in(labels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
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
