"""Sources at addresses and volumes in an S3 bucket, against a real store on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import httpx
import numpy as np
import pytest
import tensorstore as ts
from moto.server import ThreadedMotoServer
from phantoms import encoded, half, write_ome_zarr
from PIL import Image
from serving import serving

from atlasview.errors import InvalidParameterError, LibraryError, SourceError
from atlasview.geometry import Box
from atlasview.ingest import ingest_volume, lease
from atlasview.ingest.address import Address
from atlasview.ingest.bucketplace import BucketPlace
from atlasview.ingest.verify import verify_volume
from atlasview.opening import open_volume
from atlasview.volume import read

from .brains import affine_of, attributes, levels, save_nifti
from .commands import ROOT, end, ingest, running, steps, tree, workers_of

SECRET = "nobodymayseethis"
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """An empty bucket, whose address and credentials stand in the environment only."""
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": SECRET, "TMPDIR": str(tmp_path / "tmp"),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="brains")
    yield client
    for key in stored(client):
        client.delete_object(Bucket="brains", Key=key)
    client.delete_bucket(Bucket="brains")


def stored(s3: Any, prefix: str = "") -> dict[str, bytes]:
    """All objects that begin so, by what follows."""
    found = s3.get_paginator("list_objects_v2").paginate(Bucket="brains", Prefix=prefix)
    keys = [entry["Key"] for page in found for entry in page.get("Contents", ())]
    return {
        key.removeprefix(prefix): s3.get_object(Bucket="brains", Key=key)["Body"].read()
        for key in keys
    }


def upload(s3: Any, folder: Path, prefix: str) -> None:
    for name, data in tree(folder).items():
        s3.put_object(Bucket="brains", Key=f"{prefix}/{name}", Body=data)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    voxels = np.random.default_rng(0).integers(0, 40, (1030, 600, 130)).astype(np.uint8)
    source = save_nifti(folder / "a.nii", voxels, affine_of("LAS"))
    return source, tree(ingest_volume(source, folder / "a.ome.zarr"))


def a_block_is_kept(process: subprocess.Popen[str], s3: Any, prefix: str) -> None:
    """Wait for the first; what is told comes twice a second, when all may be done."""
    while not stored_names(s3, prefix, "npz"):
        assert process.poll() is None
        time.sleep(0.005)


def test_killed_on_its_way_into_a_bucket_it_goes_on_and_is_served(undisturbed, s3, tmp_path):
    source, whole = undisturbed
    output = "s3://brains/lab/a.ome.zarr"
    line = ingest(source, "--output", output)
    with running(line) as process:
        a_block_is_kept(process, s3, "lab/.a.ome.zarr.partial")
        process.kill()
    assert "lab/a.ome.zarr/zarr.json" not in stored_names(s3)
    with running(line) as process:
        told = list(steps(process))
        code, said = end(process)
    assert code == 0, said
    assert 0 < told[0]["done"] < told[0]["total"] == told[-1]["done"]
    assert stored(s3, "lab/a.ome.zarr/") == whole
    assert set(stored_names(s3)) == {f"lab/a.ome.zarr/{name}" for name in whole}
    assert not [p for p in (tmp_path / "tmp").rglob("*") if p.is_file()]
    assert SECRET not in said

    catalog = tmp_path / "catalog.toml"
    catalog.write_text(said.partition("\n\n")[2])
    with serving([catalog]) as url:
        assert httpx.get(f"{url}/zarr/a/zarr.json").content == whole["zarr.json"]
        assert httpx.get(f"{url}/tiles/a/coronal/9/0/0/0.png").status_code == 200
    with running(line) as process:
        assert end(process) == (1, f"{output} is there already; add --overwrite to replace it.\n")


def stored_names(s3: Any, prefix: str = "", ending: str = "") -> list[str]:
    found = s3.get_paginator("list_objects_v2").paginate(Bucket="brains", Prefix=prefix)
    keys = [entry["Key"] for page in found for entry in page.get("Contents", ())]
    return [key for key in keys if key.endswith(ending)]


def test_workers_from_bucket_to_bucket_one_of_them_killed(undisturbed, s3, tmp_path):
    source, whole = undisturbed
    s3.upload_file(str(source), "brains", "in/a.nii")
    line = ingest("s3://brains/in/a.nii", "--output", "s3://brains/out/a.ome.zarr", "--workers", 2)
    with running(line) as process:
        a_block_is_kept(process, s3, "out/.a.ome.zarr.partial")
        workers_of(process)[0].send_signal(signal.SIGKILL)
        last = list(steps(process))[-1]
        code, said = end(process)
    assert code == 0, said
    assert last["done"] == last["total"]
    found = stored(s3, "out/a.ome.zarr/")
    document = found.pop("zarr.json").decode()
    assert found == {name: data for name, data in whole.items() if name != "zarr.json"}
    assert '"address": "s3://brains/in/a.nii"' in document
    assert SECRET not in document + said
    assert not stored_names(s3, "out/.a")
    assert not [p for p in (tmp_path / "tmp").rglob("*") if p.is_file()]


def test_labels_into_a_bucket_are_proved_there(s3, tmp_path):
    labels = (np.indices((90, 70, 130)).sum(0) // 9).astype(np.uint32)
    source = save_nifti(tmp_path / "l.nii.gz", labels, affine_of("LSP"))  # unpacked on its way
    ingest_volume(source, "s3://brains/l.ome.zarr", kind="labels", memory_bytes=1 << 20)
    report = verify_volume("s3://brains/l.ome.zarr")
    assert report.ok
    assert not report.unproved
    assert report.levels == 3
    document = json.loads(
        s3.get_object(Bucket="brains", Key="l.ome.zarr/labels.json")["Body"].read()
    )
    document["labels"]["9"]["voxels"] += 1
    s3.put_object(Bucket="brains", Key="l.ome.zarr/labels.json", Body=json.dumps(document))
    assert not verify_volume("s3://brains/l.ome.zarr").ok


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server over a folder."""
    root = tmp_path / "web"
    root.mkdir()
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *args: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", root
    server.shutdown()
    server.server_close()


def write_arrays(root: Path, voxels: np.ndarray) -> None:
    """The voxels (x, y, z) as OME-Zarr, N5 and precomputed."""
    affine = np.diag([1.5, 2.0, 2.5, 1.0])
    write_ome_zarr(root / "ome.zarr", [voxels, half(voxels)], affine=affine, code="LPI")
    for driver, name, more in (
        ("neuroglancer_precomputed", "pre", {
            "multiscale_metadata": {"type": "image", "data_type": "uint16", "num_channels": 1},
            "scale_metadata": {"key": "0", "size": voxels.shape, "resolution": [1.5e6, 2e6, 2.5e6],
                               "voxel_offset": [0, 0, 0], "chunk_size": [32] * 3, "encoding": "raw"},
        }),
        ("n5", "n5/raw", {"metadata": {
            "dimensions": voxels.shape, "blockSize": [32] * 3, "dataType": "uint16",
            "compression": {"type": "gzip"}, "resolution": [1.5, 2.0, 2.5], "units": ["mm"] * 3}}),
    ):  # fmt: skip
        store = ts.open({"driver": driver, "kvstore": {"driver": "file", "path": f"{root}/{name}/"},
                         "create": True, **more}).result()  # fmt: skip
        (store[..., 0] if name == "pre" else store).write(voxels).result()


@pytest.mark.parametrize("scheme", ["http", "s3"])
def test_arrays_and_files_at_addresses(web, s3, tmp_path, scheme):
    url, root = web
    voxels = encoded((40, 30, 20), "uint16")
    write_arrays(root, voxels)
    save_nifti(root / "a.nii.gz", voxels, np.diag([1.5, 2.0, 2.5, 1.0]))
    if scheme == "s3":
        upload(s3, root, "some/where")
        url = "s3://brains/some/where"
    for number, (name, options) in enumerate({
        "ome.zarr": {}, "pre/": {"orientation": "RAS"}, "n5/raw": {"orientation": "RAS"},
        "n5": {"orientation": "RAS", "dataset": "raw"}, "a.nii.gz": {},
    }.items()):  # fmt: skip
        found = ingest_volume(f"{url}/{name}", tmp_path / f"{number}.ome.zarr", **options)
        np.testing.assert_array_equal(levels(found)[0].T, voxels)
        assert open_volume(found).levels[0].voxel_size_mm == pytest.approx((1.5, 2.0, 2.5))
    assert not [p for p in (tmp_path / "tmp").rglob("*") if p.is_file()]
    if scheme == "s3":
        with pytest.raises(InvalidParameterError, match=r"--dataset.*raw"):
            ingest_volume(f"{url}/n5", tmp_path / "x.ome.zarr", orientation="RAS")


def test_numbered_sections_in_a_bucket(s3, tmp_path):
    voxels = np.random.default_rng(5).integers(0, 256, (70, 30, 20, 3), np.uint8)
    folder = tmp_path / "sections"
    folder.mkdir()
    for k, plane in enumerate(voxels):
        Image.fromarray(plane).save(folder / f"s_{k + 7:03}.png")
    upload(s3, folder, "lab/stack")
    s3.put_object(Bucket="brains", Key="lab/stack/notes.txt", Body=b"not a section")
    s3.put_object(Bucket="brains", Key="lab/stack/old/s_001.png", Body=b"not of this series")
    line = {"voxel_size": (0.02, 0.02, 0.02), "orientation": "RAS"}
    found = ingest_volume("s3://brains/lab/stack", tmp_path / "a.ome.zarr", **line)
    here = ingest_volume(folder, tmp_path / "b.ome.zarr", **line)
    for one, other in zip(levels(found), levels(here), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(np.moveaxis(levels(found)[0], 0, -1), voxels)
    source = attributes(found)["atlasview"]["source"]
    assert source["address"] == "s3://brains/lab/stack"
    assert (source["sections"], source["first"]) == (70, "s_007.png")
    assert source["bytes"] == sum(p.stat().st_size for p in folder.iterdir())
    assert not [p for p in (tmp_path / "tmp").rglob("*") if p.is_file()]

    s3.put_object(Bucket="brains", Key="lab/stack/s_020.png", Body=b"broken")
    with pytest.raises(SourceError, match=r"s3://brains/lab/stack/s_020\.png: it is truncated"):
        ingest_volume("s3://brains/lab/stack", tmp_path / "c.ome.zarr", **line)
    s3.delete_object(Bucket="brains", Key="lab/stack/s_020.png")
    with pytest.raises(SourceError, match=r"some are missing: 20"):
        ingest_volume("s3://brains/lab/stack", tmp_path / "c.ome.zarr", **line)
    with pytest.raises(SourceError, match="lab/nothing"):
        ingest_volume("s3://brains/lab/nothing", tmp_path / "c.ome.zarr", **line)
    assert not list(tmp_path.glob("*c.ome.zarr*"))


def test_what_is_secret_in_an_address_is_kept_to_oneself(web, s3, tmp_path):
    url, root = web
    save_nifti(root / "a.nii", encoded((9, 8, 7)), np.eye(4))
    signed = url.replace("://", f"://me:{SECRET}@") + f"/a.nii?X-Signature={SECRET}#{SECRET}"
    volume = ingest_volume(signed, tmp_path / "a.ome.zarr")
    assert not [name for name, data in tree(volume).items() if SECRET.encode() in data]
    assert f'"address": "{url}/a.nii"' in (volume / "zarr.json").read_text()
    (root / "a.nii").write_bytes((root / "a.nii").read_bytes()[:400])
    for address in (signed, signed.replace("a.nii", "b.nii"), signed.replace("a.nii", "a.ome.zarr")):  # fmt: skip
        with pytest.raises(SourceError) as caught:
            ingest_volume(address, tmp_path / "b.ome.zarr")
        assert SECRET not in str(caught.value) + repr(caught.value)
        assert str(caught.value).startswith(url)
    assert not (tmp_path / "b.ome.zarr").exists()


def test_bad_addresses_are_one_sentence_each(undisturbed, s3, tmp_path):
    source, _ = undisturbed
    s3.put_object(Bucket="brains", Key="full/notes.txt", Body=b"mine")
    for address, error, said in (
        ("s3://brains/none.nii", SourceError, r"the store answers NoSuchKey"),
        ("s3://nowhere-at-all/a.nii", SourceError, r"NoSuchBucket"),
        ("s3://brains/none.zarr", SourceError, r"it holds no Zarr, N5 or precomputed array"),
        ("http://127.0.0.1:9/a.nii", SourceError, r"the server cannot be reached"),
        ("ftp://host/a.nii", InvalidParameterError, r"https://, http://, s3://"),
        ("https://host/", InvalidParameterError, r"…/NAME"),
    ):
        with pytest.raises(error, match=said):
            ingest_volume(address, tmp_path / "a.ome.zarr")
    for output, error, said in (
        ("s3://nowhere-at-all/a.ome.zarr", LibraryError, r"cannot be (read|written): .*bucket"),
        ("s3://brains/full", LibraryError, r"is not empty, and is no volume"),
        ("s3://brains", InvalidParameterError, r"…/NAME"),
        ("https://host/a.ome.zarr", InvalidParameterError, r"a path, or s3://"),
    ):
        with pytest.raises(error, match=said):
            ingest_volume(source, output)
    assert stored(s3) == {"full/notes.txt": b"mine"}
    assert not [p for p in tmp_path.rglob("*.ome.zarr*") if p.is_file()]


def test_a_damaged_source_leaves_nothing_in_the_bucket(s3, tmp_path):
    voxels = np.random.default_rng(0).integers(0, 40, (200, 150, 100)).astype(np.uint8)
    packed = save_nifti(tmp_path / "a.nii.gz", voxels, affine_of("RAS"))
    packed.write_bytes(packed.read_bytes()[:-100_000])
    with pytest.raises(SourceError, match="truncated"):
        ingest_volume(packed, "s3://brains/a.ome.zarr")
    assert stored_names(s3) == []


def test_of_two_at_once_one_waits_and_a_dead_one_is_no_hindrance(s3, monkeypatch):
    address = Address("s3://brains/a.ome.zarr")
    monkeypatch.setattr(lease, "BEAT", 0.1)
    first = BucketPlace(address, None)
    with first, pytest.raises(LibraryError, match="another ingest"):
        BucketPlace(address, None).__enter__()
    assert stored_names(s3) == []
    # of a machine that went down: its lease is there, and stays as it is
    s3.put_object(Bucket="brains", Key=".a.ome.zarr.partial/lock", Body=b'{"owner": "x", "host": "y", "process": 1}')  # fmt: skip
    monkeypatch.setattr(lease, "PATIENCE", 0.5)
    with BucketPlace(address, None) as second:
        second.prepare({"a": 1}, [(1, 1, 1)], resume=True)
        shelf = second.shelf
        shelf.check()
        second.prepare({"a": 2}, [(1, 1, 1)], resume=True)
        # who still works on the first plan is stopped before it spoils anything
        draft = shelf.draft("0/c/0")
        draft.write(b"1")
        with pytest.raises(LibraryError, match="another ingest"):
            draft.commit()
        assert not stored_names(s3, "a.ome.zarr")


def test_what_is_overwritten_is_whole_or_absent(s3, tmp_path):
    sources = [
        save_nifti(tmp_path / f"{n}.nii", np.full((9, 9, n), n, np.uint8), np.eye(4))
        for n in (4, 7)
    ]
    ingest_volume(sources[0], "s3://brains/a.ome.zarr")
    with pytest.raises(LibraryError, match="--overwrite"):
        ingest_volume(sources[1], "s3://brains/a.ome.zarr")
    ingest_volume(sources[1], "s3://brains/a.ome.zarr", overwrite=True)
    volume = open_volume("s3://brains/a.ome.zarr")
    level = volume.levels[0]
    assert level.shape == (7, 9, 9)
    assert (read(level, Box((0, 0, 0), level.shape)) == 7).all()


def test_without_boto3_the_sentence_says_how_to_install_it(undisturbed, s3):
    source, _ = undisturbed
    line = ingest(source, "--output", "s3://brains/a.ome.zarr")
    script = (
        "import sys; sys.modules['boto3'] = None\n"
        "from atlasview.cli import main\n"
        f"sys.argv = {line[2:]!r}\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT,
                          env=os.environ)  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        "This use of s3:// needs Boto3, which is not installed: pip install 'atlasview[s3]'.\n"
    )
