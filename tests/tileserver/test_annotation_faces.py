"""``/annotations/{set}``: what Neuroglancer's own reader finds there is what was marked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from neuroglancer.read_precomputed_annotations import AnnotationReader
from serving import serving

from atlasview import Client
from atlasview.marks.annotation import Annotation
from atlasview.marks.database import Database
from atlasview.marks.gathered import Gatherer
from atlasview.marks.gatheredfiles import GatheredFiles
from atlasview.marks.items import ItemStore
from atlasview.marks.sets import SetDraft, SetStore
from atlasview.marks.spatial import Marks

ATLAS = "icbm152-desikan-killiany"


@pytest.fixture(scope="module")
def url(sample_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("faces") / "library"
    shutil.copytree(sample_library, root, ignore=shutil.ignore_patterns("marks"))
    with serving([root]) as found:
        yield found


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url) as found:
        yield found


@pytest.fixture
def space(client: Client) -> str:
    found: str = client.atlases()[0]["space"]
    return found


def everything(reader: AnnotationReader) -> dict[str, Any]:
    """All annotations, read cell by cell over the whole of every level; each must come once."""
    found: dict[str, Any] = {}
    for level in reader.spatial:
        cells = level.metadata["grid_shape"]
        for cell in np.ndindex(*cells):
            for one in level[cell]:
                assert one.id not in found
                found[one.id] = one
                size = np.array(level.metadata["chunk_size"])
                low = np.array(reader.lower_bound) + np.array(cell) * size
                if reader.annotation_type == "point":
                    assert (one.point >= low - 1e-3).all()
                    assert (one.point <= low + size + 1e-3).all()
    return found


def test_points_stream_cell_by_cell(client: Client, url: str, space: str) -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform([-70, -100, -60], [70, 70, 80], (12_000, 3)).round(3)
    marks = client.annotations.create("Cells", space)
    marks.add_many({"type": "point", "points": [p.tolist()], "color": "#0a0b0c", "properties": {"score": i}} for i, p in enumerate(points))  # fmt: skip
    reader = AnnotationReader(f"{url}/annotations/{marks.id}/")
    assert reader.annotation_type == "point"
    assert len(reader.spatial) == 3
    coarse = reader.spatial[0][0, 0, 0]
    assert 450 <= len(coarse) <= 500
    # a fair few of all, not of one corner
    assert np.abs(np.mean([a.point for a in coarse], axis=0) - points.mean(axis=0)).max() < 9
    found = everything(reader)
    assert len(found) == len(points)
    items = {str(i["seq"]): i for i in marks.items()}
    names = [p.id for p in reader.properties]
    assert names == ["region", "score", "color"]
    for name, one in list(found.items())[::97]:
        item = items[name]
        np.testing.assert_allclose(one.point, item["points"][0], atol=1e-4)
        region, score, color = one.props
        assert region == (item["region"]["id"] if item["region"] else 0)
        assert score == item["properties"]["score"]
        assert tuple(color) == (10, 11, 12)
        alone = reader.by_id[int(name)]
        np.testing.assert_array_equal(alone.point, one.point)
        assert list(alone.segments[0]) == ([region] if region else [])
    inside = [i for i in items.values() if i["region"] and i["region"]["id"] == 37]
    related = reader.relationships["region_of"][37]
    assert {a.id for a in related} == {str(i["seq"]) for i in inside}
    assert related


def test_what_changes_is_seen(client: Client, url: str, space: str) -> None:
    marks = client.annotations.create("Few", space)
    address = f"{url}/annotations/{marks.id}/"
    assert everything(AnnotationReader(address)) == {}
    one = marks.add([1, 2, 3])
    two = marks.add([4, 5, 6], properties={"late": 7})
    found = everything(AnnotationReader(address))
    assert sorted(found) == [str(one["seq"]), str(two["seq"])]
    marks.change(one, points=[[-500, 0, 0]])
    marks.remove(two)
    found = everything(AnnotationReader(address))
    assert list(found) == [str(one["seq"])]
    assert list(found[str(one["seq"])].point) == [-500, 0, 0]
    marks.undo()
    assert len(everything(AnnotationReader(address))) == 2


SHAPES: dict[str, list[list[float]]] = {
    "line": [[0, 0, 0], [3, 4, 0]],
    "polyline": [[1, 0, 0], [0, 0, 0], [0, 2, 0]],
    "polygon": [[0, 0, 5], [2, 0, 5], [2, 3, 5]],
    "box": [[5, 2, 3], [0, 0, 0]],
    "ellipsoid": [[0, 0, 0], [1, 2, 3]],
}


@pytest.mark.parametrize("kind", list(SHAPES))
def test_every_shape(client: Client, url: str, space: str, kind: str) -> None:
    marks = client.annotations.create("Shapes", space)
    points = SHAPES[kind]
    marks.add(*points, type=kind)
    marks.add(*points, type=kind)
    marks.add([0, 0, 0])
    info = httpx.get(f"{url}/annotations/{marks.id}.{kind}/info").json()
    (level,) = info["spatial"]
    body = httpx.get(f"{url}/annotations/{marks.id}.{kind}/{level['key']}/0_0_0").content
    assert int.from_bytes(body[:8], "little") == 2
    one = AnnotationReader(f"{url}/annotations/{marks.id}.{kind}/").by_id[2]
    if kind in ("polyline", "polygon"):
        expected = [*points, points[0]] if kind == "polygon" else points
        np.testing.assert_array_equal(one.points, expected)
    elif kind == "ellipsoid":
        np.testing.assert_array_equal([one.center, one.radii], points)
    else:
        np.testing.assert_array_equal([one.point_a, one.point_b], sorted(points))


def test_shapes_lie_in_every_cell_that_they_reach(client: Client, url: str, space: str) -> None:
    rng = np.random.default_rng(5)
    starts = rng.uniform([-100, -100, -100], [80, 80, 80], (6000, 3))
    sizes = rng.choice([2.0, 30.0, 150.0], (6000, 1), p=[0.9, 0.08, 0.02])
    ends = starts + sizes * rng.uniform(-0.5, 0.5, (6000, 3))
    marks = client.annotations.create("Many lines", space)
    marks.add_many({"type": "line", "points": [a.tolist(), b.tolist()]} for a, b in zip(starts, ends, strict=True))  # fmt: skip
    reader = AnnotationReader(f"{url}/annotations/{marks.id}.line/")
    assert len(reader.spatial) == 3
    seen: dict[str, set[int]] = {}
    for number, level in enumerate(reader.spatial):
        size = np.array(level.metadata["chunk_size"])
        cells: dict[str, set[tuple[int, ...]]] = {}
        for cell in np.ndindex(*level.metadata["grid_shape"]):
            for one in level[cell]:
                assert cell not in cells.setdefault(one.id, set())
                cells[one.id].add(cell)
        for one_id, found in cells.items():
            seen.setdefault(one_id, set()).add(number)
            one = reader.by_id[int(one_id)]
            corners = np.sort([one.point_a, one.point_b], axis=0)
            low, high = np.floor((corners - np.array(reader.lower_bound)) / size).astype(int)
            last = np.array(level.metadata["grid_shape"]) - 1
            low, high = np.clip(low, 0, last), np.clip(high, 0, last)
            assert found == {tuple(low + c) for c in np.ndindex(*(high - low + 1))}
        if number == 0:
            assert len(cells) >= 450
    # Each lies in one level, and what is larger than a cell in the coarser one.
    assert len(seen) == 6000
    assert all(len(levels) == 1 for levels in seen.values())


def test_a_large_set_opens_from_its_file(client: Client, url: str, space: str, tmp_path: Path) -> None:  # fmt: skip
    database = Database(f"sqlite:///{tmp_path / 'marks.sqlite'}")
    sets, items = SetStore(database), ItemStore(database)
    database.prepare()
    made = sets.create(SetDraft(title="Cells", space=space))
    points = np.random.default_rng(8).uniform(-50, 50, (20_000, 3)).round(3).tolist()
    whole = [(Annotation("point", (tuple(p),), properties={"n": i}), None) for i, p in enumerate(points)]  # fmt: skip
    items.add(made.id, made.edit_key, whole)
    files = GatheredFiles(tmp_path / "gathered")

    def gathered() -> Marks:
        """Gather as a process that has just started."""
        return Gatherer(database, files).gather(made.id, None, "point", None)[1]

    first = gathered()
    (kept,) = (tmp_path / "gathered").iterdir()
    moment = kept.stat().st_mtime_ns
    items.add(made.id, made.edit_key, [(Annotation("point", ((1.0, 2.0, 3.0),)), None)])
    later = gathered()
    assert kept.stat().st_mtime_ns == moment
    assert len(later) == len(first) + 1
    plain = Gatherer(database).gather(made.id, None, "point", None)[1]
    for name in ("places", "corners", "tops", "colors", "regions", "numbers", "bounds"):
        np.testing.assert_array_equal(getattr(later, name), getattr(plain, name))
    # Damaged, or of another history with the same numbers, it is made anew.
    kept.write_bytes(kept.read_bytes()[:-3000])
    assert len(gathered()) == len(later)
    assert kept.stat().st_mtime_ns != moment
    with np.load(kept) as found:
        arrays = {name: found[name] for name in found}
    np.savez(kept, **{**arrays, "seal": np.array("another"), "places": arrays["places"] + 1})
    np.testing.assert_array_equal(gathered().places, later.places)
    Gatherer(database, files).forget(made.id)
    assert list((tmp_path / "gathered").iterdir()) == []
    database.close()


def test_a_view_shows_its_sets(client: Client, url: str, space: str) -> None:
    marks, hidden = (client.annotations.create(a, space, access=a) for a in ("readable", "private"))
    marks.add([0, 0, 0])
    marks.add([0, 0, 0], [1, 1, 1], type="line")
    hidden.add([0, 0, 0])
    shown = [{"set": s} for s in (marks.id, hidden.id, "nothing")]
    document = {"version": 1, "data": {"atlas": ATLAS}, "camera": {"at": [0, 0, 0], "zoom": 1}, "annotations": shown}  # fmt: skip
    made = client.views.create(document)
    layers = httpx.get(f"{url}/views/{made['id']}/state.json").json()["layers"]
    sources = [layer["source"]["url"] for layer in layers if layer["type"] == "annotation"]
    assert sources == [f"precomputed://{url}/annotations/{marks.id}.line", f"precomputed://{url}/annotations/{marks.id}"]  # fmt: skip
    for source in sources:
        assert httpx.get(source.removeprefix("precomputed://") + "/info").status_code == 200
    # Coloured and filtered as the maker saw it.
    for said, words in (
        ({"coloring": "number:size", "range": [2, 8]}, ["(value - float(2.0)) / float(6.0)", "setColor(rampColor(prop_size()))"]),
        ({"coloring": "region"}, ["case 37u: return vec3(", "setColor(regionColor(prop_region()))"]),
        ({"region": "37"}, ["case 37u:\n      return true;", "if (!shown(prop_region())) { discard; }"]),
        ({"region": "no such"}, ["bool shown(uint region) {\n  return false;\n}"]),
    ):  # fmt: skip
        made = client.views.create({**document, "annotations": [{"set": marks.id, **said}]})
        layers = httpx.get(f"{url}/views/{made['id']}/state.json").json()["layers"]
        for layer in layers:
            if layer["type"] == "annotation":
                assert all(word in layer["shader"] for word in words), layer["shader"]


def test_what_is_not_there(client: Client, url: str, space: str) -> None:
    marks = client.annotations.create("x", space)
    marks.add([0, 0, 0])
    info = httpx.get(f"{url}/annotations/{marks.id}/info")
    key = info.json()["spatial"][0]["key"]
    assert httpx.get(info.url, headers={"If-None-Match": info.headers["etag"]}).status_code == 304
    for path in ("by_id/3", "by_id/x", "by_id/-1", "by_id/99999999999999999999", "spatial/0_0_0", f"{key}/1_0_0", f"{key}/0_0", f"{key}/00_0_0", "spatial.0.11.0.0.0.64/0_0_0", "spatial.1.1.0.0.0.64/0_0_0", "spatial.0.1.0.0.0.0/0_0_0", "what/0"):  # fmt: skip
        response = httpx.get(f"{url}/annotations/{marks.id}/{path}")
        assert response.status_code == 404, path
        assert response.headers["content-type"] == "application/problem+json"
    assert httpx.get(f"{url}/annotations/{marks.id}.blob/info").status_code == 404
    assert httpx.get(f"{url}/annotations/nothing/info").status_code == 404
    private = client.annotations.create("x", space, access="private")
    assert httpx.get(f"{url}/annotations/{private.id}/info").status_code == 401
    opened = httpx.get(f"{url}/annotations/{private.id}/info", headers={"Authorization": f"Bearer {private.made['read_key']}"})  # fmt: skip
    assert json.loads(opened.text)["@type"] == "neuroglancer_annotations_v1"


def test_a_browser_reads_a_private_set_with_a_pass(client: Client, url: str, space: str) -> None:
    marks = client.annotations.create("Secret", space, access="private")
    marks.add([1, 2, 3])
    key = {"Authorization": f"Bearer {marks.made['read_key']}"}
    info, path = f"/annotations/{marks.id}/info", f"/api/annotations/{marks.id}"
    with httpx.Client(base_url=url) as browser:
        assert browser.post(f"{path}/pass").status_code == 401
        wrong = browser.post(f"{path}/pass", headers={"Authorization": "Bearer " + "x" * 32})
        assert wrong.status_code == 403
        assert browser.get(info).status_code == 401
        said = browser.post(f"{path}/pass", headers=key)
        assert said.status_code == 204
        words = said.headers["set-cookie"].split("; ")
        assert words[1:] == ["Path=/annotations", "Max-Age=43200", "HttpOnly", "SameSite=Strict"]
        assert browser.get(info).status_code == 200
        assert browser.get(f"/annotations/{marks.id}.line/info").status_code == 200
        # It opens nothing else: not what may be changed, and no other set.
        assert browser.get(path).status_code == 401
        assert browser.post(f"{path}/items", json={"type": "point", "points": [[0, 0, 0]]}).status_code == 401  # fmt: skip
        other = client.annotations.create("Other", space, access="private")
        assert browser.get(f"/annotations/{other.id}/info").status_code == 401
        edit = {"Authorization": f"Bearer {marks.made['edit_key']}"}
        assert browser.delete(path, headers=edit).status_code == 204
        assert browser.get(info).status_code == 410
