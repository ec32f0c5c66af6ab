"""The version of AtlasView, as the installed package has it."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("atlasview")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"
