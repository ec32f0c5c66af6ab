"""The version of AtlasView; the package takes it from here."""

# Said, not asked of the installed package: to look it up takes as long as a small file does.
__version__ = "0.1.0"
