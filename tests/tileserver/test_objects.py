"""``/zarr`` and ``/chunks`` read by TensorStore and zarr-python, and poked at by hand."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
import tensorstore as ts
import zarr
from phantoms import encoded, stored, write_ome_zarr
from serving import serving

from tileserver.ranges import parse_range

WHOLE = encoded((70, 40, 50), "uint16")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("objects")
    sparse = WHOLE.copy()
    sparse[32:] = 0
    out = [
        write_ome_zarr(root / "sharded.zarr", [sparse], shard=32, chunk=16),
        write_ome_zarr(root / "plain.zarr", [sparse], chunk=16, code="LPI"),
        write_ome_zarr(root / "old.zarr", [sparse], chunk=16, version="0.4"),
    ]
    (root / "secret").write_text("hidden words")
    (root / "sharded.zarr" / "leak").symlink_to(root / "secret")
    (root / "sharded.zarr" / "c").symlink_to(root / "secret")
    (root / "sharded.zarr" / "page.html").write_text("<script>")
    return out


@pytest.fixture(scope="module")
def client(places: list[Path]) -> Iterator[httpx.Client]:
    with serving(places) as url, httpx.Client(base_url=url, timeout=60) as found:
        yield found


@pytest.mark.parametrize("face", ["zarr", "chunks"])
@pytest.mark.parametrize(("name", "code"), [("sharded", "SAR"), ("plain", "LPI"), ("old", "SAR")])
def test_foreign_clients_read_the_stored_array(
    client: httpx.Client, face: str, name: str, code: str
) -> None:
    sparse = WHOLE.copy()
    sparse[32:] = 0
    expected = stored(sparse, code)
    base = f"{client.base_url}/{face}/{name}".replace("//" + face, "/" + face)
    driver = "zarr" if name == "old" else "zarr3"
    found = ts.open({"driver": driver, "kvstore": f"{base}/0/"}).result().read().result()
    np.testing.assert_array_equal(found, expected)
    group = zarr.open_group(base, mode="r")
    np.testing.assert_array_equal(group["0"][...], expected)


def test_pinned_addresses_never_change(client: httpx.Client) -> None:
    digest = client.get("/api/volumes/sharded").json()["digest"]
    key = "0/c/0/0/0"
    pinned = client.get(f"/chunks/sharded@{digest}/{key}")
    assert pinned.status_code == 200
    assert "immutable" in pinned.headers["cache-control"]
    assert pinned.content == client.get(f"/chunks/sharded/{key}").content
    assert client.get(f"/chunks/sharded@0000000000000000/{key}").status_code == 410


def test_an_absent_chunk_is_a_404_that_may_be_kept(client: httpx.Client) -> None:
    for face in ("chunks", "zarr"):
        response = client.get(f"/{face}/sharded/0/c/0/0/{'4' if face == 'chunks' else '2'}")
        assert response.status_code == 404
        assert "max-age" in response.headers["cache-control"]


def test_head_and_ranges(client: httpx.Client) -> None:
    for address in ("/zarr/sharded/0/c/0/0/0", "/chunks/sharded/0/c/0/0/0"):
        whole = client.get(address)
        size = len(whole.content)
        head = client.head(address)
        assert head.headers["content-length"] == str(size)
        assert head.content == b""
        assert "content-encoding" not in head.headers
        for header, start, stop in (
            ("bytes=0-0", 0, 1), ("bytes=5-", 5, size), ("bytes=-7", size - 7, size),
            ("bytes=3-99999999", 3, size),
        ):  # fmt: skip
            part = client.get(address, headers={"Range": header})
            assert part.status_code == 206
            assert part.content == whole.content[start:stop]
            assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/{size}"
        for header in (f"bytes={size}-", "bytes=-0"):
            part = client.get(address, headers={"Range": header})
            assert part.status_code == 416
            assert part.headers["content-range"] == f"bytes */{size}"
        for header in ("bytes=5-2", "bytes=a-b", "lines=0-1", "bytes=-", "bytes=0-1,3-4", "bytes=" + "0-0," * 999 + "0-0"):  # fmt: skip
            assert client.get(address, headers={"Range": header}).content == whole.content
        tag = whole.headers["etag"]
        kept = client.get(address, headers={"Range": "bytes=0-0", "If-Range": tag})
        assert kept.status_code == 206
        stale = client.get(address, headers={"Range": "bytes=0-0", "If-Range": '"old"'})
        assert stale.status_code == 200
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_nothing_but_the_array_is_served(client: httpx.Client) -> None:
    for face in ("zarr", "chunks"):
        for key in ("leak", "c", "page.html", "labels.json", "..", "../secret", "0/../../secret",
                    "%2e%2e/secret", "..%2fsecret", "0//zarr.json", "/zarr.json", "0/c/00/0/0",
                    "", "0", "0/", "%00", "zarr.json%00", "~root", "0/c/" + "1/" * 600 + "1"):  # fmt: skip
            response = client.get(f"/{face}/sharded/{key}")
            assert response.status_code in (404, 400), (key, response.status_code)
            assert "hidden" not in response.text
            assert response.headers["content-type"] == "application/problem+json"


def test_raw_paths_do_not_climb(client: httpx.Client) -> None:
    split = urlsplit(str(client.base_url))
    for path in (
        b"/zarr/sharded/../secret",
        b"/zarr/sharded/0/..//../secret",
        b"/zarr/../../etc/passwd",
    ):
        with socket.create_connection((split.hostname, split.port), timeout=10) as raw:
            raw.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = raw.makefile("rb").read()
        assert answer.split(b" ")[1] in (b"404", b"400")


def test_stored_objects_are_read_only(client: httpx.Client) -> None:
    for method in ("POST", "PUT", "DELETE"):
        response = client.request(method, "/zarr/sharded/zarr.json")
        assert response.status_code == 405
        assert response.headers["allow"] == "GET, HEAD"


def test_an_unreadable_object_is_never_a_404(places: list[Path], tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "bad.zarr", [WHOLE], shard=32, chunk=16)
    shard = path / "0" / "c" / "0" / "0" / "0"
    shard.write_bytes(shard.read_bytes()[:-50])
    with serving([path]) as url, httpx.Client(base_url=url) as client:
        assert client.get("/chunks/bad/0/c/0/0/0").status_code == 500
        assert client.get("/tiles/bad/horizontal/3/0/0/0.png").status_code == 500
        assert str(tmp_path) not in client.get("/tiles/bad/horizontal/3/0/0/0.png").text


def test_cors_is_open_and_exposes_what_readers_need(client: httpx.Client) -> None:
    headers = {"Origin": "https://elsewhere.example"}
    for address in ("/zarr/sharded/zarr.json", "/zarr/sharded/none", "/api/volumes", "/api/volumes/x"):  # fmt: skip
        response = client.get(address, headers=headers)
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers
    exposed = client.get("/zarr/sharded/zarr.json", headers=headers).headers["access-control-expose-headers"]  # fmt: skip
    assert {"ETag", "Content-Range"} <= {e.strip() for e in exposed.split(",")}
    preflight = client.options(
        "/zarr/sharded/0/c/0/0/0",
        headers={**headers, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range,if-none-match"},
    )  # fmt: skip
    assert preflight.status_code == 200


@pytest.mark.parametrize(("header", "size", "expected"), [("bytes=0-", 0, None), ("bytes=-5", 0, None), ("bytes= 0-1", 9, (0, -1))])  # fmt: skip
def test_ranges_of_nothing(header: str, size: int, expected: tuple[int, int] | None) -> None:
    assert parse_range(header, size) == expected


def test_a_versioned_address_never_serves_another_version(tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "v.zarr", [WHOLE], shard=32, chunk=16)
    with serving([path]) as url, httpx.Client(base_url=url) as client:
        digest = client.get("/api/volumes/v").json()["digest"]
        address = f"/chunks/v@{digest}/0/c/0/0/0"
        assert client.get(address).status_code == 200
        write_ome_zarr(tmp_path / "v.zarr", [WHOLE[::-1]], shard=32, chunk=16)
        # At once, not when the folders are next looked at.
        assert client.get(address).status_code == 410
        assert client.get("/api/volumes/v").json()["digest"] != digest


def test_hosts_that_are_not_ours(places: list[Path]) -> None:
    with serving(places, allowed_hosts=("localhost", "127.0.0.1")) as url:
        split = urlsplit(url)
        for lines, status in (
            (b"Host: 127.0.0.1:80", b"200"), (b"Host: localhost", b"200"),
            (b"Host: evil.example", b"400"), (b"Host: 127.0.0.1\r\nHost: evil", b"400"), (b"X: y", b"400"),
        ):  # fmt: skip
            with socket.create_connection((split.hostname, split.port), timeout=10) as raw:
                raw.sendall(b"GET /health HTTP/1.1\r\n" + lines + b"\r\nConnection: close\r\n\r\n")
                answer = raw.makefile("rb").read()
            assert answer.split(b" ")[1] == status, lines


def test_nothing_is_sniffed(client: httpx.Client) -> None:
    for address in ("/api/volumes", "/health", "/none", "/tiles/plain/coronal/3/0/0/0.png", "/zarr/plain/zarr.json"):  # fmt: skip
        assert client.get(address).headers.get_list("x-content-type-options") == ["nosniff"]


RANGES = {
    "malformed": "bytes=a-b",
    "another unit": "lines=0-5",
    "backwards": "bytes=9-3",
    "a thousand overlapping": "bytes=" + ",".join(f"{i}-{i + 50}" for i in range(1000)),
    "four thousand apart": "bytes=" + ",".join(f"{4 * i}-{4 * i}" for i in range(4000)),
}


@pytest.mark.parametrize("wanted", RANGES.values(), ids=RANGES)
def test_ranges_that_are_not_one_are_the_whole(http: httpx.Client, wanted: str) -> None:
    """Neither an error, nor an answer that is longer than what it is a part of."""
    for address in ("/", "/icon.svg", "/zarr/icbm152-2009a-sym/zarr.json", "/precomputed/desikan-killiany/mesh/1"):  # fmt: skip
        whole = http.get(address)
        found = http.get(address, headers={"Range": wanted})
        assert (found.status_code, found.content) == (200, whole.content), address
