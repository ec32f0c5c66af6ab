"""What a style means for one volume: the window in values, the colours of labels."""

from __future__ import annotations

from dataclasses import dataclass

from atlasview.labelpicture import LabelColours
from atlasview.volume import Volume
from atlasview.window import Window


@dataclass(frozen=True, eq=False, slots=True)
class Ink:
    """What a style means for one volume: the window in values, the colours of labels.

    Parameters
    ----------
    windows : tuple of Window
        One for all channels, or one each.
    colours : LabelColours
        Of the labels drawn: the volume's own, or those laid over it.
    overlay : Volume, optional
        Labels to lay over an image.
    opacity : float
        Of the labels; where they are outlined, of the lines.
    fill : float
        Of what outlines go around, as a share of that.
    side : tuple of Volume and int, optional
        Labels count only where this volume, on the same grid, holds this value: one hemisphere.
    """

    windows: tuple[Window, ...]
    colours: LabelColours
    overlay: Volume | None
    opacity: float
    fill: float = 0.0
    side: tuple[Volume, int] | None = None
