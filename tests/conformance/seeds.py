"""Good inputs of every parser, which fuzzers begin from: at least one a parser."""

from __future__ import annotations

import gzip
import io
import json
import struct
from typing import Any

import nibabel as nib
import numpy as np

from atlasview.meshfiles import Multilod


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _nifti() -> bytes:
    affine = np.diag([1.0, 2, 3, 1])
    found: bytes = nib.Nifti1Image(
        np.arange(60, dtype=np.uint8).reshape(5, 4, 3), affine
    ).to_bytes()
    return found


_GROUP: dict[str, Any] = {
    "zarr_format": 3, "node_type": "group",
    "attributes": {"ome": {"version": "0.5", "multiscales": [{
        "name": "v",
        "axes": [{"name": n, "type": "space", "unit": "micrometer", "orientation": {"type": "anatomical", "value": "left-to-right"}} if n == "x" else {"name": n, "type": "space"} for n in "zyx"],
        "coordinateTransformations": [{"type": "identity"}],
        "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 2, 3]}, {"type": "translation", "translation": [0, 0.5, -1]}]}],
    }], "omero": {"channels": [{"color": "ff0000"}]}}, "atlasview": {"kind": "image", "affine": None}, "kind": "labels"},
}  # fmt: skip
_BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
ARRAY: dict[str, Any] = {
    "zarr_format": 3, "node_type": "array", "shape": [8, 8, 8], "data_type": "uint8",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [8, 8, 8]}},
    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
    "fill_value": 0, "dimension_names": ["z", "y", "x"], "attributes": {},
    "codecs": [{"name": "sharding_indexed", "configuration": {"chunk_shape": [4, 4, 4], "codecs": [_BYTES, {"name": "zstd", "configuration": {"level": 0, "checksum": False}}], "index_codecs": [_BYTES, {"name": "crc32c"}], "index_location": "end"}}],
}  # fmt: skip
GROUP = _json(_GROUP)

_DOCUMENT = {
    "version": 2, "data": {"atlas": "a", "template": "t", "parcellation": "p"},
    "camera": {"at": [1, -2.5, 3e1], "zoom": 0.5, "turn": [0, 0, 0, 1], "zoom3d": 2},
    "style": {"layout": "4panel", "window": [0, 255], "gamma": 1.5, "selected": ["7", "9"], "colors": {"7": "#ff8800"}, "hidden": ["3"], "depth": 3},
    "annotations": [{"set": "0123456789abc", "visible": True}],
    "steps": [{"title": "one", "text": "two", "camera": {"at": [0, 0, 0], "zoom": 1}}],
}  # fmt: skip
_STATE = {
    "dimensions": {"x": [1e-3, "m"], "y": [2e-6, "m"], "z": [1, "mm"]}, "position": [1, 2, 3],
    "crossSectionScale": 2, "crossSectionOrientation": [0, 0, 0, 1], "projectionScale": 100,
    "layers": [{"type": "image", "source": "precomputed://http://h/precomputed/a"}, {"type": "segmentation", "source": [{"url": "zarr://http://h/zarr/b"}], "segments": ["7", 9, "!3"]}],
    "layout": {"type": "xy"},
}  # fmt: skip
_ITEM = {"type": "line", "points": [[0, 1, 2], [3, 4, 5.5]], "label": "l", "text": "t", "color": "#ff0000", "tags": ["a", "b"], "author": "x", "properties": {"n": 1.5}}  # fmt: skip
_LAYER = {
    "type": "annotation",
    "source": {"url": "local://annotations", "transform": {"matrix": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], "outputDimensions": {"x": [1e-3, "m"], "y": [1, "um"], "z": [1, "nm"]}}},
    "annotationProperties": [{"id": "color", "type": "rgb"}],
    "annotations": [{"type": "point", "point": [1, 2, 3], "id": "a", "description": "d", "props": ["#00ff00"]}, {"type": "ellipsoid", "center": [0, 0, 0], "radii": [1, 1, 1]}, {"type": "polyline", "points": [[0, 0, 0], [1, 1, 1]]}],
}  # fmt: skip
_SIIBRA = {
    "@type": "siibra/parcellation/v0.0.1",
    "regions": [{"name": "a left", "rgb": "#ff0000", "labelIndex": 3, "children": [{"name": "b"}]}],
    "indices": {"b": [{"map": "x", "label": 2}]},
}


def _shard() -> bytes:
    parts = [np.ones(3, "<f4").tobytes(), np.zeros(3, "<f4").tobytes(), struct.pack("<I", 1)]
    parts += [np.ones(1, "<f4").tobytes(), np.zeros((1, 3), "<f4").tobytes(), np.ones(1, "<u4").tobytes()]  # fmt: skip
    parts += [np.zeros(3, "<u4").tobytes(), struct.pack("<I", 5)]
    made = Multilod(b"".join(parts), b"draco")
    table = np.array([4, 5, len(made.index)], "<u8").tobytes()
    end = len(made.data) + len(made.index)
    return struct.pack("<4Q", end, end + len(table), 0, 0) + made.data + made.index + table


SHARD = _shard()


def _plain_gzip(data: bytes) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as file:
        file.write(data)
    return out.getvalue()


SEEDS: dict[str, list[bytes]] = {
    "nifti": [_nifti()],
    "nifti-gz": [_plain_gzip(_nifti())],
    "ome-metadata": [GROUP],
    "array-metadata": [_json(ARRAY)],
    "sharding": [_json(ARRAY), _json({k: v for k, v in ARRAY.items() if k != "shape"})],
    "chunk-key": [b"0/c/0/0/0", b"0/zarr.json", b"0/1.2.3", b".zattrs"],
    "range": [b"bytes=0-0", b"bytes=-5", b"bytes=7-", b"bytes=0-1,5-6"],
    "iiif": [b"full/max/0/default", b"pct:1,2,30.5,4/^!200,300/!90/gray", b"10,20,30,40/15,/180/color", b"square/pct:50/270/bitonal"],
    "drawing": [b"window=p1,p99.5&gamma=0.5&colormap=magma,ff0000&channel=0,1", b"labels=a&opacity=.5&outline=both&regions=7,L.x&depth=3&colors=7:ff8800&hide=3&rest=0.1&palette=safe"],
    "view-state": [_json(_DOCUMENT), _json(_STATE)],
    "address": [b"#v=1&vol=a&at=1,2,3&zoom=0.5&q=0,0,0,1&sel=1,2&col=1:ff0000&sets=0123456789abc", b"#v=1&a=b&at=0,0,0&zoom=1&win=0,255&ol=1&x=0&side=left"],
    "annotations-csv": [b'type,x,y,z,points,label,tags,properties,depth\npoint,1,2,3,,a,"b; c\\; d","{""n"": 1}",4\nline,,,,"0 1 2; 3 4 5",x,,,\n'],
    "annotations-bids": [b"name\tx\ty\tz\tsize\tgroup\nA1\t1.0\t2\t3\t5\tg\nA2\tn/a\t2\t3\tn/a\tn/a\n"],
    "annotations-json": [_json({"items": [_ITEM]}), _json([_ITEM])],
    "annotations-neuroglancer": [_json({"layers": [_LAYER], "dimensions": {}}), _json(_LAYER["annotations"])],
    "points": [b'x,y,z,n\n1,2,3,"a\nb"\nn/a,2,3,\n1e1,-2,.5,c\n', b"name\tZ\tY\tX\na\t1\t2\t3\n"],
    "region-table": [b"id,name,acronym,parent,color,label,synonyms\n1,Root,r,,#ffffff,,\n7,Left,l,1,255 0 0,3,a|b\n", b"0 Unknown 0 0 0 0\n1 Left-X 1 2 3 0\n", b'1 255 0 0 1 1 1 "Left"\n', _json([{"id": 1, "children": [{"id": 2, "structure_id_path": [1, 2], "rgb_triplet": [1, 2, 3]}]}]), _json(_SIIBRA)],
    "surfaces": [_json({"@type": "neuroglancer_multilod_draco", "sharding": {"minishard_bits": 1, "shard_bits": 0}})],
    "shard": [SHARD],
}  # fmt: skip
#: What trips parsers up, put in anywhere.
TOKENS: list[bytes] = [
    b"", b"\x00", b"\xff\xff\xff\xff", b"\xff" * 8, b"\x7f" + b"\xff" * 3, b"\x80", b"\x00\x00\x80\x7f", b"-1", b"0", b"-0", b"1e999",
    b"1e308", b"1e-320", b"9" * 18, b"9" * 400, b"NaN", b"null", b"true", b"[]", b"{}", b'""', b'"\\ud800"', b"'", b'"', b",", b";",
    b"..", b"/", b"%00", b"%", b"&", b"=", b"#", b"\n", b"\r", b"\t", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"[" * 300, b"\xd9\xa3",
]  # fmt: skip
