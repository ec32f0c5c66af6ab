"""Every parser that strangers can reach, as a function of bytes: what fuzzers throw things at.

A parser may refuse what it is given with an error of ours; anything else is a fault.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from conformance.seeds import ARRAY, GROUP, SHARD

from atlasview.atlas import Terminology
from atlasview.iiif import (
    Limits,
    Region,
    canonical,
    parse_quality,
    parse_region,
    parse_rotation,
    parse_size,
)
from atlasview.ingest.formats import open_source
from atlasview.marks.address import format_address, parse_address
from atlasview.marks.exchange import read_annotations
from atlasview.marks.neuroglancer import camera_of, volumes_of
from atlasview.marks.viewdocument import is_document, read_document, written
from atlasview.meshshards import MeshSharding, read_surface
from atlasview.meshstore import open_meshes
from atlasview.objects import is_key
from atlasview.opening import open_volume
from atlasview.pointtable import PointTable
from atlasview.regiontable import read_region_table
from atlasview.shards import parse_sharding
from tileserver.bodies import parse_json
from tileserver.params import parse_query
from tileserver.ranges import parse_range
from tileserver.styleparams import STYLE, read_style
from tileserver.viewdata import check_view_state

Parser = Callable[[bytes], object]
_PLACE = Path(tempfile.mkdtemp(prefix="atlasview-fuzz-"))
atexit.register(shutil.rmtree, _PLACE, ignore_errors=True)


def _file(name: str, data: bytes) -> Path:
    path = _PLACE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _source(name: str) -> Parser:
    """Other formats of files: tests/atlasview/ingest/test_damaged.py."""

    def parse(data: bytes) -> object:
        source = open_source(_file(name, data))
        source.close()
        return source.header

    return parse


def ome_metadata(data: bytes) -> object:
    """Open a volume whose group says this; its array is a good one."""
    _file("v.ome.zarr/zarr.json", data)
    _file("v.ome.zarr/0/zarr.json", json.dumps(ARRAY).encode())
    return open_volume(_PLACE / "v.ome.zarr")


def array_metadata(data: bytes) -> object:
    """Open a volume whose array says this; its group is a good one."""
    _file("a.ome.zarr/zarr.json", GROUP)
    _file("a.ome.zarr/0/zarr.json", data)
    found = open_volume(_PLACE / "a.ome.zarr")
    return found.levels[0].array.domain


def chunk_key(data: bytes) -> object:
    """Read the key of an object."""
    return is_key(_text(data))


def byte_range(data: bytes) -> object:
    """Read a Range header, and see that what comes out is a range."""
    found = parse_range(data.decode("latin-1"), 1000)
    assert found is None or found == (0, -1) or 0 <= found[0] < found[1] <= 1000
    return found


def sharding(data: bytes) -> object:
    """Read how an array is sharded."""
    document = parse_json(data)
    return isinstance(document, dict) and (parse_sharding(document) or "none")


def iiif(data: bytes) -> object:
    """Read the four parts of an IIIF address, and see that its one spelling means the same."""
    region, size, rotation, quality, *_ = (*_text(data).split("/"), "", "", "", "")
    full, limits = Region(0, 0, 6572, 7404), Limits(1 << 24)
    part = parse_region(region, full.width, full.height)
    scaled = parse_size(size, part, limits)
    assert scaled.width > 0
    assert scaled.height > 0
    assert limits.allow(scaled.width, scaled.height)
    turn, colours = parse_rotation(rotation), parse_quality(quality)
    spelling = canonical(part, scaled, turn, colours, full, limits)
    again = spelling.split("/")
    assert parse_region(again[0], full.width, full.height) == part
    return spelling


def drawing(data: bytes) -> object:
    """Read a query of drawing parameters."""
    return read_style(parse_query(data, [p.name for p in STYLE]))


def view_state(data: bytes) -> object:
    """Read the state of a view, as a document of ours or of Neuroglancer's."""
    state = parse_json(data)
    if not isinstance(state, dict):
        return None
    check_view_state(state)
    if is_document(state):
        document = read_document(state)
        assert read_document(written(document)) == document
        return format_address(document)
    return camera_of(state), volumes_of(state)


def address(data: bytes) -> object:
    """Read the address of a view, and see that what is written of it reads the same."""
    document = parse_address(_text(data))
    return parse_address(format_address(document))


def _annotations(form: str) -> Parser:
    def parse(data: bytes) -> object:
        found = read_annotations(data.decode("utf-8-sig", "replace"), form, 1000)
        return [json.dumps(a.written(), allow_nan=False).encode() for a in found]

    return parse


def points(data: bytes) -> object:
    """Read a table of points."""
    table = PointTable(data.decode("utf-8", "replace").splitlines(keepends=True))
    return [block.points.shape for block in table.blocks(2)]


def region_table(data: bytes) -> object:
    """Read a region table, whatever kind it is."""
    found = read_region_table(_file("regions.txt", data))
    assert isinstance(found, Terminology)
    return json.dumps([(r.id, r.acronym, r.name, r.rgb, r.path) for r in found]).encode()


def surfaces(data: bytes) -> object:
    """Open surfaces whose ``info`` says this."""
    _file("m.meshes/info", data)
    _file("m.meshes/surfaces.json", b'{"labels_seal": "x", "surfaces": {"4": {"labels": [7]}}}')
    _file("m.meshes/0.shard", SHARD)
    found = open_meshes(_PLACE / "m.meshes", "x")
    return found and found.surface(4, frozenset([7]))


def shard(data: bytes) -> object:
    """Read a surface out of a shard of these bytes."""
    _file("s.meshes/0.shard", data)
    return read_surface(_PLACE / "s.meshes", MeshSharding(1, 1), 4)


PARSERS: dict[str, Parser] = {
    "nifti": _source("a.nii"),
    "nifti-gz": _source("a.nii.gz"),
    "ome-metadata": ome_metadata,
    "array-metadata": array_metadata,
    "sharding": sharding,
    "chunk-key": chunk_key,
    "range": byte_range,
    "iiif": iiif,
    "drawing": drawing,
    "view-state": view_state,
    "address": address,
    "annotations-csv": _annotations("csv"),
    "annotations-bids": _annotations("bids"),
    "annotations-json": _annotations("json"),
    "annotations-neuroglancer": _annotations("neuroglancer"),
    "points": points,
    "region-table": region_table,
    "surfaces": surfaces,
    "shard": shard,
}  # fmt: skip
