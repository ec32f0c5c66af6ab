"""What AtlasView costs, measured: see README.md in this folder."""
