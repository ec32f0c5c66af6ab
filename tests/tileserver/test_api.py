"""``/api``, ``/health``: shapes, agreement with the source files, failures, the pinned document."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import nibabel as nib
import numpy as np
import psutil
import pytest
from phantoms import SAMPLE

import atlasview
from atlasview import Client
from atlasview.clientline import ServerError
from atlasview.errors import InvalidParameterError, UnreachableError

GOLDEN = Path(__file__).parent.parent / "golden"
TEMPLATE, LABELS, ATLAS = "icbm152-2009a-sym", "desikan-killiany", "icbm152-desikan-killiany"


def source(name: str) -> tuple[np.ndarray, np.ndarray]:
    image = nib.load(SAMPLE / name)
    return np.asarray(image.dataobj), image.affine


def test_a_volume_has_the_shape_that_design_fixes(http: httpx.Client) -> None:
    listed = http.get("/api/volumes").json()["volumes"]
    assert {v["id"] for v in listed} == {TEMPLATE, LABELS}
    for name in (TEMPLATE, LABELS):
        found = http.get(f"/api/volumes/{name}").json()
        assert found == next(v for v in listed if v["id"] == name)
        for key in ("id", "name", "kind", "dtype", "shape", "voxel_size_mm", "affine", "space", "levels", "value_range", "percentiles", "planes", "links", "licence", "citation", "channels"):  # fmt: skip
            assert key in found, key
        for address in (found["links"]["self"], found["links"]["histogram"]):
            assert http.get(address).status_code == 200
    volume = http.get(f"/api/volumes/{TEMPLATE}").json()
    data, affine = source("icbm152_2009a_sym_t1_brain.nii.gz")
    assert volume["shape"] == list(data.shape)
    assert volume["affine"] == affine.tolist()
    assert volume["value_range"] == [int(data.min()), int(data.max())]


def test_values_agree_with_nibabel(http: httpx.Client) -> None:
    rng = np.random.default_rng(11)
    for name, file in ((TEMPLATE, "icbm152_2009a_sym_t1_brain.nii.gz"), (LABELS, "desikan_killiany_dseg.nii.gz")):  # fmt: skip
        data, affine = source(file)
        for _ in range(40):
            voxel = np.array([rng.integers(0, n) for n in data.shape])
            point = affine[:3, :3] @ (voxel + rng.uniform(-0.45, 0.45, 3)) + affine[:3, 3]
            found = http.get(f"/api/volumes/{name}/value", params={"point": ",".join(map(str, point))}).json()  # fmt: skip
            assert found["value"] == data[tuple(voxel)]
            assert found["voxel"] == voxel.tolist()


def test_the_histogram_counts_every_voxel(http: httpx.Client) -> None:
    data, _ = source("icbm152_2009a_sym_t1_brain.nii.gz")
    found = http.get(f"/api/volumes/{TEMPLATE}/histogram").json()
    assert len(found["edges"]) == len(found["counts"]) + 1
    assert sum(found["counts"]) == data.size


def test_regions_at_a_thousand_points_agree_with_nibabel(http: httpx.Client) -> None:
    data, affine = source("desikan_killiany_dseg.nii.gz")
    rng = np.random.default_rng(2)
    points = rng.uniform([-80, -115, -80], [80, 80, 90], (1000, 3))
    index = np.floor(points - affine[:3, 3] + 0.5).astype(int)
    inside = ((index >= 0) & (index < data.shape)).all(axis=1)
    expected = np.where(inside, data[tuple(np.clip(index, 0, np.array(data.shape) - 1).T)], 0)
    found = http.post(f"/api/atlases/{ATLAS}/assign", json={"points": points.tolist()}).json()["items"]  # fmt: skip
    labels = [a["assignments"][0]["region"]["label"] if a["assignments"] else 0 for a in found]
    assert labels == expected.tolist()
    assert sum(1 for v in labels if v) > 100


@pytest.mark.parametrize(
    ("point", "name"),
    [
        ("-26,6,0", "left putamen"),
        ("38,-22,58", "right precentral gyrus"),
        ("-24,-4,-20", "left amygdala"),
        ("0,0,100", None),
    ],
)
def test_known_points(http: httpx.Client, point: str, name: str | None) -> None:
    found = http.get(f"/api/atlases/{ATLAS}/assign", params={"point": point}).json()
    assert found["space"]
    if name is None:
        assert found["assignments"] == []
    else:
        first = found["assignments"][0]
        assert first["region"]["name"] == name
        assert [a["id"] for a in first["ancestors"]] == first["region"]["path"][:-1]


def test_a_region_tells_what_numpy_tells(http: httpx.Client) -> None:
    data, _ = source("desikan_killiany_dseg.nii.gz")
    found = http.get(f"/api/atlases/{ATLAS}/regions/L.putamen").json()
    assert found["volume_mm3"] == (data == 37).sum()
    assert found == http.get(f"/api/atlases/{ATLAS}/regions/37").json()
    x, y, z = found["centroid"]
    there = http.get(f"/api/atlases/{ATLAS}/assign?point={x},{y},{z}").json()
    assert there["assignments"][0]["region"]["id"] == 37
    top = http.get(f"/api/atlases/{ATLAS}/regions/brain").json()
    assert top["volume_mm3"] == (data > 0).sum()
    assert [c["acronym"] for c in top["children"]] == ["ctx", "subctx"]


def test_search_says_why(http: httpx.Client) -> None:
    found = http.get(f"/api/atlases/{ATLAS}/regions?find=hipp&limit=1").json()
    assert [r["acronym"] for r in found["regions"]] == ["L.hippocampus"]
    assert found["regions"][0]["match"] == {"field": "name", "kind": "prefix", "text": "left hippocampus"}  # fmt: skip
    assert found["total"] >= 2


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/volumes/none", 404), ("/api/volumes/none/value?point=1,2,3", 404),
        (f"/api/volumes/{TEMPLATE}/value", 400), (f"/api/volumes/{TEMPLATE}/value?point=1,2", 400),
        (f"/api/volumes/{TEMPLATE}/value?point=a,b,c", 400),
        (f"/api/volumes/{TEMPLATE}/value?point=nan,0,0", 400),
        (f"/api/volumes/{TEMPLATE}/value?point=0,0,1e30", 404),
        (f"/api/volumes/{TEMPLATE}/value?point=0,0,0&pont=1", 400),
        (f"/api/volumes/{TEMPLATE}/value?point=0,0,0&point=1,1,1", 400),
        ("/api/volumes?limit=1", 400), ("/api/atlases/none", 404),
        (f"/api/atlases/{ATLAS}/regions/none", 404),
        (f"/api/atlases/{ATLAS}/regions?limit=0", 400), (f"/api/atlases/{ATLAS}/regions?limit=x", 400),
        (f"/api/atlases/{ATLAS}/regions?find=" + "x" * 201, 400),
        (f"/api/atlases/{ATLAS}/regions?parcellation=none", 404),
        (f"/api/atlases/{ATLAS}/assign", 400), (f"/api/atlases/{ATLAS}/assign?point=1,2,inf", 400),
        ("/nothing/here", 404), ("/api", 404),
    ],
)  # fmt: skip
def test_failures_are_problems(http: httpx.Client, address: str, status: int) -> None:
    response = http.get(address)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert found["status"] == status
    assert "/" not in found["title"]
    assert str(SAMPLE.parent) not in response.text


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"points": []}', b'{"points": [[1,2]]}', b'{"points": [[1,2,"x"]]}', b'{"points": [[1,2,NaN]]}', b'{"points": [[1e400,2,3]]}', b'{"points":[[1,2,3]],"more":1}'],
)  # fmt: skip
def test_bad_bodies_are_problems(http: httpx.Client, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = http.post(f"/api/atlases/{ATLAS}/assign", content=body, headers=headers)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("DELETE", f"/api/atlases/{ATLAS}/assign", {"GET", "HEAD", "POST"}),
        ("PATCH", "/api/volumes", {"GET", "HEAD"}),
        ("PUT", "/", {"GET", "HEAD"}),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(
    http: httpx.Client, method: str, address: str, allowed: set[str]
) -> None:
    response = http.request(method, address)
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == allowed


def test_a_body_over_the_limit_is_refused(http: httpx.Client) -> None:
    response = http.post(f"/api/atlases/{ATLAS}/assign", content=b"[" * (33 << 20))
    assert response.status_code == 413
    points = [[0, 0, 0]] * 100_001
    response = http.post(f"/api/atlases/{ATLAS}/assign", json={"points": points})
    assert response.status_code == 413
    assert response.json()["limit"] == 100_000


def test_long_documents_go_packed_to_who_takes_it(http: httpx.Client) -> None:
    address = f"/api/atlases/{ATLAS}/regions"
    plain = http.get(address, headers={"Accept-Encoding": "identity"})
    packed = http.get(address, headers={"Accept-Encoding": "br;q=1, gzip;q=0.5"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 3
    assert plain.json() == packed.json()
    assert plain.headers["etag"] != packed.headers["etag"]
    for answer in (plain, packed):
        assert "accept-encoding" in answer.headers["vary"].lower()
    again = http.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]})  # fmt: skip
    assert again.status_code == 304
    refused = http.get(address, headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers
    assert "content-encoding" not in http.get("/health").headers


def test_wrong_methods(http: httpx.Client) -> None:
    for method, address in (("POST", "/api/volumes"), ("DELETE", "/health"), ("PUT", "/")):
        response = http.request(method, address)
        assert response.status_code == 405
        assert response.headers["content-type"] == "application/problem+json"


def test_head_everywhere(http: httpx.Client) -> None:
    for address in ("/api/volumes", "/health", "/ready", f"/api/volumes/{TEMPLATE}", "/docs", "/openapi.json"):  # fmt: skip
        identity = {"Accept-Encoding": "identity"}
        get, head = http.get(address, headers=identity), http.head(address, headers=identity)
        assert head.status_code == 200
        assert head.content == b""
        assert head.headers["content-length"] == str(len(get.content))


def test_health_and_readiness(http: httpx.Client) -> None:
    assert http.get("/health").json()["status"] == "ok"
    assert http.get("/ready").json() == {"status": "ready", "volumes": 2, "atlases": 1, "problems": 0}  # fmt: skip


def test_metrics_count_by_face_and_status(http: httpx.Client) -> None:
    def value(line: str) -> float:
        text = http.get("/metrics").text
        return next((float(r.split()[-1]) for r in text.splitlines() if r.startswith(line)), 0.0)

    def counted(face: str) -> float:
        return value(f'atlasview_requests_total{{face="{face}",status="200"}}')

    asked = {
        "tiles": f"/tiles/{TEMPLATE}/horizontal/80/0/0/0.png",
        "chunks": f"/chunks/{TEMPLATE}/zarr.json",
        "zarr": f"/zarr/{TEMPLATE}/zarr.json",
        "precomputed": f"/precomputed/{TEMPLATE}/info",
        "api": "/api/volumes",
    }
    before, other = {face: counted(face) for face in asked}, value('atlasview_requests_total{face="other",status="404"}')  # fmt: skip
    for path in (*asked.values(), "/wp-admin/setup.php"):
        http.get(path)
    assert {face: counted(face) for face in asked} == {face: n + 1 for face, n in before.items()}
    assert value('atlasview_requests_total{face="other",status="404"}') == other + 1
    assert "wp-admin" not in http.get("/metrics").text
    assert 0 < value("atlasview_cache_used_bytes") <= value("atlasview_cache_limit_bytes")


def test_the_client_agrees_with_the_source_files(sample_server: str) -> None:
    data, affine = source("icbm152_2009a_sym_t1_brain.nii.gz")
    with Client(sample_server) as client:
        volume = client.volume(TEMPLATE)
        np.testing.assert_array_equal(volume.read(), data.T)
        box = volume.read(x=(10, 60), y=(100, 131), z=(80, 82))
        np.testing.assert_array_equal(box, data[10:60, 100:131, 80:82].T)
        by_mm = volume.read_mm((-26, 6, 0), (-20, 10, 3))
        low = np.rint(np.linalg.inv(affine)[:3] @ [-26, 6, 0, 1]).astype(int)
        expected = data[low[0] : low[0] + 7, low[1] : low[1] + 5, low[2] : low[2] + 4]
        np.testing.assert_array_equal(by_mm, expected.T)
        assert volume.value((-26, 6, 0)) == data[tuple(low)]
        assert client.tile(TEMPLATE, "horizontal", 80, 0, 0, 0, invert=True).shape == (256, 256, 4)
        assert client.assign(ATLAS, [-26, 6, 0])[0]["assignments"][0]["region"]["id"] == 37
        assert client.region(ATLAS, "L.putamen")["id"] == 37
        assert client.regions(ATLAS, "hipp")[0]["acronym"] == "L.hippocampus"
        assert len(client.regions(ATLAS)) == 95
        assert len(client.volumes()) == 2
        assert len(client.atlases()) == 1
        with pytest.raises(ServerError, match="There is no volume 'none'"):
            client.volume("none")


def test_the_client_says_what_is_wrong(sample_server: str) -> None:
    with pytest.raises(InvalidParameterError, match="it begins with http"):
        Client(sample_server.removeprefix("http://"))
    with Client(sample_server) as client:
        assert client.assign(ATLAS, []) == []
        with pytest.raises(InvalidParameterError, match="coordinates are finite"):
            client.assign(ATLAS, [[0, 0, 0], [np.nan, 0, 0]])
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with Client(url) as client, pytest.raises(UnreachableError, match=url):
        client.volumes()


def test_the_surface_is_pinned(http: httpx.Client) -> None:
    """A change of the OpenAPI document or of ``atlasview.__all__`` is made on purpose.

    Run the tests with ``ATLASVIEW_UPDATE_GOLDEN=1`` to write it anew.
    """
    document = http.get("/openapi.json").json()
    document["info"]["version"] = "*"
    for name, found in (("openapi.json", document), ("public.json", sorted(atlasview.__all__))):
        text = json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        if os.environ.get("ATLASVIEW_UPDATE_GOLDEN"):
            (GOLDEN / name).write_text(text, encoding="utf-8")
        assert (GOLDEN / name).read_text(encoding="utf-8") == text, f"{name} changed"


@pytest.mark.parametrize("text", ["+1", " 1", "1.0", "01", "1_0", "1e1", "", "٣", "1" * 40])
def test_whole_numbers_have_one_spelling(http: httpx.Client, text: str) -> None:
    for path in (
        "/api/atlases/icbm152-desikan-killiany/regions",
        "/api/annotations/none/items",
        "/api/views",
    ):
        response = http.get(path, params={"limit": text})
        assert response.status_code == 400, path
        assert response.json()["parameter"] == "limit"


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_stops_well(
    sample_library: Path, workers: str, told: signal.Signals
) -> None:
    command = [sys.executable, "-m", "atlasview.cli", "serve", str(sample_library), "--no-browser"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--workers", workers],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert "AtlasView is at" in process.stdout.readline()
    process.send_signal(told)
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 0, complaints
    assert "Traceback" not in complaints


def test_a_worker_that_dies_is_told_and_replaced(sample_library: Path) -> None:
    command = [sys.executable, "-m", "atlasview.cli", "serve", str(sample_library), "--no-browser"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--workers", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "AtlasView is at" in process.stdout.readline()
        children = psutil.Process(process.pid).children()
        worker = next(c for c in children if "spawn_main" in " ".join(c.cmdline()))
        worker.kill()
        assert any(f"Worker {worker.pid} died" in line for line in process.stderr)
    finally:
        process.terminate()
        process.communicate(timeout=60)
