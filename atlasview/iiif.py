"""IIIF Image API 3.0: what the parts of an image's address mean; pure.

References
----------
IIIF Image API 3.0, https://iiif.io/api/image/3.0/, §4 (parameters), §4.7 (canonical form).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from PIL import Image

from atlasview.errors import InvalidParameterError
from atlasview.picture import Picture, UInt8Array

QUALITIES = ("default", "color", "gray", "bitonal")
#: No side of a picture is longer: WebP has no larger ones.
LONGEST = 16383
_REGION = "it takes full, square, x,y,w,h in pixels or pct:x,y,w,h"
_SIZE = "it takes max, pct:n or w,h (one may be left out; ! before it fits); ^ before it enlarges"
_ROTATION = "it takes 0, 90, 180 or 270 degrees, with ! before it to mirror"
_WHOLE = re.compile(r"0|[1-9][0-9]{0,9}")
_NUMBER = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,20})?|\.[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a picture, wholly inside it, in pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Size:
    """The size that a region is drawn at, and whether that takes ``^``."""

    width: int
    height: int
    enlarged: bool = False


@dataclass(frozen=True, slots=True)
class Rotation:
    """Quarter turns clockwise, after mirroring left and right."""

    quarters: int
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest picture that is drawn."""

    area: int
    side: int = LONGEST

    def allow(self, width: float, height: float) -> bool:
        """Tell whether a size is within the limits."""
        return width * height <= self.area and max(width, height) <= self.side

    def fitting(self, width: int, height: int) -> Fraction:
        """Return the largest factor at which a region is within the limits."""
        root = Fraction(math.isqrt(self.area * 10**12 // (width * height)), 10**6)
        return min(root, Fraction(self.side, width), Fraction(self.side, height))


def parse_region(text: str, width: int, height: int) -> Region:
    """Read a region of a picture, cut at its edges.

    Raises
    ------
    InvalidParameterError
        It is misspelt, empty, or outside the picture.
    """
    if text == "full":
        return Region(0, 0, width, height)
    if text == "square":
        side = min(width, height)
        return Region((width - side) // 2, (height - side) // 2, side, side)
    percent = text.startswith("pct:")
    pattern = _NUMBER if percent else _WHOLE
    parts = text.removeprefix("pct:").split(",", 4)
    if len(parts) != 4 or not all(pattern.fullmatch(p) for p in parts):
        raise InvalidParameterError("region", text, _REGION)
    if percent:
        share = [Fraction(p) / 100 for p in parts]
        x, y, w, h = (
            _round(s * n) for s, n in zip(share, (width, height, width, height), strict=True)
        )
        w, h = max(w, 1 if share[2] else 0), max(h, 1 if share[3] else 0)
    else:
        x, y, w, h = (int(p) for p in parts)
    w, h = min(w, width - x), min(h, height - y)
    if w <= 0 or h <= 0:
        raise InvalidParameterError(
            "region", text, f"it is empty or outside the picture, which is {width} × {height}"
        )
    return Region(x, y, w, h)


def parse_size(text: str, region: Region, limits: Limits) -> Size:
    """Read the size that a region is drawn at.

    Raises
    ------
    InvalidParameterError
        It is misspelt, enlarges without ``^``, is empty, or over the limits.
    """
    w, h = region.width, region.height
    enlarge = text.startswith("^")
    body = text.removeprefix("^")
    fit = limits.fitting(w, h)
    most = fit if enlarge else min(fit, Fraction(1))
    if body == "max":
        return _scaled(region, most, limits)
    if body.startswith("pct:"):
        number = body.removeprefix("pct:")
        if not _NUMBER.fullmatch(number) or Fraction(number) == 0:
            raise InvalidParameterError("size", text, _SIZE)
        factor = Fraction(number) / 100
        size = Size(max(1, _round(w * factor)), max(1, _round(h * factor)))
        return _checked(text, Size(size.width, size.height, factor > 1), enlarge, limits)
    confined = body.startswith("!")
    parts = body.removeprefix("!").split(",", 2)
    if len(parts) != 2 or not all(_WHOLE.fullmatch(p) for p in parts if p) or "0" in parts:
        raise InvalidParameterError("size", text, _SIZE)
    wide, high = (int(p) if p else None for p in parts)
    if wide is None and high is None:
        raise InvalidParameterError("size", text, _SIZE)
    if confined:
        if wide is None or high is None:
            raise InvalidParameterError("size", text, _SIZE)
        return _scaled(region, min(most, Fraction(wide, w), Fraction(high, h)), limits)
    if wide is None:
        wide = max(1, _round(Fraction(w * (high or 1), h)))
    elif high is None:
        high = max(1, _round(Fraction(h * wide, w)))
    wide, high = wide or 1, high or 1
    larger = wide > w or high > h
    return _checked(text, Size(wide, high, larger), enlarge, limits)


def parse_rotation(text: str) -> Rotation:
    """Read a rotation.

    Raises
    ------
    InvalidParameterError
        It is misspelt, over 360 degrees, or no quarter turn.
    """
    mirrored = text.startswith("!")
    number = text.removeprefix("!")
    degrees = Fraction(number) if _NUMBER.fullmatch(number) else Fraction(1)
    if degrees % 90 or degrees > 360:
        raise InvalidParameterError("rotation", text, _ROTATION)
    return Rotation(int(degrees // 90) % 4, mirrored)


def parse_quality(text: str) -> str:
    """Read a quality.

    Raises
    ------
    InvalidParameterError
        There is no such quality.
    """
    if text not in QUALITIES:
        raise InvalidParameterError("quality", text, "it takes " + ", ".join(QUALITIES))
    return text


def canonical(
    region: Region, size: Size, rotation: Rotation, quality: str, full: Region, limits: Limits
) -> str:
    """Return the one spelling of region, size, rotation and quality, slashes between.

    Parameters
    ----------
    region, size, rotation, quality
        As parsed; `quality` is ``default`` where it is the default one.
    full : Region
        The whole picture.
    limits : Limits
    """
    place = "full" if region == full else f"{region.x},{region.y},{region.width},{region.height}"
    largest = (parse_size("max", region, limits), parse_size("^max", region, limits))
    if size == largest[0]:
        shape = "max"
    elif size == largest[1]:
        shape = "^max"
    else:
        shape = f"{'^' if size.enlarged else ''}{size.width},{size.height}"
    turn = f"{'!' if rotation.mirrored else ''}{rotation.quarters * 90}"
    return f"{place}/{shape}/{turn}/{quality}"


def turned(picture: Picture, rotation: Rotation) -> Picture:
    """Return a picture mirrored and turned."""

    def turn(pixels: UInt8Array) -> UInt8Array:
        pixels = pixels[:, ::-1] if rotation.mirrored else pixels
        return np.ascontiguousarray(np.rot90(pixels, -rotation.quarters))

    return Picture(
        turn(picture.values),
        picture.palette,
        None if picture.alpha is None else turn(picture.alpha),
        picture.exact,
    )


def is_grey(picture: Picture) -> bool:
    """Tell whether a picture is kept without colours."""
    return picture.values.ndim == 2 and picture.palette is None


def in_quality(picture: Picture, quality: str) -> Picture:
    """Return a picture in grey, or in black and white where that is asked."""
    if quality not in ("gray", "bitonal"):
        return picture
    grey, alpha = picture.values, picture.alpha
    if not is_grey(picture):
        rgba = picture.rgba()
        grey = np.asarray(Image.fromarray(np.ascontiguousarray(rgba[..., :3])).convert("L"))
        alpha = None if (rgba[..., 3] == 255).all() else rgba[..., 3]
    if quality == "bitonal":
        grey = np.where(grey >= 128, 255, 0).astype(np.uint8)
    return Picture(grey, alpha=alpha)


def _scaled(region: Region, factor: Fraction, limits: Limits) -> Size:
    """Return a region's size times a factor, rounded so that it is within the limits."""
    width = max(1, _round(region.width * factor))
    height = max(1, _round(region.height * factor))
    if not limits.allow(width, height):
        width = max(1, math.floor(region.width * factor))
        height = max(1, math.floor(region.height * factor))
    return Size(width, height, width > region.width or height > region.height)


def _checked(text: str, size: Size, enlarge: bool, limits: Limits) -> Size:
    if size.enlarged and not enlarge:
        raise InvalidParameterError(
            "size", text, "it is larger than the region; put ^ before it to enlarge"
        )
    if not limits.allow(size.width, size.height):
        raise InvalidParameterError(
            "size",
            text,
            f"{size.width} × {size.height} pixels are over the limit of {limits.area} in all and "
            f"{limits.side} a side",
        )
    return size


def _round(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))
