"""Neuroglancer's Python server; run by its own Python: ``neuroglancer_app.py ARRAY PORT``."""

import sys
import threading

import neuroglancer
import neuroglancer.server
import tensorstore as ts

path, port = sys.argv[1:]
array = ts.open(
    {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{path}/"}}, open=True
).result()
neuroglancer.set_server_bind_address("127.0.0.1", int(port))
viewer = neuroglancer.Viewer(token="viewer")
volume = neuroglancer.LocalVolume(
    array,
    dimensions=neuroglancer.CoordinateSpace(names=["z", "y", "x"], units="um", scales=[20] * 3),
)
volume.token = "brain"
with viewer.txn() as state:
    state.layers["brain"] = neuroglancer.ImageLayer(source=volume)
threading.Event().wait()
