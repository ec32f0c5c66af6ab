"""AtlasView's library: multiresolution brain volumes, reference spaces, atlases. Knows no HTTP."""

from atlasview.version import __version__

__all__ = ["__version__"]
