"""The servers that AtlasView is measured against, one a file."""
