"""Ingest: a brain file becomes a pyramid, out of core and without resampling a voxel."""

from atlasview.ingest.progress import BarProgress, JsonProgress, Progress
from atlasview.ingest.volume_ingest import ingest_volume

__all__ = ["BarProgress", "JsonProgress", "Progress", "ingest_volume"]
