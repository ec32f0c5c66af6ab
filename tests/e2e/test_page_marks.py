"""Annotations on the page: drawn, listed, shared, kept whatever happens."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
from atlas_page import AtlasPage, Point
from brain import Brain
from playwright.sync_api import APIResponse, Route, expect

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
AT = "#v=1&at=-26,6,0&zoom=0.5"
HOSTILE = "<img src=x onerror=alert(1)> \u202eevil\u202c &amp; {title}"


@dataclass(frozen=True)
class Set:
    """A set on a server, seen without the page."""

    client: httpx.Client
    id: str
    key: str

    @property
    def hash(self) -> str:
        """An address that shows it, with its key."""
        return f"{AT}&sets={self.id}&keys={self.id}:{self.key}"

    @property
    def items(self) -> list[dict]:
        """Its annotations, in the order in which they were made."""
        return self.client.get(f"{self.id}/items", headers=self.headers).json()["items"]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def add(self, **said: object) -> dict:
        """Add an annotation."""
        body = {"type": "point", "points": [[-26, 6, 0]], **said}
        return self.client.post(f"{self.id}/items", json=body, headers=self.headers).json()

    def wait_for(self, so: Callable[[list[dict]], bool]) -> list[dict]:
        """Wait until the server has something."""
        end = time.monotonic() + 20
        while not so(found := self.items):
            assert time.monotonic() < end, found
            time.sleep(0.02)
        return found


def new_set(address: str, **said: object) -> Set:
    client = httpx.Client(base_url=f"{address}api/annotations/", timeout=30)
    space = client.get(f"{address}api/atlases").json()["atlases"][0]["space"]
    made = client.post(
        f"{address}api/annotations", json={"title": "Marks", "space": space, **said}
    ).json()
    return Set(client, made["id"], made["edit_key"])


@pytest.fixture
def marks(address: str) -> Iterator[Set]:
    found = new_set(address)
    yield found
    found.client.close()


def opened(page: AtlasPage, shown: Set) -> AtlasPage:
    """Open a set with the panel beside the map, when it hears of changes at once."""
    page.open(shown.hash)
    wide = page.panel("horizontal")["width"]
    page.page.keyboard.press("d")
    page.page.get_by_text("You see what others draw at once").wait_for()
    if page.page.viewport_size["width"] > 700:
        # The map makes room for it.
        frame = "document.querySelector('.frame[data-plane=horizontal]')"
        page.wait_for(f"{frame}.getBoundingClientRect().width < {wide}")
    page.drawn()
    return page


def draw(page: AtlasPage, key: str, plane: str, *points: Point, end: bool = False) -> None:
    page.page.keyboard.press(key)
    for point in points:
        page.click(plane, point)
    if end:
        page.page.keyboard.press("Enter")


def row(page: AtlasPage, text: str):
    return page.page.locator(".mark-row", has_text=text)


def excuse(page: AtlasPage, *words: str) -> None:
    """Take out of the complaints what the browser logs of a failure that was made on purpose."""
    page.complaints[:] = [c for c in page.complaints if not any(w in c for w in words)]


def test_each_shape_is_drawn_measured_and_named_by_its_region(
    page: AtlasPage, marks: Set, brain: Brain
) -> None:
    opened(page, marks)
    black = page.color(page.picture(), "horizontal", (-26, 6, 0))
    draw(page, "p", "horizontal", (-26, 6, 0))
    draw(page, "k", "coronal", (-40, 6, 10), (-20, 6, 10))
    draw(page, "y", "horizontal", (-50, 10, 0), (-40, 10, 0), (-40, 20, 0), end=True)
    draw(page, "g", "sagittal", (-26, 0, 10), (-26, 20, 10), (-26, 20, -10), end=True)
    draw(page, "x", "coronal", (-30, 6, 20), (-10, 6, 40))
    # The server tells all who listen, us too, before its answer is here: it is listed once.
    held: list[tuple[Route, APIResponse]] = []
    saved = page.page.locator(".mark-status", has_text="Saved")
    # "Saved" may still be that of the one before: none waits when the next one is held.
    marks.wait_for(lambda items: len(items) == 5)
    expect(row(page, "Box")).to_have_count(1)
    expect(row(page, "Box")).not_to_contain_text("waits for the server")
    saved.wait_for()
    page.page.route("**/items?author=*", lambda route: held.append((route, route.fetch())), times=1)
    draw(page, "e", "sagittal", (-26, -20, 20), (-26, -20, 28))
    page.page.locator(".mark-set", has_text="6 annotations").wait_for()
    assert row(page, "Ellipsoid").count() == 1
    while not held:  # the news of it may be here before its answer
        page.drawn()
    [(route, answer)] = held
    route.fulfill(response=answer)
    saved.wait_for()
    assert row(page, "Ellipsoid").count() == 1
    found = marks.items
    expected = {
        "point": [(-26, 6, 0)],
        "line": [(-40, 6, 10), (-20, 6, 10)],
        "polyline": [(-50, 10, 0), (-40, 10, 0), (-40, 20, 0)],
        "polygon": [(-26, 0, 10), (-26, 20, 10), (-26, 20, -10)],
        "box": [(-30, -4, 20), (-10, 16, 40)],
        "ellipsoid": [(-26, -20, 20), (8, 8, 8)],
    }
    assert [item["type"] for item in found] == list(expected)
    for item in found:
        # A click is as exact as a pixel, which is half a millimetre.
        points = np.sort(item["points"], 0) if item["type"] == "box" else item["points"]
        assert np.allclose(points, expected[item["type"]], atol=0.6), item
    assert found[0]["region"]["name"] == brain.region_at((-26, 6, 0))["name"]
    row(page, found[0]["region"]["name"]).first.wait_for()

    # What the page measures is what the server measures.
    names = {"polyline": "Path"}
    for item in found[1:]:
        named = names.get(item["type"], item["type"].capitalize())
        shown = page.page.locator(".mark-row", has_text=named).locator(".mark-size").inner_text()
        value, unit = re.fullmatch(r"([\d.]+) (mm[²³]?)", shown).groups()
        member = {"mm": "length_mm", "mm²": "area_mm2", "mm³": "volume_mm3"}[unit]
        assert float(value) == pytest.approx(item["measures"][member], rel=0.01)

    # The engine draws it, and the map tells which it is.
    page.page.keyboard.press("Escape")
    page.page.keyboard.press("Escape")
    page.drawn()
    assert page.color(page.picture(), "horizontal", (-26, 6, 0)) != black
    page.click("horizontal", (-26, 6, 0))
    form = page.page.locator(".mark-form")
    expect(form.get_by_role("heading")).to_have_text("Point")
    form.get_by_label("Label").fill("Contact 1")
    form.get_by_label("Tags").fill("deep, left")
    form.get_by_label("Author").fill("Ada")
    form.get_by_label("Author").press("Tab")
    marks.wait_for(
        lambda items: (
            [items[0][k] for k in ("label", "tags", "author")]
            == ["Contact 1", ["deep", "left"], "Ada"]
        )
    )

    # From the list to the map.
    page.page.get_by_role("searchbox", name="Find in labels").fill("contact DEEP")
    expect(page.page.locator(".mark-row")).to_have_count(1)
    page.page.get_by_role("searchbox", name="Find in labels").fill("")
    row(page, "Ellipsoid").dblclick()
    page.wait_for("Math.abs(window.atlasview.state().view.camera.at[1] + 20) < 1")
    page.page.locator(".mark-list").focus()
    page.page.keyboard.press("Delete")
    marks.wait_for(lambda items: len(items) == 5)
    page.page.keyboard.press("Control+z")
    marks.wait_for(lambda items: len(items) == 6)
    page.page.keyboard.press("Control+Shift+Z")
    marks.wait_for(lambda items: len(items) == 5)


def test_a_shape_is_dragged_and_drawn_in_3d(page: AtlasPage, marks: Set) -> None:
    marks.add(type="line", points=[[-40, 6, 0], [-20, 6, 0]], label="Rod")
    opened(page, marks)
    row(page, "Rod").click()
    mouse = page.page.mouse
    mouse.move(*page.pixel("horizontal", (-20, 6, 0)))
    mouse.down()
    mouse.move(*page.pixel("horizontal", (-10, 12, 0)), steps=4)
    mouse.up()
    end = marks.wait_for(lambda items: items[0]["revision"] == 2)[0]["points"][1]
    assert end == pytest.approx([-10, 12, 0], abs=0.6)
    # In the 3D panel a click is where the surface is that one sees.
    page.page.keyboard.press("p")
    box = page.panel("3d")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x - 3, y - 3)
    mouse.move(x, y)
    # What is under the mouse in space is known when it has been drawn.
    expect(page.page.locator(".status")).to_contain_text("Cursor")
    mouse.click(x, y)
    point = marks.wait_for(lambda items: len(items) == 2)[1]["points"][0]
    assert np.linalg.norm(np.subtract(point, (-26, 6, 0))) < 120
    assert page.view["camera"]["at"] == [-26, 6, 0]


def test_two_see_each_other_and_neither_is_written_over(
    new_page: Callable[..., AtlasPage], marks: Set
) -> None:
    item = marks.add(label="Ours")
    ada, ben = opened(new_page(), marks), opened(new_page(), marks)
    row(ada, "Ours").wait_for()
    marks.add(label="Seen at once", points=[[0, 0, 0]])
    for page in (ada, ben):
        row(page, "Seen at once").wait_for()

    held: list[Route] = []
    ada.page.route(f"**/items/{item['id']}*", lambda route: held.append(route))
    for page, label in ((ada, "Ada's"), (ben, "Ben's")):
        row(page, "Ours").click()
        field = page.page.locator(".mark-form").get_by_label("Label")
        field.fill(label)
        field.press("Enter")
    marks.wait_for(lambda items: items[0]["label"] == "Ben's")
    held[0].continue_()
    ada.page.unroute(f"**/items/{item['id']}*")
    card = ada.page.locator(".conflict")
    card.wait_for()
    assert [cell.strip() for cell in card.locator("tbody td").all_inner_texts()] == [
        "Ada's",
        "Ben's",
    ]
    assert marks.items[0]["label"] == "Ben's"
    card.get_by_role("button", name="Keep mine").click()
    marks.wait_for(lambda items: items[0]["label"] == "Ada's")
    row(ben, "Ada's").wait_for()
    expect(card).to_have_count(0)
    # What both said stays in the history.
    ben.page.locator(".mark-form").get_by_role("button", name="History").click()
    history = ben.page.get_by_role("dialog")
    expect(history.get_by_role("listitem")).to_have_count(3)
    history.get_by_role("listitem").nth(2).get_by_role("button", name="Bring back").click()
    marks.wait_for(lambda items: items[0]["label"] == "Ours")
    excuse(ada, "412")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start_server(library: Path, port: int, database: Path) -> subprocess.Popen:
    server = subprocess.Popen(
        [sys.executable, "-m", "atlasview.cli", "serve", str(library), "--port", str(port)],
        env={
            **os.environ,
            "ATLASVIEW_NO_BROWSER": "1",
            "ATLASVIEW_DATABASE_URL": f"sqlite:///{database}",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).raise_for_status()
            return server
        except httpx.HTTPError:
            assert time.monotonic() < end
            assert server.poll() is None
            time.sleep(0.05)


def test_what_waits_when_the_server_is_killed_goes_through_once(
    new_page: Callable[..., AtlasPage], sample_library: Path, tmp_path: Path
) -> None:
    port = free_port()
    server = start_server(sample_library, port, tmp_path / "marks.sqlite")
    marks = new_set(f"http://127.0.0.1:{port}/")
    try:
        page = opened(new_page(url=f"http://127.0.0.1:{port}/"), marks)

        # The server did it, and its answer was lost.
        def lose(route: Route) -> None:
            route.fetch()
            route.abort()

        page.page.route("**/items?author=*", lose, times=1)
        draw(page, "p", "horizontal", (-26, 6, 0))
        expect(page.page.locator(".mark-row")).to_have_count(1)
        expect(page.page.get_by_text("waits for the server")).to_have_count(0, timeout=20_000)
        assert len(marks.items) == 1

        server.send_signal(signal.SIGKILL)
        server.wait(20)
        draw(page, "p", "horizontal", (-10, 6, 0), (0, 20, 0))
        page.page.locator(".mark-status.warns", has_text="2 changes are kept here").wait_for()
        context = page.page.context
        # Whoever leaves is asked; the edits stay.
        asked: list[str] = []
        page.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        page.page.close(run_before_unload=True)
        page.page.wait_for_event("close") if not page.page.is_closed() else None
        assert asked == ["beforeunload"]

        server = start_server(sample_library, port, tmp_path / "marks.sqlite")
        later = AtlasPage(context.new_page(), page.address)
        later.open(AT)
        found = marks.wait_for(lambda items: len(items) >= 3)
        later.page.get_by_text("2 changes from your last visit").wait_for()
        assert [item["points"][0][0] for item in found] == pytest.approx([-26, -10, 0], abs=0.6)
        history = marks.client.get(f"{marks.id}/history", headers=marks.headers).json()["items"]
        assert len(history) == 3
        assert later.complaints == []
        excuse(page, "net::ERR")
    finally:
        marks.client.close()
        server.terminate()
        server.wait(20)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_hostile_text_is_text_and_axe_finds_nothing(
    new_page: Callable[..., AtlasPage], address: str, scheme: str
) -> None:
    marks = new_set(address, title=HOSTILE)
    marks.add(label=HOSTILE, text=HOSTILE, tags=[HOSTILE], author=HOSTILE)
    page = opened(new_page(scheme=scheme), marks)
    row(page, "evil").click()
    assert page.page.locator(".mark-name").first.inner_text() == HOSTILE
    expect(page.page.locator(".mark-form").get_by_label("Label")).to_have_value(HOSTILE)
    page.page.keyboard.press("g")
    page.click("horizontal", (-26, 6, 0))
    page.page.evaluate(AXE.read_text(encoding="utf-8"))
    problems = page.page.evaluate("axe.run()")["violations"]
    assert [(p["id"], [n["target"] for n in p["nodes"]]) for p in problems] == []
    page.page.get_by_role("button", name="Share and settings").click()
    assert page.page.get_by_role("dialog").get_by_role("heading").first.inner_text() == HOSTILE
    problems = page.page.evaluate("axe.run()")["violations"]
    assert [(p["id"], [n["target"] for n in p["nodes"]]) for p in problems] == []
    assert page.page.locator("#marks img, dialog img").count() == 0
    marks.client.close()


def test_a_finger_places_a_point_and_still_pans(
    new_page: Callable[..., AtlasPage], marks: Set
) -> None:
    page = opened(new_page(width=390, height=844, touch=True), marks)
    page.page.get_by_role("button", name="Point (P)").tap()
    page.page.touchscreen.tap(*page.pixel("horizontal", (-20, 10, 0)))
    point = marks.wait_for(lambda items: len(items) == 1)[0]["points"][0]
    assert point == pytest.approx([-20, 10, 0], abs=1)
    from test_page_touch import Fingers

    x, y = page.pixel("horizontal", (-10, 10, 0))
    fingers = Fingers(page)
    fingers.down((x, y))
    fingers.move((x + 40, y))
    fingers.up()
    page.wait_for("window.atlasview.state().view.camera.at[0] < -36")
    assert len(marks.items) == 1


def test_a_file_goes_in_and_out_and_a_large_set_streams(page: AtlasPage, marks: Set) -> None:
    rng = np.random.default_rng(6)
    points = rng.uniform((-60, -60, -2), (60, 60, 2), (5200, 3))
    lines = [f"{x:.3f},{y:.3f},{z:.3f},{i % 7}" for i, (x, y, z) in enumerate(points)]
    opened(page, marks)
    with page.page.expect_file_chooser() as chooser:
        page.page.get_by_role("button", name="Import a file").click()
    chooser.value.set_files(
        {"name": "cells.csv", "mimeType": "text/csv", "buffer": b"x,y,z,size\n1,2,oops,3\n"}
    )
    dialog = page.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Import").click()
    # The server's report names the row.
    expect(dialog.get_by_role("alert")).to_contain_text("row")
    page.page.keyboard.press("Escape")
    page.drop("cells.csv", "\n".join(["x,y,z,size", *lines]))
    dialog.get_by_role("button", name="Import").click()
    page.page.get_by_text("5,200 annotations were imported").wait_for()
    expect(page.page.locator(".points")).to_be_hidden()
    excuse(page, "400", "422")

    asked: list[str] = []
    page.page.on("request", lambda request: asked.append(request.url))
    page.open(marks.hash)
    page.page.keyboard.press("d")
    page.page.get_by_text("of 5,200 are listed").wait_for()
    page.drawn()
    assert any(f"/annotations/{marks.id}/spatial" in url for url in asked)
    picture = page.panel_of(page.picture(), "horizontal").astype(int)
    yellow = (picture[..., 0] > 200) & (picture[..., 1] > 200) & (picture[..., 2] < 80)
    assert yellow.sum() > 500
    page.page.get_by_role("combobox", name="Colour").select_option("number:size")
    page.drawn()
    page.wait_for("window.atlasview.state().loaded")
    picture = page.panel_of(page.picture(), "horizontal").astype(int)
    yellow = (picture[..., 0] > 200) & (picture[..., 1] > 200) & (picture[..., 2] < 30)
    assert yellow.sum() < 100
    # Whoever gets the address sees the same; a private set streams to who has its key.
    page.wait_for("location.hash.includes(':.size::0:6')")
    shared = page.page.evaluate("location.hash")
    about = marks.client.get(marks.id, headers=marks.headers)
    private = {**about.json(), "access": "private"}
    tag = {"If-Match": about.headers["etag"], **marks.headers}
    assert marks.client.put(marks.id, json=private, headers=tag).status_code == 200
    page.page.goto("about:blank")
    asked.clear()
    with page.page.expect_response(lambda answer: f"/annotations/{marks.id}/spatial" in answer.url) as told:  # fmt: skip
        page.open(f"{shared}&keys={marks.id}:{marks.key}")
    assert told.value.status == 200
    assert not any(marks.key in url for url in asked)
    page.page.keyboard.press("d")
    page.drawn()
    expect(page.page.get_by_role("combobox", name="Colour")).to_have_value("number:size")
    picture = page.panel_of(page.picture(), "horizontal").astype(int)
    teal = (picture[..., 0] < 60) & (abs(picture[..., 1] - 145) < 25) & (abs(picture[..., 2] - 140) < 25)  # fmt: skip
    assert teal.sum() > 50

    with page.page.expect_download() as saved:
        page.page.locator("summary[aria-label=Export]").click()
        page.page.get_by_role("button", name="Table (CSV)").click()
    written = Path(saved.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(written) == 5201
