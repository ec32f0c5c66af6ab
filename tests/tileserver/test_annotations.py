"""``/api/annotations``: marks that people share, every change kept and told."""

from __future__ import annotations

import json
import math
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from serving import serving, serving_apart

TEMPLATE, LABELS, ATLAS = "icbm152-2009a-sym", "desikan-killiany", "icbm152-desikan-killiany"
PUTAMEN, OUTSIDE = [-26, 6, 0], [0, 0, 100]
HOSTILE = ["<script>alert(1)</script>", "\u202egpj.exe", "'; DROP TABLE atlasview_views; --", "=HYPERLINK(\"x\")", "\\", "%s {0} ${x}", "🧠" * 50, "a\nb\tc", "\ufeff"]  # fmt: skip


@pytest.fixture(scope="module")
def own(sample_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the library, whose annotations are of these tests alone."""
    root = tmp_path_factory.mktemp("annotations") / "library"
    shutil.copytree(sample_library, root, ignore=shutil.ignore_patterns("marks"))
    return root


@pytest.fixture(scope="module")
def site(own: Path) -> Iterator[httpx.Client]:
    with serving([own]) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def space(site: httpx.Client) -> str:
    found: str = site.get(f"/api/atlases/{ATLAS}").json()["space"]
    return found


class Set:
    """A set and the client of who made it."""

    def __init__(self, site: httpx.Client, space: str, **more: Any) -> None:
        body = {"title": "Electrodes", "space": space, **more}
        response = site.post("/api/annotations", json=body)
        assert response.status_code == 201, response.text
        self.made = response.json()
        self.site = site
        self.path = f"/api/annotations/{self.made['id']}"
        self.key = {"Authorization": f"Bearer {self.made['edit_key']}"}

    def ask(self, method: str, path: str = "", **more: Any) -> httpx.Response:
        headers = {**self.key, **more.pop("headers", {})}
        return self.site.request(method, self.path + path, headers=headers, **more)

    def add(self, *points: Any, **more: Any) -> dict[str, Any]:
        body = {"type": "point", "points": list(points) or [PUTAMEN], **more}
        response = self.ask("POST", "/items", json=body)
        assert response.status_code == 201, response.text
        found: dict[str, Any] = response.json()
        return found

    def items(self, **params: Any) -> list[dict[str, Any]]:
        response = self.ask("GET", "/items", params=params)
        assert response.status_code == 200, response.text
        found: list[dict[str, Any]] = response.json()["items"]
        return found


@pytest.fixture
def marks(site: httpx.Client, space: str) -> Set:
    return Set(site, space)


def refused(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == status
    return found


def test_a_set_is_made_and_described(marks: Set, space: str) -> None:
    assert set(marks.made) == {"id", "url", "revision", "edit_key", "read_key"}
    found = httpx.get(marks.made["url"]).json()
    assert (found["title"], found["space"], found["count"]) == ("Electrodes", space, 0)
    assert found["access"] == "readable"
    assert marks.made["edit_key"] not in json.dumps(found)
    listed = marks.site.get("/api/annotations", headers=marks.key).json()["sets"]
    assert [s["id"] for s in listed] == [marks.made["id"]]
    refused(marks.site.get("/api/annotations"), 401)


def test_the_region_is_filled_in(marks: Set) -> None:
    found = marks.add(label="here", author="ann")
    assert found["region"]["name"] == "left putamen"
    assert found["region"]["id"] == 37
    assert [a["acronym"] for a in found["region"]["ancestors"]][:1] == ["brain"]
    assert marks.add(OUTSIDE)["region"] is None
    assert [i["id"] for i in marks.items(region="L.putamen")] == [found["id"]]
    assert [i["id"] for i in marks.items(region="brain")] == [found["id"]]
    assert marks.items(region="L.caudate") == []
    moved = marks.ask("PUT", f"/items/{found['id']}", json={**found, "points": [OUTSIDE]}, headers={"If-Match": '"1"'})  # fmt: skip
    assert moved.json()["region"] is None
    assert moved.json()["created"] == found["created"]


SHAPES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": "line", "points": [[0, 0, 0], [3, 4, 0]]}, {"length_mm": 5}),
    ({"type": "polyline", "points": [[1, 0, 0], [0, 0, 0], [0, 2, 0]]}, {"length_mm": 3, "angle_deg": 90}),
    ({"type": "polygon", "points": [[0, 0, 5], [2, 0, 5], [2, 3, 5], [0, 3, 5]]}, {"area_mm2": 6, "perimeter_mm": 10}),
    ({"type": "polygon", "points": [[0, 0, 0], [0, 4, 4], [0, 0, 8]]}, {"area_mm2": 16}),
    ({"type": "box", "points": [[1, 2, 3], [0, 0, 0]]}, {"volume_mm3": 6, "size_mm": [1, 2, 3]}),
    ({"type": "ellipsoid", "points": [[0, 0, 0], [1, 2, 3]]}, {"volume_mm3": 8 * math.pi}),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "measures"), SHAPES)
def test_shapes_are_measured(marks: Set, shape: dict[str, Any], measures: dict[str, Any]) -> None:
    response = marks.ask("POST", "/items", json=shape)
    assert response.status_code == 201, response.text
    for name, value in measures.items():
        assert response.json()["measures"][name] == pytest.approx(value), name
    found = marks.ask("GET", f"/items/{response.json()['id']}")
    assert found.json() == response.json()
    assert found.headers["etag"] == '"1"'


BAD: list[tuple[dict[str, Any], str, int]] = [
    ({"type": "point"}, "points", 400), ({"points": [[0, 0, 0]]}, "type", 400),
    ({"type": "blob", "points": [[0, 0, 0]]}, "type", 400), ({"type": ["point"], "points": []}, "type", 400),
    ({"type": "point", "points": [[0, 0]]}, "points.0", 400), ({"type": "point", "points": [[0, 0, "a"]]}, "points.0", 400),
    ({"type": "point", "points": [[0, 0, 1e9]]}, "points.0", 400), ({"type": "point", "points": [[0, 0, True]]}, "points.0", 400),
    ({"type": "point", "points": [[0, 0, 10**400]]}, "points.0", 400), ({"type": "point", "points": {}}, "points", 400),
    ({"type": "point", "points": [[0, 0, 0], [1, 1, 1]]}, "points", 400), ({"type": "line", "points": [[0, 0, 0]]}, "points", 400),
    ({"type": "polygon", "points": [[0, 0, 0], [1, 1, 1]]}, "points", 400), ({"type": "ellipsoid", "points": [[0, 0, 0], [0, 1, 1]]}, "points", 400),
    ({"type": "point", "points": [[0, 0, 0]], "color": "red"}, "color", 400), ({"type": "point", "points": [[0, 0, 0]], "tags": "a"}, "tags", 400),
    ({"type": "point", "points": [[0, 0, 0]], "tags": [""]}, "tags.0", 400), ({"type": "point", "points": [[0, 0, 0]], "colour": "#ffffff"}, "colour", 400),
    ({"type": "point", "points": [[0, 0, 0]], "label": 5}, "label", 400), ({"type": "point", "points": [[0, 0, 0]], "label": "\x00"}, "label", 400),
    ({"type": "point", "points": [[0, 0, 0]], "properties": {"A": 1}}, "properties.A", 400), ({"type": "point", "points": [[0, 0, 0]], "properties": {"a": "1"}}, "properties.a", 400),
    ({"type": "point", "points": [[0, 0, 0]], "label": "x" * 301}, "", 413), ({"type": "point", "points": [[0, 0, 0]], "text": "x" * (1 << 20)}, "", 413),
    ({"type": "polyline", "points": [[0, 0, 0]] * 10_001}, "", 413), ({"type": "point", "points": [[0, 0, 0]], "tags": ["x"] * 65}, "", 413),
    ({"items": []}, "items", 400), ({"items": [{"type": "point", "points": [[0, 0, 0]]}, {"type": "point"}]}, "items.1.points", 400),
]  # fmt: skip


@pytest.mark.parametrize(("body", "member", "status"), BAD)
def test_what_does_not_fit_is_named(
    marks: Set, body: dict[str, Any], member: str, status: int
) -> None:
    content = json.dumps(body)
    found = refused(marks.ask("POST", "/items", content=content, headers={"Content-Type": "application/json"}), status)  # fmt: skip
    if member:
        assert found["parameter"].startswith(member)
    assert marks.items() == []


@pytest.mark.parametrize("body", [{"title": "x"}, {"title": "", "space": "s"}, {"title": "x", "space": "nowhere"}, {"title": "x", "space": None, "access": "all"}, {"title": "x", "more": 1}, []])  # fmt: skip
def test_sets_that_are_refused(site: httpx.Client, body: Any) -> None:
    refused(site.post("/api/annotations", json=body), 400)
    refused(site.post("/api/annotations", content="title=x", headers={"Content-Type": "application/x-www-form-urlencoded"}), 415)  # fmt: skip


def test_the_slower_of_two_is_told(marks: Set) -> None:
    one = marks.add()
    path = f"/items/{one['id']}"
    body = {"type": "point", "points": [[1, 1, 1]]}
    assert refused(marks.ask("PUT", path, json=body), 428)["revision"] == 1
    assert marks.ask("PUT", path, json=body, headers={"If-Match": '"1"'}).headers["etag"] == '"2"'
    found = refused(marks.ask("PUT", path, json=body, headers={"If-Match": '"1"'}), 412)
    assert found["revision"] == 2
    assert found["current"]["points"] == [[1, 1, 1]]
    refused(marks.ask("DELETE", path), 428)
    refused(marks.ask("DELETE", path, headers={"If-Match": '"1"'}), 412)
    gone = marks.ask("DELETE", path, headers={"If-Match": '"2"'})
    assert gone.json()["revision"] == 3
    refused(marks.ask("GET", path), 410)
    back = marks.ask("POST", f"{path}/restore", json={"revision": 1}, headers={"If-Match": '"3"'})
    assert back.json()["points"] == one["points"]
    assert marks.ask("GET", path, headers={"If-None-Match": '"4"'}).status_code == 304
    history = marks.ask("GET", f"{path}/history").json()["items"]
    assert [h["action"] for h in history] == ["restore", "delete", "update", "create"]
    refused(marks.ask("GET", "/items/none"), 404)


def test_undo_redo_and_going_back(marks: Set) -> None:
    marks.add([1, 0, 0], author="ann")
    marks.add([2, 0, 0], author="bob")
    there = marks.ask("GET").json()["revision"]
    undone = marks.ask("POST", "/undo", params={"author": "ann"}).json()
    assert [c["action"] for c in undone["changes"]] == ["undo"]
    assert [i["points"] for i in marks.items()] == [[[2, 0, 0]]]
    marks.ask("POST", "/redo", params={"author": "ann"})
    assert [i["points"][0][0] for i in marks.items()] == [1, 2]
    marks.ask("POST", "/undo")
    refused(marks.ask("POST", "/undo", params={"author": "nobody"}), 404)
    assert marks.ask("POST", "/restore", json={"revision": there}).status_code == 200
    assert [i["points"][0][0] for i in marks.items()] == [1, 2]
    history = marks.ask("GET", "/history", params={"limit": 2}).json()
    assert len(history["items"]) == 2
    assert history["next"]
    refused(marks.ask("POST", "/restore", json={"revision": 999}), 404)


def test_a_request_sent_again_is_done_once(marks: Set) -> None:
    once = {"Idempotency-Key": "7c9e"}
    body = {"type": "point", "points": [PUTAMEN]}
    first = marks.ask("POST", "/items", json=body, headers=once)
    again = marks.ask("POST", "/items", json=body, headers=once)
    assert first.json() == again.json()
    assert len(marks.items()) == 1
    refused(marks.ask("POST", "/items", json={**body, "label": "other"}, headers=once), 409)
    once = {"Idempotency-Key": "8", "If-Match": '"1"'}
    path = f"/items/{first.json()['id']}"
    changed = [marks.ask("PUT", path, json={**body, "label": "x"}, headers=once) for _ in range(2)]
    assert [c.status_code for c in changed] == [200, 200]
    assert changed[0].json() == changed[1].json()
    refused(marks.ask("POST", "/items", json=body, headers={"Idempotency-Key": "a b"}), 400)


def test_rights(site: httpx.Client, space: str) -> None:
    body = {"type": "point", "points": [PUTAMEN]}
    for access, reads, marks_ in (("private", 401, 401), ("readable", 200, 401), ("editable", 200, 201)):  # fmt: skip
        found = Set(site, space, access=access)
        reader = {"Authorization": f"Bearer {found.made['read_key']}"}
        wrong = {"Authorization": "Bearer " + "x" * 32}
        for path in ("", "/items", "/history"):
            assert site.get(found.path + path).status_code == reads
            assert site.get(found.path + path, headers=reader).status_code == 200
            assert found.ask("GET", path).status_code == 200
            if access == "private":
                refused(site.get(found.path + path, headers=wrong), 403)
        assert site.post(found.path + "/items", json=body).status_code == marks_
        assert found.ask("POST", "/items", json=body).status_code == 201
        refused(site.delete(found.path), 401)
        refused(site.delete(found.path, headers=reader), 403)
        tag = found.ask("GET").headers["etag"]
        renamed = {"title": "Renamed", "access": access}
        refused(site.put(found.path, json=renamed, headers={**reader, "If-Match": tag}), 403)
        done = found.ask("PUT", json=renamed, headers={"If-Match": tag})
        assert done.status_code == 200, done.text
        assert done.json()["title"] == "Renamed"
        refused(found.ask("PUT", json=renamed, headers={"If-Match": tag}), 412)
        assert found.ask("DELETE").status_code == 204
        refused(found.ask("GET"), 410)
        assert found.ask("POST", "/restore", json={}).json()["title"] == "Renamed"


def test_another_page_cannot_undo(site: httpx.Client, space: str) -> None:
    """What a form elsewhere can send changes nothing, even where the link alone lets people mark."""
    found = Set(site, space, access="editable")
    found.add()
    refused(site.post(f"{found.path}/undo"), 400)
    refused(site.post(f"{found.path}/undo", content="x=1", headers={"Content-Type": "text/plain"}), 400)  # fmt: skip
    assert len(found.items()) == 1
    assert site.post(f"{found.path}/undo", json={}).status_code == 200


def test_text_stays_text(marks: Set) -> None:
    for text in HOSTILE:
        found = marks.add(label=text, text=text, author=text, tags=[text.strip() or "x"])
        read = marks.ask("GET", f"/items/{found['id']}")
        assert read.headers["content-type"] == "application/json"
        for member in ("label", "text", "author"):
            assert read.json()[member] == text
        assert [i["id"] for i in marks.items(tag=read.json()["tags"][0])] == [found["id"]]


def test_lists_are_paged_and_filtered(marks: Set) -> None:
    body = {"items": [{"type": "point", "points": [[i, 0, 0]], "tags": ["even"] if i % 2 == 0 else []} for i in range(25)]}  # fmt: skip
    assert len(marks.ask("POST", "/items", json=body).json()["items"]) == 25
    found: list[float] = []
    after = 0
    while after is not None:
        page = marks.ask("GET", "/items", params={"limit": 10, "next": after}).json()
        found += [i["points"][0][0] for i in page["items"]]
        after = page["next"]
    assert found == list(range(25))
    assert [i["points"][0][0] for i in marks.items(tag="even", mm="3:9,-1:1,0:0")] == [4, 6, 8]
    for wrong in ("mm=1:2", "mm=2:1,0:0,0:0", "mm=a:b,0:0,0:0", "type=blob", "limit=0", "limit=x", "next=-1", "colour=red"):  # fmt: skip
        refused(marks.ask("GET", f"/items?{wrong}"), 400)


class Listener:
    """Who listens to a set, in a thread."""

    def __init__(self, url: str, **headers: str) -> None:
        self.events: list[tuple[float, str, dict[str, Any]]] = []
        self._client = httpx.Client(timeout=30)
        self._stream = self._client.stream("GET", url, headers=headers)
        self._response = self._stream.__enter__()
        assert self._response.status_code == 200
        assert self._response.headers["content-type"].startswith("text/event-stream")
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        kind = ""
        try:
            for line in self._response.iter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    self.events.append((time.monotonic(), kind, json.loads(value)))
        except (httpx.HTTPError, RuntimeError):
            pass

    def wait(self, count: int, seconds: float = 5) -> list[tuple[float, str, dict[str, Any]]]:
        end = time.monotonic() + seconds
        while len(self.events) < count and time.monotonic() < end:
            time.sleep(0.01)
        return self.events

    def close(self) -> None:
        self._response.close()
        self._client.close()
        self._thread.join(5)


def test_changes_are_told_within_a_second(marks: Set) -> None:
    listener = Listener(marks.made["url"] + "/events")
    try:
        assert listener.wait(1)[0][1] == "hello"
        started = time.monotonic()
        one = marks.add(label="now")
        told = listener.wait(2)[1]
        assert told[1] == "change"
        assert told[0] - started < 1
        assert told[2]["annotation"] == one
        marks.ask("DELETE", f"/items/{one['id']}", headers={"If-Match": '"1"'})
        assert listener.wait(3)[2][2]["annotation"] is None
        tag = marks.ask("GET").headers["etag"]
        marks.ask("PUT", json={"title": "New"}, headers={"If-Match": tag})
        assert listener.wait(4)[3][1] == "set"
        marks.ask("DELETE")
        assert listener.wait(5)[4][1] == "gone"
    finally:
        listener.close()


def test_who_was_away_hears_what_was_missed(marks: Set) -> None:
    first = marks.add()
    for i in range(3):
        marks.add([i, 0, 0])
    listener = Listener(marks.made["url"] + "/events", **{"Last-Event-ID": str(first["seq"])})
    try:
        told = listener.wait(4)
        assert [t[2]["annotation"]["points"][0][0] for t in told[1:]] == [0, 1, 2]
    finally:
        listener.close()
    refused(marks.ask("GET", "/events", headers={"Last-Event-ID": "x"}), 400)
    assert marks.ask("HEAD", "/events").status_code == 200


def test_workers_tell_one_another_and_stop_when_told(own: Path, space: str) -> None:
    """Two processes share a set; what is written through one is told by the other, in order."""
    with (
        serving_apart([own], "--workers", "2") as url,
        httpx.Client(base_url=url, timeout=30) as site,
    ):
        found = Set(site, space, access="editable")
        listeners = [Listener(found.made["url"] + "/events") for _ in range(6)]
        errors: list[BaseException] = []

        def write(number: int) -> None:
            try:
                for i in range(6):
                    with httpx.Client(timeout=30) as client:  # a connection each: either worker
                        response = client.post(found.made["url"] + "/items", json={"type": "point", "points": [[number, i, 0]]})  # fmt: skip
                        assert response.status_code == 201, response.text
            except BaseException as exc:
                errors.append(exc)

        threads = [threading.Thread(target=write, args=(n,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        items = found.items()
        assert [i["seq"] for i in items] == list(range(2, 98))
        for number in range(16):
            assert [i["points"][0][1] for i in items if i["points"][0][0] == number] == list(range(6))  # fmt: skip
        for listener in listeners:
            told = [e for e in listener.wait(97) if e[1] == "change"]
            assert [t[2]["revision"] for t in told] == list(range(2, 98))
        started = time.monotonic()
    # the listeners still listen; the server stops all the same
    assert time.monotonic() - started < 10
    for listener in listeners:
        listener.close()


def test_csv_comes_back_as_it_went(marks: Set, site: httpx.Client, space: str) -> None:
    for text in HOSTILE:
        marks.add(
            label=text, text=text, author=text, tags=["a; b\\", "-1"], properties={"size": 2.5}
        )
    for shape, _ in SHAPES:
        assert marks.ask("POST", "/items", json={**shape, "color": "#FF0000"}).status_code == 201
    file = marks.ask("GET", "/export")
    assert file.headers["content-type"].startswith("text/csv")
    assert "attachment" in file.headers["content-disposition"]
    for line in file.text.splitlines():
        assert not line.startswith(("=", "+", "@"))
    assert ",=HYPERLINK" not in file.text
    assert '"=HYPERLINK' not in file.text
    other = Set(site, space)
    done = other.ask("POST", "/import", content=file.content, headers={"Content-Type": "text/csv"})
    assert done.status_code == 201, done.text
    kept = ("type", "points", "label", "text", "author", "tags", "color", "properties", "region", "measures")  # fmt: skip
    assert done.json()["imported"] == len(marks.items())
    for old, new in zip(marks.items(), other.items(), strict=True):
        assert {k: old.get(k) for k in kept} == {k: new.get(k) for k in kept}
    other.ask("POST", "/undo")
    assert other.items() == []


def test_json_and_neuroglancer_come_back(marks: Set, site: httpx.Client, space: str) -> None:
    for shape, _ in SHAPES:
        marks.ask("POST", "/items", json={**shape, "label": "a", "color": "#00ff00"})
    marks.add()
    js = {"Content-Type": "application/json"}
    for form in ("json", "neuroglancer"):
        file = marks.ask("GET", "/export", params={"format": form})
        other = Set(site, space)
        done = other.ask(
            "POST", "/import", params={"format": form}, content=file.content, headers=js
        )
        assert done.status_code == 201, done.text
        for old, new in zip(marks.items(), other.items(), strict=True):
            if form == "neuroglancer" and old["type"] == "polygon":
                assert new["points"] == [*old["points"], old["points"][0]]
                continue
            assert old["points"] == new["points"]
            assert old["label"] == new["label"]
    layer = json.loads(file.text)
    layer["source"]["transform"]["outputDimensions"] = {a: [1e-6, "m"] for a in "xyz"}
    other = Set(site, space)
    done = other.ask("POST", "/import?format=neuroglancer", content=json.dumps({"layers": [{"type": "image"}, layer]}), headers=js)  # fmt: skip
    assert done.status_code == 201, done.text
    assert other.items()[-1]["points"] == [pytest.approx([v * 1e-3 for v in PUTAMEN])]


def test_voxels_and_electrodes(marks: Set) -> None:
    """Row and column of a file become the place that the volume gives them."""
    affine = marks.site.get(f"/api/volumes/{LABELS}").json()["affine"]
    voxel = [round((p - row[3]) / row[i]) for i, (p, row) in enumerate(zip(PUTAMEN, affine[:3], strict=True))]  # fmt: skip
    csv = "x,y,z,score\n" + ",".join(map(str, voxel)) + ",0.5\n"
    kind = {"Content-Type": "text/csv"}
    done = marks.ask("POST", "/import", params={"unit": "voxel", "volume": LABELS}, content=csv, headers=kind)  # fmt: skip
    assert done.status_code == 201, done.text
    one = marks.items()[0]
    assert one["points"][0] == pytest.approx([affine[i][i] * voxel[i] + affine[i][3] for i in range(3)])  # fmt: skip
    assert one["region"]["name"] == "left putamen"
    assert one["properties"] == {"score": 0.5}
    tsv = "name\tx\ty\tz\tsize\tmaterial\nLA1\t-2.6\t0.6\t0\t5\tplatinum\nLA2\tn/a\tn/a\tn/a\tn/a\tn/a\n"
    done = marks.ask("POST", "/import", params={"format": "bids", "unit": "cm"}, content=tsv, headers={"Content-Type": "text/tab-separated-values"})  # fmt: skip
    assert done.json()["imported"] == 1
    two = marks.items()[1]
    assert two["points"][0] == pytest.approx(PUTAMEN)
    assert (two["label"], two["tags"], two["properties"]) == (
        "LA1",
        ["material:platinum"],
        {"size": 5},
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("x,y\n1,2\n", "x, y and z"), ("x,y,z\n1,2,a\n", "row 2.z"), ("x,y,z,x\n1,2,3,4\n", "once"),
        ("x,y,z\n1,2,3\n1,2,3,4\n", "row 3"), ("x,y,z,The Score\n", "header"), ("x,y,z,score\n1,2,3,high\n", "row 2.score"),
        ("type,points\nline,1 2 3\n", "row 2.points"), ("type,x,y,z\nblob,1,2,3\n", "row 2.type"), ("", "header"),
        ('x,y,z,label\n1,2,3,"open', "row 2"), ("x,y,z,color\n1,2,3,red\n", "row 2.color"), ("x,y,z\n1,2,1e99\n", "row 2.points"),
    ],
)  # fmt: skip
def test_a_row_that_does_not_fit_is_named(marks: Set, body: str, said: str) -> None:
    response = marks.ask("POST", "/import", content=body, headers={"Content-Type": "text/csv"})
    assert said in refused(response, 400)["detail"]
    assert marks.items() == []


def test_files_that_are_refused(marks: Set) -> None:
    csv, js = {"Content-Type": "text/csv"}, {"Content-Type": "application/json"}
    row = "x,y,z\n1,2,3\n"
    refused(marks.ask("POST", "/import", content=row, headers=js), 415)
    refused(marks.ask("POST", "/import?format=xls", content=row, headers=csv), 400)
    refused(marks.ask("POST", "/import?unit=foot", content=row, headers=csv), 400)
    refused(marks.ask("POST", "/import?unit=voxel", content=row, headers=csv), 400)
    refused(marks.ask("POST", "/import?unit=voxel&volume=none", content=row, headers=csv), 404)
    refused(marks.ask("POST", "/import", content=b"\xff\xfe", headers=csv), 400)
    refused(marks.ask("POST", "/import", content="x,y,z\n" + "1,2,3\n" * 100_001, headers=csv), 413)
    for wrong in ("5", "{", '{"layers": 5}', '[{"type": "blob"}]', '[{"type": "point"}]', '[{"type": "point", "point": [1, 2, null]}]', '{"annotations": [], "source": {"transform": {"matrix": 5}}}', '{"annotations": [], "source": {"transform": {"outputDimensions": {"x": 5}}}}', "[5]"):  # fmt: skip
        refused(marks.ask("POST", "/import?format=neuroglancer", content=wrong, headers=js), 400)
    axes = {"x": [10**400, "m"], "y": [1, "m"], "z": [1, "m"]}
    far = {"annotations": [], "source": {"transform": {"outputDimensions": axes}}}
    for wrong in ('[{"type": ["point"]}]', '[{"type": {}}]', json.dumps(far)):
        refused(marks.ask("POST", "/import?format=neuroglancer", content=wrong, headers=js), 400)
    for wrong in ('{"items": [5]}', '[{"type": "point", "points": [[1, 2, 3]], "@": "x"}]'):
        refused(marks.ask("POST", "/import?format=json", content=wrong, headers=js), 400)
    deep = "x,y,z,properties\n1,2,3,%s\n" % ("[" * 5000)
    refused(marks.ask("POST", "/import", content=deep, headers=csv), 400)
    refused(marks.ask("GET", "/export?format=xls"), 400)
    refused(marks.site.post(marks.path + "/import", content=row, headers=csv), 401)


def test_what_a_key_opens_is_for_no_shared_cache(marks: Set) -> None:
    for path in ("", "/items", "/history"):
        assert marks.ask("GET", path).headers["cache-control"] == "private, no-cache"
    assert marks.site.get("/api/views").headers["cache-control"] == "no-cache"
