"""Requests and data sets of those who mean no good."""

from __future__ import annotations

import gc
import gzip
import json
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import numpy as np
import pytest
from phantoms import write_ome_zarr
from serving import serving

from atlasview.errors import AtlasDefinitionError, InvalidParameterError
from atlasview.regiontable import read_region_table
from tileserver.bodies import collector, parse_json


def test_packed_bodies_are_not_unpacked(http: httpx.Client) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    response = http.post("/api/views", content=gzip.compress(b"{}"), headers=headers)
    assert response.status_code == 415
    assert response.headers["accept-encoding"] == "identity"
    assert "Content-Encoding" in response.json()["detail"]


@pytest.mark.parametrize("path", ["/api/annotations/none/undo", "/api/annotations/none/import"])
def test_what_is_only_sent_to_says_so_when_it_is_asked(http: httpx.Client, path: str) -> None:
    response = http.get(path)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"points":[' + b'[1,2,"x"],' * 1_000_000 + b"[1,2,3]]}", 413),
        (b'{"points":[' + b'[1,2,"x"],' * 90_000 + b"[1,2,3]]}", 400),
        (b"{" + b",".join(b'"%d":1' % i for i in range(500_000)) + b"}", 400),
        (b'{"points":7}', 400),
        (b'{"points":[[true,1,2]]}', 400),
        (b"[]", 400),
    ],
    ids=["many", "bad", "members", "number", "truth", "list"],
)
def test_of_a_million_faults_one_is_told(http: httpx.Client, body: bytes, status: int) -> None:
    for address in ("/api/atlases/icbm152-desikan-killiany/assign", "/api/spaces/talairach/carry?to=mni152nlin6asym"):  # fmt: skip
        response = http.post(address, content=body, headers={"Content-Type": "application/json"})
        assert response.status_code == status, response.text[:300]
        assert len(response.content) < 1000


def test_who_reads_much_leaves_the_collector_as_it_was() -> None:
    def read(good: bool) -> None:
        with suppress(InvalidParameterError):
            parse_json(b"[" + b"[1,2]," * 50_000 + (b"3]" if good else b"]"))

    threads = [threading.Thread(target=read, args=(i % 2 == 0,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gc.isenabled()
    with collector.held_back(), collector.held_back():
        assert not gc.isenabled()
    assert gc.isenabled()


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server over volumes that lie, and a good one."""
    root = tmp_path_factory.mktemp("poisoned")
    volumes = root / "volumes"
    block = np.arange(32**3, dtype=np.uint8).reshape(32, 32, 32)
    for name in ("good", "deep", "giant", "pipe", "many", "vast"):
        write_ome_zarr(volumes / f"{name}.ome.zarr", [block])

    def at(name: str, file: str = "zarr.json") -> Path:
        return volumes / f"{name}.ome.zarr" / file

    at("deep").write_text('{"a":' * 100_000)
    with at("giant").open("r+b") as file:
        file.truncate(1 << 40)
    at("pipe").unlink()
    os.mkfifo(at("pipe"))
    many = json.loads(at("many").read_text())
    many["attributes"]["ome"]["multiscales"][0]["datasets"] *= 1000
    at("many").write_text(json.dumps(many))
    vast = json.loads(at("vast", "0/zarr.json").read_text())
    vast["shape"] = [10**9] * 3
    at("vast", "0/zarr.json").write_text(json.dumps(vast))
    # Pipes, of which nobody would ever see the end.
    for place in ("atlases/evil/1_0/manifest.json", "coordinate-spaces/spaces.toml"):
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(root / place)
    # Beside the levels of a good one, arrays that are none.
    for name, text in (("shapeless", '{"codecs": []}'), ("nested", "[" * 100_000), ("huge", "")):
        at("good", f"{name}/zarr.json").parent.mkdir()
        at("good", f"{name}/zarr.json").write_text(text)
    with at("good", "huge/zarr.json").open("r+b") as file:
        file.truncate(1 << 40)
    with serving([root]) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def test_one_poisoned_volume_stops_no_other(poisoned: httpx.Client) -> None:
    served = {v["id"] for v in poisoned.get("/api/volumes").json()["volumes"]}
    assert served == {"good", "vast"}
    # A pipe is no file, and so its folder no volume.
    assert poisoned.get("/ready").json()["problems"] == 5
    assert poisoned.get("/tiles/good/horizontal/3/0/0/0.png").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/iiif/vast:horizontal:10/full/max/0/default.jpg",
        "/iiif/vast:horizontal:10/full/^10,/0/default.jpg",
        "/iiif/vast:horizontal:10/0,0,9999999,1/9,1/0/default.jpg",
        "/tiles/vast/oblique/0/0/0.png?center=5,5,5&right=1,0,0&down=0,1,1",
        "/api/volumes/vast/cutout",
    ],
)
def test_an_extent_that_nobody_can_hold_is_refused_at_once(
    poisoned: httpx.Client, address: str
) -> None:
    response = poisoned.get(address)
    assert response.status_code == 413, response.text
    assert response.json()["asked"] > response.json()["limit"]


@pytest.mark.parametrize(("name", "status"), [("shapeless", 200), ("nested", 500), ("huge", 500)])
def test_what_lies_beside_the_levels_is_not_held_whole(
    poisoned: httpx.Client, name: str, status: int
) -> None:
    answer = poisoned.get(f"/chunks/good/{name}/zarr.json")
    assert answer.status_code == status
    if status == 500:
        assert answer.json()["title"] == "Stored data cannot be read"


@pytest.mark.parametrize("name", ["\u00b3", "--5", "-", "\u0663", "9" * 5000, "1e3", "\u2460"])
def test_what_is_nearly_a_number_names_nothing(http: httpx.Client, name: str) -> None:
    """To `str.isdigit` a superscript is one; to `int` it is none."""
    atlas, volume = "icbm152-desikan-killiany", "icbm152-2009a-sym"
    for address in (
        f"/api/atlases/{atlas}/regions/{name}", f"/api/volumes/{volume}/value?point={name},0,0",
        f"/zarr/{volume}/{name}/c/0/0/0", f"/chunks/{volume}/0/c/{name}/0/0", f"/precomputed/{volume}/{name}/0-1_0-1_0-1",
        f"/planes/{volume}.png?labels=desikan-killiany&regions={name}&right=1,0,0&down=0,0,-1",
        f"/views/{name}", f"/annotations/{name}/info", f"/api/views/x?revision={name}",
    ):  # fmt: skip
        assert http.get(address).status_code in (400, 404), address


def test_a_pipe_is_no_region_table(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "regions.csv")
    with pytest.raises(AtlasDefinitionError, match="no plain file"):
        read_region_table(tmp_path / "regions.csv")
