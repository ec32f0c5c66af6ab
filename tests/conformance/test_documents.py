"""Documents by the schemas and the validators of their specifications: OpenAPI, TileJSON, problems."""

from __future__ import annotations

import io

import httpx
import jsonschema
import pytest
from conformance.schemas import PROBLEM, TILEJSON
from openapi_spec_validator import OpenAPIV31SpecValidator
from PIL import Image

TEMPLATE = "icbm152-2009a-sym"
ATLAS = "icbm152-desikan-killiany"


def test_the_openapi_document_is_one(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1.")
    assert [fault.message for fault in OpenAPIV31SpecValidator(document).iter_errors()] == []
    for path, item in document["paths"].items():
        for operation in item.values():
            assert "4XX" in operation["responses"], path


@pytest.mark.parametrize("place", ["coronal/100", "sagittal/90", "horizontal/70", "oblique"])
def test_a_tilejson_is_valid_and_its_tiles_are_there(http: httpx.Client, place: str) -> None:
    plane = "" if place != "oblique" else "?center=0,0,0&right=1,0,0.5&down=0,-1,0"
    said = http.get(f"/tiles/{TEMPLATE}/{place}/tilejson.json{plane}").json()
    jsonschema.Draft202012Validator(TILEJSON).validate(said)
    assert said["minzoom"] == 0
    for z in range(said["maxzoom"] + 1):
        address = said["tiles"][0].replace("{z}", str(z)).replace("{x}", "0").replace("{y}", "0")
        answer = http.get(address)
        assert answer.status_code == 200, address
        with Image.open(io.BytesIO(answer.content)) as image:
            assert image.size == (256, 256)


#: Method, address, headers, body, status.
FAILURES: list[tuple[str, str, dict[str, str], bytes | None, int]] = [
    ("GET", "/nowhere", {}, None, 404),
    ("GET", "/api/volumes/none", {}, None, 404),
    ("GET", f"/api/volumes/{TEMPLATE}?colour=red", {}, None, 400),
    ("GET", f"/api/volumes/{TEMPLATE}/value?point=1,2", {}, None, 400),
    ("GET", f"/api/volumes/{TEMPLATE}/cutout?box=0:1,0:1,0:99999", {}, None, 404),
    ("GET", f"/tiles/{TEMPLATE}/coronal/100/9/0/0.png", {}, None, 404),
    ("GET", f"/tiles/{TEMPLATE}/coronal/100/0/0/0.gif", {}, None, 400),
    ("GET", f"/iiif/{TEMPLATE}:coronal:100/full/9999,9999/0/default.jpg", {}, None, 400),
    ("GET", f"/dzi/{TEMPLATE}/coronal/100_files/99/0_0.png", {}, None, 404),
    ("GET", f"/zarr/{TEMPLATE}/../secret", {}, None, 404),
    ("GET", f"/zarr/{TEMPLATE}/zarr.json", {"Range": "bytes=999999999-"}, None, 416),
    ("GET", f"/precomputed/{TEMPLATE}/info", {"Host": "a b"}, None, 400),
    ("POST", f"/zarr/{TEMPLATE}/zarr.json", {}, b"", 405),
    ("PATCH", "/api/volumes", {}, b"", 405),
    ("POST", "/api/views", {"Content-Type": "text/plain"}, b"{}", 415),
    ("POST", "/api/views", {"Content-Type": "application/json"}, b"{", 400),
    ("POST", "/api/views", {"Content-Type": "application/json"}, b" " * (1 << 21), 413),
    ("GET", "/api/views/none", {"Authorization": "Basic x"}, None, 403),
    ("GET", "/views/none/state.json", {}, None, 404),
    ("DELETE", "/api/views/0000000000000", {}, None, 404),
    ("GET", "/annotations/none/info", {}, None, 404),
    ("GET", f"/api/atlases/{ATLAS}/regions/none", {}, None, 404),
    ("GET", f"/api/atlases/{ATLAS}/assign?point=a,b,c", {}, None, 400),
    ("GET", "/open?url=http://localhost/", {}, None, 404),
    ("GET", "/embed/?v=99", {}, None, 400),
]


@pytest.mark.parametrize(("method", "address", "headers", "body", "status"), FAILURES)
def test_every_failure_is_a_problem_document(
    http: httpx.Client, method: str, address: str, headers: dict[str, str], body: bytes | None, status: int
) -> None:  # fmt: skip
    answer = http.request(method, address, headers=headers, content=body)
    assert answer.headers["content-type"] == "application/problem+json", answer.text[:200]
    assert answer.headers["cache-control"].startswith(("no-store", "public"))
    problem = answer.json()
    jsonschema.Draft202012Validator(PROBLEM).validate(problem)
    assert answer.status_code == status == problem["status"], problem
    for word in ("Traceback", 'File "', "/home/", "/tmp/", "/usr/", "site-packages", ".py"):
        assert word not in answer.text
