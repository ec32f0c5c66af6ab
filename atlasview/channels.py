"""Which channels of an image are drawn, and in which colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from atlasview.errors import NotFoundError
from atlasview.style import Style
from atlasview.volume import Volume

_CHANNEL_COLOURS = ("green", "magenta", "cyan", "yellow", "red", "blue")


def is_rgb(volume: Volume) -> bool:
    """Tell whether a volume's channels are red, green and blue."""
    return volume.channels in (3, 4) and volume.dtype == np.uint8


def drawn_channels(volume: Volume, style: Style) -> tuple[int, ...]:
    """Return which channels a style draws.

    Raises
    ------
    NotFoundError
        There is no such channel.
    """
    for channel in style.channel:
        if channel >= volume.channels:
            raise NotFoundError("channel", channel, range(volume.channels))
    if style.channel:
        return style.channel
    if is_rgb(volume):
        return (0, 1, 2)
    said = len(volume.multiscale.channel_colors)
    return tuple(range(said)) if 1 < said == volume.channels else (0,)


def channel_colours(volume: Volume, channels: Sequence[int]) -> tuple[str, ...]:
    """Return a colour for each channel: what the file says, else well apart ones."""
    said = volume.multiscale.channel_colors
    return tuple(
        said[c] if c < len(said) else _CHANNEL_COLOURS[i % len(_CHANNEL_COLOURS)]
        for i, c in enumerate(channels)
    )
