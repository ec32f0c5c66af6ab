"""Cutouts: boxes of one level as files of other programs' formats, streamed.

A `Cutout` says which voxels; `FORMATS` writes them, piece by piece, in bounded memory.
"""

from atlasview.cutout.boxes import box_on_level, mm_box, pick_level
from atlasview.cutout.formats import FORMATS, Format
from atlasview.cutout.request import Cutout

__all__ = ["FORMATS", "Cutout", "Format", "box_on_level", "mm_box", "pick_level"]
