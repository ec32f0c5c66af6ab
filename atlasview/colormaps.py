"""Colour maps by name."""

from __future__ import annotations

import re
from functools import lru_cache

import cmap
import numpy as np
import numpy.typing as npt

from atlasview.errors import InvalidParameterError

#: The usual scientific set: perceptual, sequential, diverging, and what people know by habit.
COLORMAPS: tuple[str, ...] = (
    "gray", "viridis", "magma", "inferno", "plasma", "cividis", "turbo", "hot", "cool", "bone",
    "copper", "pink", "spring", "summer", "autumn", "winter", "jet", "hsv", "twilight", "coolwarm",
    "bwr", "seismic", "RdBu", "RdYlBu", "Spectral", "PuOr", "Blues", "Greens", "Reds", "Oranges",
    "Purples", "Greys", "YlGnBu", "YlOrRd", "cubehelix", "red", "green", "blue", "cyan", "magenta",
    "yellow",
)  # fmt: skip
#: Where two collections know a name, which one is meant.
_COLLECTION = {"copper": "matlab:copper", "coolwarm": "matplotlib:coolwarm"} | {
    name: f"colorbrewer:{name}"
    for name in (
        "RdBu", "RdYlBu", "Spectral", "PuOr", "Blues", "Greens", "Reds", "Oranges", "Purples",
        "Greys", "YlGnBu", "YlOrRd",
    )
}  # fmt: skip
_BY_LOWER = {name.lower(): name for name in COLORMAPS} | {"grey": "gray", "greyscale": "gray"}
_LIGHTS = ("red", "green", "blue", "cyan", "magenta", "yellow")
#: Colours by which a colour map is told to a browser: straight lines run between them.
STOPS = 33


def is_grey(name: str) -> bool:
    """Tell whether a name is that of plain grey values."""
    return _BY_LOWER.get(name.lower()) == "gray"


@lru_cache(maxsize=64)
def colormap(name: str) -> npt.NDArray[np.uint8]:
    """Return a colour map as a table, shape (256, 4), uint8 RGBA.

    Parameters
    ----------
    name : str
        One of `COLORMAPS`, or a colour ``rrggbb`` that grows out of black.

    Raises
    ------
    InvalidParameterError
        There is no such colour map.
    """
    table = np.full((256, 4), 255, np.uint8)
    table[:, :3] = _colours(name, 256)
    table.flags.writeable = False
    return table


def colormap_stops(name: str) -> tuple[str, ...]:
    """Return `STOPS` colours ``rrggbb`` of a colour map, evenly from its first to its last.

    Raises
    ------
    InvalidParameterError
        There is no such colour map.
    """
    return tuple(bytes(rgb).hex() for rgb in _colours(name, STOPS))


def _colours(name: str, count: int) -> npt.NDArray[np.uint8]:
    known = _BY_LOWER.get(name.lower())
    share = np.linspace(0, 1, count)[:, None]
    if known is None and re.fullmatch(r"#?[0-9a-fA-F]{6}", name):
        ramp = share * np.array(tuple(bytes.fromhex(name.lstrip("#")))) / 255
    elif known is None:
        raise InvalidParameterError(
            "colormap", name, "it takes a colour rrggbb, or one of " + ", ".join(COLORMAPS)
        )
    elif known in _LIGHTS:
        ramp = share * np.array(cmap.Color(known).rgba[:3])
    else:
        ramp = np.asarray(cmap.Colormap(_COLLECTION.get(known, known)).lut(count))[:, :3]
    found: npt.NDArray[np.uint8] = np.floor(ramp * 255 + 0.5).astype(np.uint8)
    return found
