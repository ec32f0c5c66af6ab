"""``/precomputed`` read by cloud-volume and TensorStore, and poked at by hand."""

from __future__ import annotations

import gzip
import socket
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
import tensorstore as ts
from phantoms import SAMPLE, encoded, half, write_ome_zarr
from serving import serving

from tileserver.caching import accepts

SHAPE = (71, 43, 53)
PLACE = np.diag([0.02, 0.02, 0.04, 1])
#: volume → dtype, stored orientation, labels, what a reader is given
VOLUMES: dict[str, tuple[str, str, bool, str]] = {
    "u8": ("uint8", "SAR", False, "uint8"), "i8": ("int8", "RAS", False, "int8"),
    "i16": ("int16", "LPI", False, "int16"), "u16": ("uint16", "PIR", False, "uint16"),
    "i32": ("int32", "AIL", False, "int32"), "u32": ("uint32", "SAR", False, "uint32"),
    "u64": ("uint64", "ILP", False, "uint64"), "f32": ("float32", "RPI", False, "float32"),
    "f16": ("float16", "SAR", False, "float32"), "bool": ("bool", "SPR", False, "uint8"),
    "l8": ("uint8", "SAR", True, "uint8"), "l16": ("uint16", "LPS", True, "uint16"),
    "l32": ("uint32", "PIR", True, "uint32"), "l64": ("uint64", "SAL", True, "uint64"),
    "li16": ("int16", "SAR", True, "int16"), "li64": ("int64", "ASR", True, "uint64"),
}  # fmt: skip
TEMPLATE, LABELS = "icbm152-2009a-sym", "desikan-killiany"


def values(dtype: str, labels: bool = False) -> np.ndarray[Any, Any]:
    whole = encoded(SHAPE, "uint32")
    if dtype == "bool":
        return whole % 3 == 0
    if labels:
        whole = whole // 977  # few in a block, as labels are
    if dtype.endswith("64"):
        return whole.astype(dtype) + np.array(1 << 60, dtype)
    if dtype.startswith("float"):
        return (whole % 1021).astype(dtype) / np.array(4, dtype)
    return whole.astype(dtype)


def smooth() -> np.ndarray[Any, Any]:
    x, y, z = np.indices(SHAPE)
    return (100 + 60 * np.sin(x / 9) + 40 * np.cos(y / 7) + z / 3).astype(np.uint8)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("precomputed")
    out = [
        write_ome_zarr(root / f"{name}.zarr", [w := values(dtype, labels), half(w)], affine=PLACE, code=code, labels=labels, chunk=24)
        for name, (dtype, code, labels, _) in VOLUMES.items()
    ]  # fmt: skip
    gap = values("uint8")
    gap[:24, :24, :24] = 0
    gap[24:48, :24, :24] = 9
    image = smooth()
    out += [
        write_ome_zarr(root / "rgb.zarr", [np.empty(SHAPE), np.empty((36, 22, 27))], channels=[[image + i for i in range(3)], [half(image) + i for i in range(3)]], code="PIR", chunk=24),
        write_ome_zarr(root / "smooth.zarr", [image, half(image)], code="LPI", chunk=24, shard=48),
        write_ome_zarr(root / "gap.zarr", [gap], chunk=24),
        write_ome_zarr(root / "old.zarr", [gap], chunk=24, version="0.4"),
        write_ome_zarr(root / "f64.zarr", [values("float64")]),
        write_ome_zarr(root / "oddly.jpeg.zarr", [gap]),
    ]  # fmt: skip
    return out


@pytest.fixture(scope="module")
def client(places: list[Path]) -> Iterator[httpx.Client]:
    with serving(places) as url, httpx.Client(base_url=url, timeout=60) as found:
        yield found


def base(client: httpx.Client) -> str:
    return str(client.base_url).rstrip("/")


def by_tensorstore(client: httpx.Client, name: str, mip: int) -> np.ndarray[Any, Any]:
    spec = {"driver": "neuroglancer_precomputed", "kvstore": f"{base(client)}/precomputed/{name}/", "scale_index": mip}  # fmt: skip
    return np.asarray(ts.open(spec).result().read().result())


def by_cloud_volume(client: httpx.Client, name: str, mip: int) -> np.ndarray[Any, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what cloud-volume and its parts warn of is theirs
        from cloudvolume import CloudVolume

        address = f"precomputed://{base(client)}/precomputed/{name}"
        volume = CloudVolume(address, mip=mip, progress=False, use_https=False, parallel=1)
        return np.asarray(volume[:, :, :])


READERS = {"tensorstore": by_tensorstore, "cloud-volume": by_cloud_volume}


@pytest.mark.parametrize("reader", list(READERS))
@pytest.mark.parametrize("name", list(VOLUMES))
def test_foreign_clients_read_every_mip(client: httpx.Client, name: str, reader: str) -> None:
    dtype, _, labels, given = VOLUMES[name]
    whole = values(dtype, labels)
    for mip, expected in enumerate((whole, half(whole))):
        found = READERS[reader](client, name, mip)
        assert found.dtype == given
        np.testing.assert_array_equal(found[..., 0], expected)


@pytest.mark.parametrize("reader", list(READERS))
def test_channels_and_absent_chunks(client: httpx.Client, reader: str) -> None:
    for mip, image in enumerate((smooth(), half(smooth()))):
        expected = np.stack([image + i for i in range(3)], axis=-1)
        np.testing.assert_array_equal(READERS[reader](client, "rgb", mip), expected)
    gap = values("uint8")
    gap[:24, :24, :24] = 0
    gap[24:48, :24, :24] = 9
    for name in ("gap", "old"):
        np.testing.assert_array_equal(READERS[reader](client, name, 0)[..., 0], gap)


@pytest.mark.parametrize("reader", list(READERS))
def test_the_lossy_face_is_near(client: httpx.Client, reader: str) -> None:
    for mip, image in enumerate((smooth(), half(smooth()))):
        found = READERS[reader](client, "smooth.jpeg", mip)[..., 0].astype(int)
        assert np.abs(found - image).max() <= 24
        assert np.abs(found - image).mean() < 2
        if reader == "cloud-volume":
            continue  # it takes the colours of a pixel for those of three neighbours
        colours = READERS[reader](client, "rgb.jpeg", mip).astype(int)
        expected = np.stack([image + i for i in range(3)], axis=-1)
        assert np.abs(colours - expected).max() <= 24
        assert np.abs(colours - expected).mean() < 2


@pytest.mark.parametrize("reader", list(READERS))
def test_the_sample_brain(http: httpx.Client, reader: str) -> None:
    import nibabel as nib

    for name, file in ((TEMPLATE, "icbm152_2009a_sym_t1_brain"), (LABELS, "desikan_killiany_dseg")):
        data = np.asarray(nib.load(SAMPLE / f"{file}.nii.gz").dataobj)
        np.testing.assert_array_equal(READERS[reader](http, name, 0)[..., 0], data)


def test_segment_properties_of_the_sample(http: httpx.Client) -> None:
    info = http.get(f"/precomputed/{LABELS}/info").json()
    assert info["type"] == "segmentation"
    found = http.get(f"/precomputed/{LABELS}/{info['segment_properties']}/info")
    assert found.status_code == 200
    inline = found.json()["inline"]
    label, description, tags = inline["properties"]
    at = inline["ids"].index("37")
    assert label["values"][at] == "left putamen"
    assert description["values"][at] == "L.putamen"
    assert {"brain", "subctx"} <= {tags["tags"][i] for i in tags["values"][at]}
    assert "segment_properties" not in http.get(f"/precomputed/{TEMPLATE}/info").json()
    assert http.get(f"/precomputed/{TEMPLATE}/segment_properties/info").status_code == 404
    described = http.get(f"/api/volumes/{LABELS}").json()
    assert http.get(described["links"]["precomputed"] + "info").json() == info


def test_gzip_where_it_helps(client: httpx.Client) -> None:
    chunk = "0/0-24_0-24_0-24"
    for name, packed in (("l32", True), ("l16", True), ("gap", True), ("u8", False), ("f32", False)):  # fmt: skip
        plain = client.get(f"/precomputed/{name}/{chunk}", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        with client.stream("GET", f"/precomputed/{name}/{chunk}", headers={"Accept-Encoding": "br, gzip;q=0.5"}) as response:  # fmt: skip
            raw = b"".join(response.iter_raw())
        assert response.headers.get("content-encoding") == ("gzip" if packed else None)
        assert int(response.headers["content-length"]) == len(raw)
        assert (gzip.decompress(raw) if packed else raw) == plain.content
        for answer in (plain, response):
            assert "Accept-Encoding" in answer.headers["vary"]
        same = plain.headers["etag"] == response.headers["etag"]
        assert same is not packed
        for answer in (plain, response):
            tag = answer.headers["etag"]
            again = client.get(f"/precomputed/{name}/{chunk}", headers={"If-None-Match": tag})
            assert again.status_code == 304
            assert again.headers["etag"] == tag
            assert again.content == b""
    none = client.get(f"/precomputed/l32/{chunk}", headers={"Accept-Encoding": "gzip;q=0, br"})
    assert "content-encoding" not in none.headers


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        (None, False), ("", False), ("gzip", True), ("GZIP", True), ("deflate, gzip", True),
        ("gzip;q=0", False), ("gzip; q=0.000", False), ("gzip;q=0.001", True), ("*", True),
        ("*;q=0", False), ("*, gzip;q=0", False), ("identity", False), ("gzip;level=9", True),
    ],
)  # fmt: skip
def test_accept_encoding(header: str | None, takes: bool) -> None:
    assert accepts(header, "gzip") is takes


def test_head_is_as_get(client: httpx.Client) -> None:
    for address in ("u8/info", "u8/0/0-24_0-24_0-24", "l32/0/0-24_0-24_0-24", "smooth.jpeg/0/0-24_0-24_0-24"):  # fmt: skip
        with client.stream("GET", f"/precomputed/{address}") as got:
            size = len(b"".join(got.iter_raw()))
        head = client.head(f"/precomputed/{address}")
        assert head.status_code == 200
        assert int(head.headers["content-length"]) == size
        assert head.headers["etag"] == got.headers["etag"]
        assert head.content == b""
    picture = client.get("/precomputed/smooth.jpeg/0/0-24_0-24_0-24")
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content[:3] == b"\xff\xd8\xff"


def test_pinned_addresses_never_change(client: httpx.Client) -> None:
    digest = client.get("/api/volumes/u8").json()["digest"]
    chunk = "0/0-24_0-24_0-24"
    pinned = client.get(f"/precomputed/u8@{digest}/{chunk}")
    assert "immutable" in pinned.headers["cache-control"]
    assert pinned.content == client.get(f"/precomputed/u8/{chunk}").content
    assert client.get(f"/precomputed/u8@{digest}/info").json() == client.get("/precomputed/u8/info").json()  # fmt: skip
    lossy = client.get("/api/volumes/smooth").json()["digest"]
    assert client.get(f"/precomputed/smooth.jpeg@{lossy}/{chunk}").status_code == 200
    assert client.get(f"/precomputed/u8@0000000000000000/{chunk}").status_code == 410


def test_what_the_format_cannot_say_is_refused_with_why(client: httpx.Client) -> None:
    for address, why in (
        ("f64/info", "float64"), ("f64/0/0-24_0-24_0-24", "float64"), ("u16.jpeg/info", "uint16"),
        ("l8.jpeg/info", "labels"),
    ):  # fmt: skip
        response = client.get(f"/precomputed/{address}")
        assert response.status_code == 400
        assert response.headers["content-type"] == "application/problem+json"
        assert why in response.json()["detail"]
    # a volume that is itself called so is no lossy face
    assert client.get("/precomputed/oddly.jpeg/info").json()["scales"][0]["encoding"] == "raw"
    assert client.get("/precomputed/oddly.jpeg.jpeg/info").json()["scales"][0]["encoding"] == "jpeg"


def test_only_what_is_there_is_answered(client: httpx.Client) -> None:
    for key in ("", "info/", "Info", "0", "0/", "0/info", "2/0-24_0-24_0-24", "00/0-24_0-24_0-24",
                "-1/0-24_0-24_0-24", "0/0-24_0-24_0-25", "0/1-25_0-24_0-24", "0/0-24_0-24_48-72",
                "0/0-24_0-24_0-24/", "0//0-24_0-24_0-24", "0/0-24_0-24_0-24.gz", "..", "../info",
                "%2e%2e/info", "0%2f0-24_0-24_0-24%00", "x" * 10_000, "0/" + "9" * 10_000,
                "0/٠-24_0-24_0-24", "nan/0-24_0-24_0-24", "0/nan-inf_0-24_0-24", "provenance",
                "segment_properties/info", "segment_properties", "mesh"):  # fmt: skip
        response = client.get(f"/precomputed/u8/{key}")
        assert response.status_code == 404, key
        assert response.headers["content-type"] == "application/problem+json"
    for name in ("none", "none.jpeg", ".jpeg", "", "@", "u8.png", "x" * 10_000):
        assert client.get(f"/precomputed/{name}/info").status_code == 404
    assert client.get("/precomputed/u8/info?more=1").status_code == 400
    for method in ("POST", "PUT", "DELETE"):
        response = client.request(method, "/precomputed/u8/info")
        assert response.status_code == 405
        assert response.headers["allow"] == "GET, HEAD"


def test_raw_paths_do_not_climb(client: httpx.Client) -> None:
    split = urlsplit(base(client))
    for path in (
        b"/precomputed/u8/../../etc/passwd",
        b"/precomputed/../u8/info",
        b"/precomputed//",
    ):
        with socket.create_connection((split.hostname, split.port), timeout=10) as raw:
            raw.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = raw.makefile("rb").read()
        assert answer.split(b" ")[1] == b"404"


def test_an_unreadable_chunk_is_never_a_404(tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "bad.zarr", [values("uint16")], chunk=24)
    (path / "0" / "c" / "0" / "0" / "0").write_bytes(b"nonsense")
    with serving([path]) as url, httpx.Client(base_url=url) as client:
        response = client.get("/precomputed/bad/0/0-24_0-24_0-24")
        assert response.status_code == 500
        assert str(tmp_path) not in response.text
        assert "etag" not in response.headers
        assert client.get("/precomputed/bad/0/24-48_0-24_0-24").status_code == 200


def test_cors_is_open(client: httpx.Client) -> None:
    for address in ("u8/info", "u8/0/0-24_0-24_0-24", "u8/none", "none/info", "l32/0/0-24_0-24_0-24"):  # fmt: skip
        response = client.get(f"/precomputed/{address}", headers={"Origin": "https://a.example"})
        assert response.headers["access-control-allow-origin"] == "*"


def test_a_human_brain_at_one_micrometre(tmp_path: Path) -> None:
    import zarr

    path = write_ome_zarr(tmp_path / "vast.zarr", [np.zeros((4, 4, 4), np.uint8)])
    group = zarr.open_group(path, mode="a")
    shape = (131_440, 148_080, 120_800)
    array = group.create_array("0", shape=shape, dtype="uint8", chunks=(64,) * 3, fill_value=5, dimension_names=list("zyx"), overwrite=True)  # fmt: skip
    array[-3:, -3:, -3:] = 7
    with serving([path]) as url, httpx.Client(base_url=url) as client:
        end = "120768-120800_148032-148080_131392-131440"
        found = client.get(f"/precomputed/vast/0/{end}").content
        expected = np.full((48, 48, 32), 5, np.uint8)
        expected[-3:, -3:, -3:] = 7
        assert found == expected.tobytes()
        # a fill value that is not 0 is sent, not left for the reader to make up
        assert set(client.get("/precomputed/vast/0/64-128_0-64_0-64").content) == {5}
