"""Volumes that lie elsewhere, in other formats: every face, and stores that fail."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import httpx
import numpy as np
import pytest
import tensorstore as ts
from moto.server import ThreadedMotoServer
from phantoms import half, picture, window, write_ome_zarr
from PIL import Image
from serving import serving, serving_apart

from atlasview.errors import StorageError
from atlasview.opening import open_volume

SIZE = (1.5, 2.0, 2.5)  # mm
OFFSET = (-10, 4, 6)  # voxels


def brain() -> np.ndarray:
    rng = np.random.default_rng(9)
    out = rng.integers(1, 60000, (70, 50, 40)).astype(np.uint16)
    out[:16] = 0
    return out


class Files(SimpleHTTPRequestHandler):
    """Static files with Range, which the standard library's handler lacks; may be told to misbehave."""

    mood: Callable[[str], int | None] = staticmethod(lambda path: None)  # type: ignore[assignment]

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        status = type(self).mood(self.path)
        if status:
            self.send_error(status)
            return
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        wanted = self.headers.get("Range")
        if wanted:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start = int(first) if first else max(0, len(body) - int(last))
            stop = int(last) + 1 if first and last else len(body)
            part = body[start:stop]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(body)}")
        else:
            part = body
            self.send_response(200)
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)


class Host:
    """A web server over a folder."""

    def __init__(self, root: Path) -> None:
        self.handler = type("Handler", (Files,), {})
        self.server = ThreadingHTTPServer(
            ("127.0.0.1", 0), partial(self.handler, directory=str(root))
        )  # type: ignore[arg-type]
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Host, Path]]:
    """One brain as OME-Zarr, precomputed and N5 behind a web server."""
    root = tmp_path_factory.mktemp("elsewhere")
    levels = [brain(), half(brain())]
    affine = np.diag([*SIZE, 1.0])
    affine[:3, 3] = [(o + 0.5) * s for o, s in zip(OFFSET, SIZE, strict=True)]
    write_ome_zarr(root / "ome.zarr", levels, affine=affine, shard=32, chunk=16, code="LPI")
    for index, level in enumerate(levels):
        store = ts.open(
            {
                "driver": "neuroglancer_precomputed",
                "kvstore": {"driver": "file", "path": f"{root}/pre/"},
                "multiscale_metadata": {"type": "image", "data_type": "uint16", "num_channels": 1},
                "scale_metadata": {
                    "key": f"{index}",
                    "size": level.shape,
                    "resolution": [s * 1e6 * 2**index for s in SIZE],
                    "voxel_offset": [o >> index for o in OFFSET],
                    "chunk_size": [16, 16, 16],
                    "encoding": "raw",
                },
                "create": True,
            }
        ).result()
        store[..., 0].write(level).result()
        store = ts.open(
            {
                "driver": "n5",
                "kvstore": {"driver": "file", "path": f"{root}/n5/s{index}/"},
                "metadata": {"dimensions": level.shape, "blockSize": [16, 16, 16], "dataType": "uint16", "compression": {"type": "gzip"}},
                "create": True,
            }
        ).result()  # fmt: skip
        store.write(level).result()
        attributes = root / f"n5/s{index}/attributes.json"
        document = json.loads(attributes.read_text())
        document["downsamplingFactors"] = [2**index] * 3
        attributes.write_text(json.dumps(document))
    (root / "n5/attributes.json").write_text(json.dumps({"n5": "2.0.0", "pixelResolution": {"unit": "mm", "dimensions": SIZE}}))  # fmt: skip
    host = Host(root)
    yield host, root
    host.close()


def catalog(path: Path, url: str, **more: str) -> Path:
    shift = [(o + 0.5) * s for o, s in zip(OFFSET, SIZE, strict=True)]
    rows = [[s if i == j else 0.0 for j in range(3)] + [shift[i]] for i, s in enumerate(SIZE)]
    path.write_text(
        f"""
[[volume]]
id = "ome"
location = "{url}/ome.zarr"

[[volume]]
id = "pre"
location = "{url}/pre"
format = "precomputed"
licence = "CC0"

[[volume]]
id = "n5"
location = "{url}/n5"
format = "n5"
affine = {[*rows, [0.0, 0.0, 0.0, 1.0]]}
"""
    )
    return path


@pytest.fixture(scope="module")
def client(
    elsewhere: tuple[Host, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    path = catalog(tmp_path_factory.mktemp("c") / "catalog.toml", elsewhere[0].url)
    with serving([path]) as url, httpx.Client(base_url=url, timeout=60) as found:
        yield found


NAMES = ("ome", "pre", "n5")


@pytest.mark.parametrize("name", NAMES)
def test_remote_volumes_have_every_face(client: httpx.Client, name: str) -> None:
    info = client.get(f"/api/volumes/{name}").json()
    assert info["shape"] == [70, 50, 40]
    np.testing.assert_allclose(info["voxel_size_mm"], SIZE)
    first = [(o + 0.5) * s for o, s in zip(OFFSET, SIZE, strict=True)]
    np.testing.assert_allclose(np.array(info["affine"])[:3, 3], first)
    whole = brain()
    for plane, index in (("horizontal", 11), ("coronal", 30), ("sagittal", 40)):
        response = client.get(f"/tiles/{name}/{plane}/{index}/0/0/0.png?window=0,60000")
        with Image.open(io.BytesIO(response.content)) as image:
            tile = np.asarray(image.convert("RGBA"))
        expected = window(picture(whole, plane, index), 0, 60000)
        np.testing.assert_array_equal(tile[: expected.shape[0], : expected.shape[1], 0], expected)
    at = np.array(info["affine"]) @ [40, 20, 10, 1]
    value = client.get(f"/api/volumes/{name}/value", params={"point": ",".join(map(str, at[:3]))})
    assert value.json()["value"] == whole[40, 20, 10]
    assert client.get(f"/planes/{name}.png?right=1,0.3,0&down=0,0,-1").status_code == 200
    assert client.get(f"/api/volumes/{name}/histogram").status_code == 200


def test_an_address_that_the_catalogue_names_is_opened(
    client: httpx.Client, elsewhere: tuple[Host, Path]
) -> None:
    response = client.get("/open", params={"url": f"{elsewhere[0].url}/ome.zarr/|zarr3:"})
    assert response.status_code == 307
    assert response.headers["location"] == "/#v=1&vol=ome"


@pytest.fixture(scope="module")
def apart(elsewhere: tuple[Host, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server in a process of its own, so that TensorStore's threads are not shared with it."""
    path = catalog(tmp_path_factory.mktemp("c") / "catalog.toml", elsewhere[0].url)
    with serving_apart([path]) as url:
        yield url


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("face", ["zarr", "chunks"])
def test_remote_volumes_are_read_as_zarr(apart: str, name: str, face: str) -> None:
    from atlasview.geometry import Box
    from atlasview.opening import open_volume
    from atlasview.volume import read

    volume = open_volume(f"{apart}/{face}/{name}")
    for level, expected in zip(volume.levels, (brain(), half(brain())), strict=True):
        np.testing.assert_array_equal(read(level, Box((0, 0, 0), level.shape)), expected.T)
    np.testing.assert_allclose(volume.affine[:3, 3], [(o + 0.5) * s for o, s in zip(OFFSET, SIZE, strict=True)])  # fmt: skip


def test_a_store_that_fails_now_and_then_is_asked_again(
    elsewhere: tuple[Host, Path], tmp_path: Path
) -> None:
    host = Host(elsewhere[1])
    seen: dict[str, int] = {}

    def moody(path: str) -> int | None:
        seen[path] = seen.get(path, 0) + 1
        return 503 if seen[path] % 2 else None

    host.handler.mood = staticmethod(moody)  # type: ignore[attr-defined]
    try:
        with serving([catalog(tmp_path / "catalog.toml", host.url)]) as url, httpx.Client(base_url=url, timeout=60) as client:  # fmt: skip
            response = client.get("/tiles/pre/horizontal/11/0/0/0.png?window=0,60000")
            assert response.status_code == 200
            with Image.open(io.BytesIO(response.content)) as image:
                tile = np.asarray(image.convert("RGBA"))
            expected = window(picture(brain(), "horizontal", 11), 0, 60000)
            np.testing.assert_array_equal(tile[:50, :70, 0], expected)
    finally:
        host.close()


def test_a_slow_store_holds_up_nobody_else(elsewhere: tuple[Host, Path], tmp_path: Path) -> None:
    host = Host(elsewhere[1])
    gate = threading.Event()

    def slow(path: str) -> None:
        if "/c/" in path:
            gate.wait(20)

    host.handler.mood = staticmethod(slow)  # type: ignore[attr-defined]
    local = write_ome_zarr(tmp_path / "near.zarr", [brain()])
    try:
        with serving([catalog(tmp_path / "catalog.toml", host.url), local]) as url, httpx.Client(base_url=url, timeout=60) as client:  # fmt: skip
            answers: list[int] = []
            far = threading.Thread(target=lambda: answers.append(httpx.get(f"{url}/tiles/ome/horizontal/11/0/0/0.png", timeout=60).status_code))  # fmt: skip
            far.start()
            assert client.get("/tiles/near/horizontal/11/0/0/0.png").status_code == 200
            assert client.get("/health").status_code == 200
            assert answers == []
            gate.set()
            far.join(60)
            assert answers == [200]
    finally:
        gate.set()
        host.close()


def test_a_store_that_breaks_is_never_empty_brain(
    elsewhere: tuple[Host, Path], tmp_path: Path
) -> None:
    host = Host(elsewhere[1])
    try:
        with serving([catalog(tmp_path / "catalog.toml", host.url)]) as url, httpx.Client(base_url=url, timeout=90) as client:  # fmt: skip
            host.handler.mood = staticmethod(lambda path: 503)  # type: ignore[attr-defined]
            for address in ("/tiles/pre/horizontal/30/0/0/0.png", "/chunks/ome/0/c/1/1/1"):
                response = client.get(address)
                assert response.status_code == 503
                assert int(response.headers["retry-after"]) > 0
                assert response.headers["content-type"] == "application/problem+json"
                assert host.url not in response.text
            host.handler.mood = staticmethod(lambda path: None)  # type: ignore[attr-defined]
            assert client.get("/tiles/pre/horizontal/30/0/0/0.png").status_code == 200
    finally:
        host.close()


@pytest.mark.parametrize("status", [301, 307])
def test_a_store_that_sends_elsewhere_is_not_followed(tmp_path: Path, status: int) -> None:
    asked: list[str] = []

    class SendsOn(Files):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/secret/zarr.json")  # type: ignore[attr-defined]  # fmt: skip
            self.send_header("Content-Length", "0")
            self.end_headers()

    host = Host(tmp_path)
    host.server.RequestHandlerClass = SendsOn
    try:
        with pytest.raises(StorageError, match=rf"redirect \(HTTP {status}\).*name the address"):
            open_volume(f"{host.url}/brain.zarr")
    finally:
        host.close()
    assert asked
    assert not any("secret" in path for path in asked)


def test_a_store_that_is_down_at_the_start_comes_back(
    elsewhere: tuple[Host, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tileserver.catalog._AGAIN", 0.1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = catalog(tmp_path / "catalog.toml", f"http://127.0.0.1:{port}")
    with serving([path]) as url, httpx.Client(base_url=url, timeout=90) as client:
        response = client.get("/tiles/pre/horizontal/11/0/0/0.png")
        assert response.status_code == 503
        assert response.headers["retry-after"]
        assert client.get("/api/volumes/none").status_code == 404
        assert client.get("/health").status_code == 200
        assert client.get("/ready").json()["problems"] == 3
        handler = type("Handler", (Files,), {})
        server = ThreadingHTTPServer(
            ("127.0.0.1", port), partial(handler, directory=str(elsewhere[1]))
        )  # type: ignore[arg-type]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            end = time.monotonic() + 30
            while (status := client.get("/tiles/pre/horizontal/11/0/0/0.png").status_code) == 503:
                assert time.monotonic() < end
            assert status == 200
        finally:
            server.shutdown()
            server.server_close()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x", "TOML"), ("", "[[volume]]"), ("[[volume]]\n", "no id"),
        ('[[volume]]\nid="A"\n', "cannot be used"), ('[[volume]]\nid="a"\n', "no location"),
        ('[[volume]]\nid="a"\nlocation="ftp://x"\n', "location begins"),
        ('[[volume]]\nid="a"\nlocation="https://x"\nformat="doc"\n', "format is one of"),
        ('[[volume]]\nid="a"\nlocation="https://x"\nkind="x"\n', "kind is"),
        ('[[volume]]\nid="a"\nlocation="https://x"\naffine=[1]\n', "four rows"),
        ('[[volume]]\nid="a"\nlocation="https://x"\nwhat=1\n', "no key 'what'"),
        ('[[volume]]\nid="a"\nlocation=3\n', "not text"),
        ('[[volume]]\nid="a"\nlocation="https://x"\n[[volume]]\nid="a"\nlocation="https://y"\n', "twice"),
    ],
)  # fmt: skip
def test_a_catalogue_that_cannot_be_meant(tmp_path: Path, text: str, reason: str) -> None:
    from atlasview.catalogfile import read_catalog
    from atlasview.errors import LibraryError

    path = tmp_path / "catalog.toml"
    path.write_text(text)
    with pytest.raises(LibraryError, match=reason.replace("[", r"\[").replace("]", r"\]")):
        read_catalog(path)


def test_an_s3_store_on_loopback(elsewhere: tuple[Host, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
        s3.create_bucket(Bucket="brains")
        root = elsewhere[1]
        for file in (root / "ome.zarr").rglob("*"):
            if file.is_file():
                s3.upload_file(str(file), "brains", f"x/{file.relative_to(root)}")
        path = tmp_path / "catalog.toml"
        path.write_text(f'[[volume]]\nid="s3"\nlocation="s3://brains/x/ome.zarr"\nendpoint="{endpoint}"\n')  # fmt: skip
        with serving([path]) as url, httpx.Client(base_url=url, timeout=60) as client:
            response = client.get("/tiles/s3/horizontal/11/0/0/0.png?window=0,60000")
            with Image.open(io.BytesIO(response.content)) as image:
                tile = np.asarray(image.convert("RGBA"))
            np.testing.assert_array_equal(tile[:50, :70, 0], window(picture(brain(), "horizontal", 11), 0, 60000))  # fmt: skip
            assert client.get("/chunks/s3/0/c/0/0/0").status_code in (200, 404)
    finally:
        server.stop()
