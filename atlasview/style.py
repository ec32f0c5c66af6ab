"""How a picture is drawn: window, colours, labels over it. A record, no voxels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: The default window, in percentiles of the whole volume.
DEFAULT_PERCENTILES = (1.0, 99.5)


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """Two values, or two percentiles of the whole volume."""

    lo: float
    hi: float
    percentiles: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """Everything a caller may say of how a picture is drawn.

    Parameters
    ----------
    window : tuple of WindowSpec
        One for all channels, or one each; the volume's 1st and 99.5th percentile when empty.
    gamma : float
    colormap : tuple of str
        Of each channel.
    invert : bool
    channel : tuple of int
        Channels drawn; several are added up, each in its own colour.
    labels : str, optional
        Parcellation laid over an image.
    opacity : float, optional
        Of the labels; 0.5 over an image (1 for outlines), 1 for a labels volume.
    outline : bool or str
        ``both`` fills the regions too; their lines are then half as strong again, and 0.3.
    regions : tuple of str
        Ids or acronyms; a parent means all its descendants. Empty means all.
    rest : float
        How strongly, as a share of the opacity, other regions than those are drawn.
    hide : tuple of str
        Regions that are left out, with their descendants.
    hemisphere : str, optional
        ``left`` or ``right``: regions of that side alone.
    depth : int, optional
        The ontology is cut there.
    palette : str, optional
        Colours of the regions other than the atlas's own: ``distinct`` or ``safe``.
    colors : tuple of (str, tuple of int)
        Colours of single regions and what is below them, above atlas and palette.
    square : bool
        Resample anisotropic voxels to square pixels.
    """

    window: tuple[WindowSpec, ...] = ()
    gamma: float = 1.0
    colormap: tuple[str, ...] = ()
    invert: bool = False
    channel: tuple[int, ...] = ()
    labels: str | None = None
    opacity: float | None = None
    outline: bool | Literal["both"] = False
    regions: tuple[str, ...] = ()
    rest: float = 0.0
    hide: tuple[str, ...] = ()
    hemisphere: Literal["left", "right"] | None = None
    depth: int | None = None
    palette: str | None = None
    colors: tuple[tuple[str, tuple[int, int, int]], ...] = ()
    square: bool = False
