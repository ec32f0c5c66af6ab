"""Ingest: a brain file becomes a pyramid, out of core and without resampling a voxel.

To prove a finished volume there is `atlasview.ingest.verify`, which loads more libraries and so is
not imported here.
"""

from atlasview.ingest.progress import BarProgress, JsonProgress, Progress
from atlasview.ingest.volume_ingest import ingest_volume

__all__ = ["BarProgress", "JsonProgress", "Progress", "ingest_volume"]
