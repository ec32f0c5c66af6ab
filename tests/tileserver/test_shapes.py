"""What OpenAPI says of the JSON answers is what they are: every member told, and none other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

TEMPLATE, LABELS, ATLAS = "icbm152-2009a-sym", "desikan-killiany", "icbm152-desikan-killiany"
SPACE = "ICBM 2009a nonlinear symmetric (MNI152)"
#: What cannot be tried without a key, a labels volume or a catalogue.
NEEDS_MORE = {"/api/annotations", "/planes/{volume}.svg", "/open"}
OBLIQUE = "center=-26,6,0&right=1,0,0&down=0,-1,-1"


@pytest.fixture(scope="module")
def document(http: httpx.Client) -> dict[str, Any]:
    """The OpenAPI document, its shapes closed: a member that they do not tell is a fault."""
    found = deepcopy(http.get("/openapi.json").json())
    for shape in found["components"]["schemas"].values():
        if "properties" in shape:
            shape["additionalProperties"] = False
    return found


def check(document: dict[str, Any], path: str, response: httpx.Response) -> Any:
    method = response.request.method.lower()
    told = document["paths"][path][method]["responses"][str(response.status_code)]
    schema = told["content"]["application/json"]["schema"]
    assert schema != {}, path
    validator = Draft202012Validator({**schema, "components": document["components"]})
    faults = [f"{e.json_path}: {e.message[:200]}" for e in validator.iter_errors(response.json())]
    assert faults == [], path
    return response.json()


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/api/volumes", "/api/volumes"),
        ("/api/volumes/{volume}", f"/api/volumes/{LABELS}"),
        ("/api/volumes/{volume}/value", f"/api/volumes/{TEMPLATE}/value?point=-26,6,0"),
        (
            "/api/volumes/{volume}/value",
            f"/api/volumes/{TEMPLATE}/value?point=-26,6,0&space=talairach",
        ),
        ("/api/volumes/{volume}/histogram", f"/api/volumes/{TEMPLATE}/histogram"),
        ("/api/atlases", "/api/atlases"),
        ("/api/atlases/{atlas}", f"/api/atlases/{ATLAS}"),
        ("/api/atlases/{atlas}/regions", f"/api/atlases/{ATLAS}/regions?voxels=1"),
        ("/api/atlases/{atlas}/regions", f"/api/atlases/{ATLAS}/regions?find=hipp"),
        ("/api/atlases/{atlas}/regions/{region}", f"/api/atlases/{ATLAS}/regions/L.putamen"),
        ("/api/atlases/{atlas}/regions/{region}", f"/api/atlases/{ATLAS}/regions/brain"),
        ("/api/atlases/{atlas}/assign", f"/api/atlases/{ATLAS}/assign?point=-26,6,0"),
        ("/api/atlases/{atlas}/assign", f"/api/atlases/{ATLAS}/assign?point=0,0,90&distance=1"),
        ("/api/spaces", "/api/spaces"),
        ("/api/spaces/{space}", "/api/spaces/icbm-2009a-nonlinear-symmetric-mni152"),
        ("/api/spaces/{space}/carry", f"/api/spaces/talairach/carry?to={SPACE}&point=1,2,3"),
        (
            "/tiles/{volume}/{plane}/{slice}/tilejson.json",
            f"/tiles/{TEMPLATE}/coronal/140/tilejson.json",
        ),
        (
            "/tiles/{volume}/oblique/tilejson.json",
            f"/tiles/{TEMPLATE}/oblique/tilejson.json?{OBLIQUE}",
        ),
        ("/iiif/{identifier}/info.json", f"/iiif/{TEMPLATE}:coronal:140/info.json"),
        ("/health", "/health"),
        ("/ready", "/ready"),
        ("/zarr/{volume}/{object}", f"/zarr/{TEMPLATE}/zarr.json"),
        ("/chunks/{volume}/{object}", f"/chunks/{TEMPLATE}/0/zarr.json"),
        ("/precomputed/{volume}/info", f"/precomputed/{LABELS}/info"),
        ("/precomputed/{volume}/mesh/{object}", f"/precomputed/{LABELS}/mesh/info"),
    ],
)
def test_answers_are_as_told(
    http: httpx.Client, document: dict[str, Any], path: str, address: str
) -> None:
    response = http.get(address)
    assert response.status_code == 200, response.text
    check(document, path, response)


@pytest.mark.parametrize("query", ["format=json&distance=1", "format=compact&distance=1"])
def test_many_points_are_as_told(http: httpx.Client, document: dict[str, Any], query: str) -> None:
    points = {"points": [[-26, 6, 0], [0, 0, 100]]}
    response = http.post(f"/api/atlases/{ATLAS}/assign?{query}&space=talairach", json=points)
    check(document, "/api/atlases/{atlas}/assign", response)
    carried = http.post(f"/api/spaces/talairach/carry?to={SPACE}", json=points)
    check(document, "/api/spaces/{space}/carry", carried)


@pytest.fixture
def made_set(http: httpx.Client, document: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    made = check(
        document,
        "/api/annotations",
        http.post("/api/annotations", json={"title": "shapes", "space": SPACE}),
    )
    key = {"Authorization": f"Bearer {made['edit_key']}"}
    yield f"/api/annotations/{made['id']}", key
    http.delete(f"/api/annotations/{made['id']}", headers=key).raise_for_status()


def test_annotations_are_as_told(
    http: httpx.Client, document: dict[str, Any], made_set: tuple[str, dict[str, str]]
) -> None:
    here, key = made_set
    root = "/api/annotations/{set}"
    point = {"type": "point", "points": [[-26, 6, 0]], "properties": {"score": 1.5}}
    others = [
        {"type": "polyline", "points": [[0, 0, 0], [1, 0, 0], [1, 1, 0]]},
        {"type": "polygon", "points": [[0, 0, 0], [1, 0, 0], [1, 1, 0]]},
        {"type": "box", "points": [[0, 0, 0], [1, 2, 3]]},
        {"type": "ellipsoid", "points": [[0, 0, 0], [1, 2, 3]]},
    ]

    def ask(method: str, path: str, **more: Any) -> Any:
        headers = key | more.pop("headers", {})
        address = here + path.removeprefix(root).replace("{item}", item)
        return check(document, path, http.request(method, address, headers=headers, **more))

    item = ""
    item = ask("POST", f"{root}/items", json=point)["id"]
    ask("POST", f"{root}/items", json={"items": others})
    one = f"{root}/items/{{item}}"
    match = {"If-Match": '"1"'}
    ask("PUT", one, json=point | {"label": "moved"}, headers=match)
    refused = http.put(f"{here}/items/{item}", json=point, headers=key | match)
    assert refused.status_code == 412
    for path in (root, f"{root}/items", one, f"{one}/history", f"{root}/history"):
        ask("GET", path)
    ask("POST", f"{root}/undo")
    ask("POST", f"{root}/redo")
    removed = ask("DELETE", one, headers={"If-Match": '"4"'})
    ask("POST", f"{one}/restore", json={"revision": 1}, headers={"If-Match": f'"{removed["revision"]}"'})  # fmt: skip
    table = {"content": "x,y,z\n1,2,3\n", "headers": {"Content-Type": "text/csv"}}
    ask("POST", f"{root}/import", **table)
    ask("POST", f"{root}/restore", json={"revision": 2})
    changed = {"title": "shapes, again", "space": SPACE}
    ask("PUT", root, json=changed, headers=match)
    listed = http.get("/api/annotations", headers=key)
    check(document, "/api/annotations", listed)


def test_views_are_as_told(http: httpx.Client, document: dict[str, Any]) -> None:
    state = {"format": "atlasview-view", "version": 2, "camera": {"at": [-26, 6, 0], "zoom": 0.5}}
    made = check(
        document, "/api/views", http.post("/api/views", json={"title": "one", "state": state})
    )
    key = {"Authorization": f"Bearer {made['edit_key']}"}
    here = f"/api/views/{made['id']}"
    for path, address in (
        ("/api/views/{view}", here),
        ("/api/views/{view}/revisions", f"{here}/revisions"),
        ("/api/views", "/api/views"),
        ("/views/{view}/state.json", f"/views/{made['id']}/state.json"),
    ):
        check(document, path, http.get(address, headers=key))
    revised = http.put(here, json={"state": state}, headers=key | {"If-Match": '"1"'})
    check(document, "/api/views/{view}", revised)
    http.delete(here, headers=key).raise_for_status()


def test_what_the_document_proposes_works(http: httpx.Client, document: dict[str, Any]) -> None:
    """As «Try it out» and «Execute» of /docs send it: all examples and defaults at once."""
    tried = 0
    for path, item in document["paths"].items():
        asked: dict[str, Any] = {}
        for parameter in item.get("get", {}).get("parameters", ()):
            schema = parameter["schema"]
            usual = schema["enum"][0] if parameter["in"] == "path" and "enum" in schema else None
            value = schema.get("example", schema.get("default", usual))
            if value is not None:
                asked[parameter["name"]] = value
        parts = re.findall(r"{(\w+)}", path)
        if "get" not in item or path in NEEDS_MORE or not all(part in asked for part in parts):
            continue
        address = path.format(**asked)
        query = {name: value for name, value in asked.items() if name not in parts}
        response = http.get(address, params=query)
        assert response.status_code in (200, 303), (address, response.text[:300])
        tried += 1
    assert tried >= 40


def test_the_document_is_sent_once(http: httpx.Client) -> None:
    first = http.get("/openapi.json")
    again = http.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_addresses_have_one_spelling(http: httpx.Client) -> None:
    for face, hint in (("zarr", "zarr.json"), ("chunks", "zarr.json"), ("precomputed", "info")):
        assert http.get(f"/{face}//{TEMPLATE}/{hint}").status_code == 404
        root = http.get(f"/{face}/{TEMPLATE}/")
        assert root.status_code == 404
        assert hint in root.json()["detail"]
    assert "/docs" in http.get("/api/volumes/").json()["detail"]


def test_failures_are_as_told(http: httpx.Client, document: dict[str, Any]) -> None:
    problem = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    validator = Draft202012Validator(problem)
    for address in ("/api/volumes/none", f"/api/volumes/{TEMPLATE}/cutout?box=1", "/tiles/none"):
        response = http.get(address)
        assert response.headers["Content-Type"] == "application/problem+json"
        validator.validate(response.json())
