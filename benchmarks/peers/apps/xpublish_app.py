"""xpublish-tiles over one Zarr; run by its own Python: ``xpublish_app.py ZARR PORT``."""

import sys

import uvicorn
import xarray as xr
import xpublish
from xpublish_tiles.xpublish.tiles.plugin import TilesPlugin

path, port = sys.argv[1:]
dataset = xr.open_zarr(path, zarr_format=3, consolidated=False, chunks=None)
dataset.attrs["_xpublish_id"] = "brain"
rest = xpublish.Rest({"brain": dataset}, plugins={"tiles": TilesPlugin()})
uvicorn.run(rest.app, port=int(port), log_level="warning", access_log=False)
