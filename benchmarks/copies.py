"""The 1024³ volume once more, in the forms that other servers read."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import tensorstore as ts

from benchmarks import data, phantom
from benchmarks.asks import TILE

#: Pixel size of web-map zoom 10 in metres, at which a slice of the copy for maps is 4 × 4 tiles.
GEO_ZOOM = 10
_METRES = 2 * np.pi * 6378137 / (256 * 2**GEO_ZOOM)
_N = data.CONTENT


def geo(root: Path) -> Path:
    """Return a Zarr of (z, y, x) on a map, for servers that know maps only; shards are shared."""

    def make(folder: Path) -> None:
        dense = data.volume(root, f"dense-{_N}").path / "0"
        document = json.loads((dense / "zarr.json").read_text())
        document["dimension_names"] = ["z", "y", "x"]
        document["attributes"] = {"grid_mapping": "spatial_ref"}
        document["fill_value"] = 0
        _write(folder / "zarr.json", {"zarr_format": 3, "node_type": "group", "attributes": {}})
        _write(folder / "brain" / "zarr.json", document)
        data.link_shards(dense, folder / "brain", 0)
        along = (np.arange(_N) + 0.5) * _METRES
        _coordinate(folder / "x", along, {"standard_name": "projection_x_coordinate"})
        _coordinate(folder / "y", -along, {"standard_name": "projection_y_coordinate"})
        _coordinate(folder / "z", np.arange(_N, dtype=np.float64), {})
        _coordinate(folder / "spatial_ref", np.zeros(()), _mercator())

    return data.once(root / "geo.zarr", make)


def zarr2(root: Path) -> Path:
    """Return an OME-Zarr 0.4 on Zarr v2, 64³ chunks zstd-1, with all levels."""

    def make(folder: Path) -> None:
        dense = data.volume(root, f"dense-{_N}").path
        levels = sorted(p.name for p in dense.iterdir() if p.is_dir())
        _write(folder / ".zgroup", {"zarr_format": 2})
        axes = [{"name": n, "type": "space", "unit": "millimeter"} for n in "zyx"]
        datasets = [
            {
                "path": name,
                "coordinateTransformations": [
                    {"type": "scale", "scale": [0.02 * 2 ** int(name)] * 3}
                ],
            }
            for name in levels
        ]
        multiscale = {"version": "0.4", "name": "brain", "axes": axes, "datasets": datasets}
        channel = {"label": "grey", "color": "FFFFFF", "window": {"start": 53, "end": 177}}
        attributes = {"multiscales": [multiscale], "omero": {"channels": [channel]}}
        _write(folder / ".zattrs", attributes)
        for name in levels:
            source = data.open_level(dense / name)
            metadata = {
                "shape": list(source.shape),
                "chunks": [data.CHUNK] * 3,
                "dtype": "|u1",
                "compressor": {"id": "zstd", "level": 1},
                "dimension_separator": "/",
                "fill_value": 0,
            }
            target = _create("zarr", folder / name, {"metadata": metadata})
            _copy(source, target)

    return data.once(root / "zarr2.zarr", make)


def precomputed(root: Path) -> Path:
    """Return a Neuroglancer precomputed volume: raw 64³ chunks, one file each."""

    def make(folder: Path) -> None:
        scale = {
            "size": [_N] * 3,
            "chunk_size": [data.CHUNK] * 3,
            "resolution": [20_000] * 3,
            "encoding": "raw",
            "key": "20um",
        }
        info = {"type": "image", "data_type": "uint8", "num_channels": 1}
        spec = {"multiscale_metadata": info, "scale_metadata": scale}
        target = _create("neuroglancer_precomputed", folder, spec)
        source = data.open_level(data.volume(root, f"dense-{_N}").path / "0")
        _copy(source, target[ts.d["channel"][0]].T)

    return data.once(root / "precomputed", make)


def tiff(root: Path) -> Path:
    """Return a pyramid TIFF of 4096² pixels, 16 slices side by side, tiles of 256² under deflate.

    Were its tiles JPEG already, a server could pass them on as they are, and be a file server.
    """

    def make(path: Path) -> None:
        import tifffile

        slices = [slab[0] for slab in phantom.slabs(_N)]
        picture = np.concatenate([np.concatenate(slices[i : i + 4], 1) for i in range(0, 16, 4)])
        options: dict[str, Any] = {"tile": (TILE, TILE), "compression": "deflate"}
        options |= {"predictor": True, "photometric": "minisblack"}
        with tifffile.TiffWriter(path) as file:
            while True:
                file.write(picture, **options)
                if max(picture.shape) <= TILE:
                    break
                options["subfiletype"] = 1
                picture = picture[::2, ::2]

    return data.once(root / "slices.tif", make)


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def _create(driver: str, folder: Path, spec: dict[str, Any]) -> ts.TensorStore:
    kvstore = {"driver": "file", "path": f"{folder}/"}
    return ts.open({"driver": driver, "kvstore": kvstore, **spec}, create=True).result()


def _copy(source: ts.TensorStore, target: ts.TensorStore, step: int = 256) -> None:
    """Copy in blocks, so that little is held at a time."""
    for start in product(*(range(0, n, step) for n in source.shape)):
        block = tuple(slice(a, min(a + step, n)) for a, n in zip(start, source.shape, strict=True))
        target[block].write(source[block].read().result()).result()


def _coordinate(folder: Path, values: np.ndarray, attributes: dict[str, Any]) -> None:
    """Write a coordinate array, one chunk, uncompressed."""
    document = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(values.shape),
        "data_type": "float64",
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": list(values.shape)},
        },
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": "NaN",
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
        "attributes": attributes,
        "dimension_names": [folder.name][: values.ndim],
    }
    _write(folder / "zarr.json", document)
    chunk = folder / "c" / "0" if values.ndim else folder / "c"
    chunk.parent.mkdir(parents=True, exist_ok=True)
    chunk.write_bytes(values.astype("<f8").tobytes())


def _mercator() -> dict[str, Any]:
    wkt = (
        'PROJCS["WGS 84 / Pseudo-Mercator",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",'
        '6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],'
        'AUTHORITY["EPSG","4326"]],PROJECTION["Mercator_1SP"],PARAMETER["central_meridian",0],'
        'PARAMETER["scale_factor",1],PARAMETER["false_easting",0],PARAMETER["false_northing",0],'
        'UNIT["metre",1],AXIS["Easting",EAST],AXIS["Northing",NORTH],EXTENSION["PROJ4","+proj=merc'
        " +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null"
        ' +wktext +no_defs"],AUTHORITY["EPSG","3857"]]'
    )
    return {"crs_wkt": wkt, "spatial_ref": wkt, "grid_mapping_name": "mercator"}
