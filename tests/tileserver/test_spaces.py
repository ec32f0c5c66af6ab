"""Spaces over HTTP: what there is, points carried, and what asks in another space."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from phantoms import encoded, write_ome_zarr
from serving import serving

from atlasview import Client
from atlasview.clientline import ServerError

ATLAS, ICBM = "icbm152-desikan-killiany", "ICBM 2009a nonlinear symmetric (MNI152)"
#: Lancaster et al. 2007, as www.brainmap.org publishes it.
OTHER = np.array([[0.9357, 0.0029, -0.0072, -1.0423], [-0.0065, 0.9396, -0.0726, -1.3940], [0.0103, 0.0752, 0.8967, 3.6475], [0, 0, 0, 1]])  # fmt: skip
TURNED = np.array([[0, -1, 0, 5], [1, 0, 0, -3], [0, 0, 1, 2], [0, 0, 0, 1.0]])
TOML = f"""
[[volume]]
id = "related"
location = "related.ome.zarr"
space = "block of subject 7"

[[volume]]
id = "alone"
location = "alone.ome.zarr"
space = "another planet"

[[transform]]
name = "block to MNI"
from = "block of subject 7"
to = "{ICBM}"
matrix = {TURNED.tolist()}
citation = "own measurement"
accuracy = "1 mm"
"""


@pytest.fixture(scope="module")
def url(sample_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("spaces")
    root = folder / "library"
    root.mkdir()
    for room in sample_library.iterdir():
        if room.name != "marks":
            (root / room.name).symlink_to(room)
    for name in ("related", "alone"):
        write_ome_zarr(folder / f"{name}.ome.zarr", [encoded((12, 10, 8))])
    (folder / "catalog.toml").write_text(TOML)
    with serving([root, folder / "catalog.toml"], database_url=f"sqlite:///{folder}/marks.db") as found:  # fmt: skip
        yield found


@pytest.fixture
def web(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=60) as client:
        yield client


def lancaster(points: np.ndarray) -> np.ndarray:
    return points @ OTHER[:3, :3].T + OTHER[:3, 3]


def test_spaces_say_what_lies_in_them_and_where_they_lead(web: httpx.Client) -> None:
    listed = {s["id"]: s for s in web.get("/api/spaces").json()["spaces"]}
    own = listed["icbm-2009a-nonlinear-symmetric-mni152"]
    assert own["name"] == ICBM
    assert own["atlases"] == [ATLAS]
    assert {"talairach", "block-of-subject-7"} <= set(own["related"])
    assert own["origins"] == ["ac-pc"]
    assert listed["another-planet"]["related"] == []
    assert listed["another-planet"]["volumes"] == ["alone"]
    for key in ("MNI152NLin2009aSym", ICBM, own["id"]):
        found = web.get(f"/api/spaces/{key}").json()
        assert found["name"] == ICBM
    route = next(r for r in found["related"] if r["id"] == "talairach")
    np.testing.assert_array_equal(route["matrix"], OTHER)
    assert "Lancaster" in route["path"][0]["citation"]
    assert "1–2 mm" in route["path"][0]["accuracy"]
    assert found["origins"][0]["citation"]
    assert web.get("/api/spaces/nowhere").status_code == 404


def test_points_are_carried_there_and_back(web: httpx.Client, url: str) -> None:
    point = np.array([-26.0, 6, 0])
    asked = {"to": "talairach", "point": "-26,6,0"}
    found = web.get("/api/spaces/mni152nlin2009asym/carry", params=asked).json()
    np.testing.assert_allclose(found["carried"], lancaster(point))
    assert found["path"][0]["undone"] is False
    points = np.random.default_rng(1).uniform(-90, 90, (5000, 3))
    with Client(url) as client:
        there = client.carry(points, ICBM, "Talairach")
        np.testing.assert_allclose(there, lancaster(points))
        np.testing.assert_allclose(client.carry(there, "talairach", ICBM), points, atol=1e-9)
        # through the space in between
        block = client.carry(points, "block of subject 7", "talairach")
        np.testing.assert_allclose(block, lancaster(points @ TURNED[:3, :3].T + TURNED[:3, 3]))
        voxel = client.carry(point, ICBM, ICBM, to_origin="voxel:icbm152-2009a-sym")
        np.testing.assert_allclose(voxel, [72, 140, 72], atol=1e-9)
        assert voxel.shape == (3,)
        ac = client.carry([0, 0, 0], ICBM, ICBM, origin="ac-pc")
        np.testing.assert_allclose(ac, [-0.1198055, 2.55212, -4.81723], atol=1e-9)
        assert client.space("talairach")["name"] == "Talairach"
        assert "talairach" in [s["id"] for s in client.spaces()]


def test_unrelated_spaces_are_a_409_that_names_both(web: httpx.Client) -> None:
    for path, more in (
        ("/api/spaces/another-planet/carry", {"to": "talairach"}),
        (f"/api/atlases/{ATLAS}/assign", {"space": "another planet"}),
        ("/api/volumes/alone/value", {"space": "talairach"}),
    ):
        response = web.get(path, params={"point": "0,0,0", **more})
        assert response.status_code == 409, path
        assert response.headers["content-type"] == "application/problem+json"
        problem = response.json()
        assert "another planet" in problem["detail"]
        assert "atlasview space add" in problem["detail"]
        assert {problem["from"], problem["to"]} > {"another planet"}


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"to": "talairach", "point": "0,0"}, 400),
        ({"to": "nowhere", "point": "0,0,0"}, 404),
        ({"point": "0,0,0"}, 400),
        ({"to": "talairach", "point": "0,0,0", "origin": "bregma"}, 404),
        ({"to": "talairach", "point": "0,0,0", "origin": "voxel:nothing"}, 404),
        ({"to": "talairach", "point": "0,0,0", "origin": "voxel:alone"}, 400),
        ({"to": "talairach", "point": "0,0,0", "form": "1"}, 400),
    ],
)
def test_what_cannot_be_carried(web: httpx.Client, params: dict[str, str], status: int) -> None:
    response = web.get(f"/api/spaces/{ICBM}/carry", params=params)
    assert response.status_code == status
    assert response.json()["status"] == status


@pytest.mark.parametrize(
    "body", ['{"points": [[true, 1, 2]]}', '{"points": [["1", 1, 2]]}', '{"points": []}', "[]"]
)
def test_points_are_numbers(web: httpx.Client, body: str) -> None:
    for path in (f"/api/spaces/{ICBM}/carry?to=talairach", f"/api/atlases/{ATLAS}/assign"):
        assert web.post(path, content=body).status_code == 400
    many = json.dumps({"points": [[0, 0, 0]] * 100_001})
    response = web.post(f"/api/spaces/{ICBM}/carry?to=talairach", content=many)
    assert response.status_code == 413
    assert response.json()["limit"] == 100_000


def test_regions_and_values_in_another_space(web: httpx.Client, url: str) -> None:
    points = np.random.default_rng(2).uniform(-70, 70, (400, 3))
    plain = {"parcellation": None}
    with Client(url) as client:
        here = client.assign(ATLAS, points, **plain)
        there = client.assign(ATLAS, lancaster(points), space="talairach")
        for a, b in zip(here, there, strict=True):
            assert a["assignments"] == b["assignments"]
            np.testing.assert_allclose(a["point"], b["point"], atol=1e-9)
        assert (
            client.volume("icbm152-2009a-sym").value(
                (72, 140, 72), origin="voxel:icbm152-2009a-sym"
            )
            == 192
        )
        with pytest.raises(ServerError, match="Spaces are not related"):
            client.assign(ATLAS, points, space="another planet")
    x, y, z = lancaster(np.array([-26.0, 6, 0]))
    one = web.get(
        f"/api/atlases/{ATLAS}/assign", params={"point": f"{x},{y},{z}", "space": "talairach"}
    ).json()
    assert one["assignments"][0]["region"]["acronym"] == "L.putamen"
    assert one["space"] == ICBM
    assert one["asked"] == {"point": [x, y, z], "space": "Talairach", "origin": None}
    table = f"name,x,y,z\na,{x},{y},{z}\n"
    csv = web.post(
        f"/api/atlases/{ATLAS}/assign?space=talairach",
        content=table, headers={"Content-Type": "text/csv"},
    ).text  # fmt: skip
    assert f"a,{x},{y},{z},37,L.putamen" in csv


def test_annotations_come_and_go_in_another_space(url: str, tmp_path: Path) -> None:
    file = tmp_path / "marks.json"
    items = [
        {"type": "point", "points": [lancaster(np.array([-26.0, 6, 0])).tolist()]},
        {"type": "box", "points": [[0, 0, 0], [10, 10, 10]]},
    ]
    file.write_text(json.dumps({"items": items}))
    with Client(url) as client:
        marks = client.annotations.create("From Talairach", ICBM)
        assert marks.import_file(file, space="talairach") == 2
        point, box = marks.items()
        np.testing.assert_allclose(point["points"], [[-26, 6, 0]], atol=1e-9)
        assert point["region"]["acronym"] == "L.putamen"
        assert box["measures"]["volume_mm3"] > 1000
        marks.export_file(file, space="Talairach")
        told = json.loads(file.read_text())
        assert told["set"]["space"] == "Talairach"
        np.testing.assert_allclose(told["items"][0]["points"], items[0]["points"], atol=1e-9)
        with pytest.raises(ServerError, match="not related"):
            marks.export_file(file, space="another planet")
        with pytest.raises(ServerError, match="not related"):
            marks.import_file(file, space="another planet")


def test_a_view_is_carried(url: str) -> None:
    with Client(url) as client:
        made = client.views.create(
            f"#v=1&a={ATLAS}&at=5,-3,2&zoom=0.5&layout=coronal&sel=37", title="Putamen"
        )
        found = client.views.get(made["id"], space="block of subject 7")
        state = found["state"]
        np.testing.assert_allclose(state["camera"]["at"], [0, 0, 0], atol=1e-9)
        assert state["camera"]["zoom"] == pytest.approx(0.5)
        assert state["data"]["volume"] == "related"
        assert state["space"] == "block of subject 7"
        assert found["carried"]["lost"] == ["left putamen"]
        assert found["carried"]["path"][0]["undone"] is True
        assert "vol=related" in found["address"]
        story = client.views.create_story([made["url"], f"#v=1&a={ATLAS}&at=6,-3,2&zoom=0.5"])
        steps = client.views.get(story["id"], space="block of subject 7")["state"]["steps"]
        assert [step["title"] for step in steps] == ["Putamen", ""]
        assert [step["data"]["volume"] for step in steps] == ["related"] * 2
        np.testing.assert_allclose(steps[0]["camera"]["at"], [0, 0, 0], atol=1e-9)
        assert np.linalg.norm(steps[1]["camera"]["at"]) == pytest.approx(1)
        same = client.views.get(made["id"], space=ICBM)
        assert same["state"]["style"]["selected"] == ["37"]
        with pytest.raises(ServerError, match="not related"):
            client.views.get(made["id"], space="another planet")
        with pytest.raises(ServerError, match="nothing is served in it"):
            client.views.get(made["id"], space="talairach")
