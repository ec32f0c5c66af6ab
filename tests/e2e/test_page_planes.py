"""Planes laid by hand and the figures made of them, beside the server's own pictures."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import httpx
import numpy as np
import pytest
from atlas_page import AtlasPage
from brain import Brain
from PIL import Image
from turns import orientation, rotation

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
CORNERS = ((-60.0, 10.0, 70.0), (50.0, 30.0, 55.0), (-50.0, -20.0, -60.0))


def plane_of(page: AtlasPage, plane: str) -> np.ndarray:
    """Return a panel's directions to the right, down and away, as columns."""
    return rotation(orientation(page.view["camera"]["turn"], plane))


def test_three_points_lay_the_plane_that_the_server_draws_for_them(page: AtlasPage) -> None:
    page.open("#v=1&at=0,0,0&zoom=0.5&reg=0&x=0&layout=coronal")
    page.open_beside("p")
    panel = page.page.get_by_role("region", name="Any plane")
    panel.get_by_role("button", name="Points", exact=True).click()
    for name, point in zip(("First", "Second", "Third"), CORNERS, strict=True):
        panel.get_by_role("textbox", name=f"{name} point").fill(", ".join(map(str, point)))
    panel.get_by_role("checkbox").check()
    panel.get_by_role("button", name="Lay the plane").click()
    panel.get_by_text("The coronal panel shows this plane.").wait_for()
    page.settled()
    picture = page.panel_of(page.picture(), "coronal")[..., 0]
    # The server's picture of the corners, as large on the screen as here.
    a, b = map(np.array, CORNERS[:2])
    width = round(float(np.linalg.norm(b - a)) / 0.5)
    corners = ",".join(str(v) for point in CORNERS for v in point)
    answer = httpx.get(
        f"{page.address}planes/icbm152-2009a-sym.png",
        params={"corners": corners, "width": str(width), "mm_per_pixel": "0.5", "window": "0,229"},
    )
    drawn = np.asarray(Image.open(io.BytesIO(answer.content)).convert("L")).astype(int)
    top, left = (np.array(picture.shape) - drawn.shape) // 2
    assert top > 0
    assert left > 0
    same = picture[top : top + drawn.shape[0], left : left + drawn.shape[1]].astype(int)
    # One interpolates and the other does not: alike but for the edges.
    assert np.corrcoef(same.ravel(), drawn.ravel())[0, 1] > 0.97
    assert np.median(np.abs(same - drawn)) <= 4
    # And it is in the link: what is opened anew lies the same.
    axes = plane_of(page, "coronal")
    for point in CORNERS:
        away = (np.array(point) - page.view["camera"]["at"]) @ axes[:, 2]
        assert away == pytest.approx(0, abs=0.05)


def test_the_ring_the_angles_and_the_line_turn_the_planes(page: AtlasPage, brain: Brain) -> None:
    page.open("#v=1&at=-26,6,0&zoom=0.6&sel=40")
    page.open_beside("p")
    panel = page.page.get_by_role("region", name="Any plane")
    box = page.panel("horizontal")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    radius = min(box["width"], box["height"]) * 0.37
    page.page.mouse.move(x + radius, y)
    page.page.mouse.down()
    angle = np.radians(40)
    page.page.mouse.move(x + radius * np.cos(angle), y + radius * np.sin(angle), steps=4)
    page.page.mouse.up()
    page.settled()
    # As the clock turns by 40 degrees, and the picture with it.
    axes = plane_of(page, "horizontal")
    assert axes[:, 2] == pytest.approx([0, 0, -1], abs=1e-3)
    expected = [np.cos(angle), np.sin(angle), 0]
    assert axes[:, 0] == pytest.approx(expected, abs=0.01)
    assert page.view["camera"]["at"] == [-26, 6, 0]

    panel.get_by_role("button", name="Back to upright").click()
    panel.get_by_role("spinbutton", name="Nod in degrees").fill("30")
    page.page.keyboard.press("Enter")
    page.settled()
    turned = plane_of(page, "horizontal")
    assert turned[:, 0] == pytest.approx([1, 0, 0], abs=1e-3)
    assert turned[:, 1] == pytest.approx([0, -np.cos(np.pi / 6), -0.5], abs=1e-3)

    # Along the selected region: no other direction has less of it before and behind the plane.
    panel.get_by_role("button", name="Along the axis of left hippocampus").click()
    said = panel.get_by_text(re.compile("The .* panel shows this plane"))
    shown = (said.text_content() or "").split()[1]
    page.wait_for("window.atlasview.state().view.camera.at[0] !== -26")
    page.settled()
    spread = np.cov((np.argwhere(brain.labels == 40) @ brain.affine[:3, :3].T).T)
    away = plane_of(page, shown)[:, 2]
    assert away @ spread @ away == pytest.approx(np.linalg.eigvalsh(spread)[0], rel=0.02)

    panel.get_by_role("button", name="Line", exact=True).click()
    panel.get_by_role("textbox", name="Points of the line").fill("x,y,z\n-30,-40,20\n-20,20,-10")
    along = panel.get_by_role("slider", name="How far along the line")
    along.press("End")
    page.settled()
    at, axes = page.view["camera"]["at"], plane_of(page, "coronal")
    assert at == pytest.approx([-20, 20, -10], abs=0.02)
    direction = np.array([10, 60, -30]) / np.linalg.norm([10, 60, -30])
    assert axes[:, 2] == pytest.approx(direction, abs=1e-3)

    # Kept by name, found by the search box, and in a link of its own.
    panel.get_by_role("textbox", name="Name of this plane").fill("Across the tract")
    page.page.keyboard.press("Enter")
    kept = page.hash
    page.page.keyboard.press("Escape")
    page.page.keyboard.press("0")
    page.settled()
    assert page.hash != kept
    page.page.keyboard.press("/")
    page.page.keyboard.type("tract")
    page.page.get_by_role("option", name="Across the tract").click()
    page.settled()
    assert page.hash == kept
    page.open(f"{kept}&plane=Across%20the%20tract")
    page.page.get_by_text("This link shows the plane “Across the tract”.").wait_for()


#: How far to the right an SVG's words go, and how wide it is.
WRITTEN = """(text) => {
  const drawing = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  document.body.append(drawing);
  const ends = [...drawing.querySelectorAll("text")].map((e) => e.getBBox().x + e.getBBox().width);
  drawing.remove();
  return [Math.max(...ends), drawing.viewBox.baseVal.width];
}"""


def test_a_figure_says_how_large_it_is_and_where(new_page: Callable[..., AtlasPage]) -> None:
    page = new_page(scheme="light").open(
        "#v=1&at=-26,6,0&zoom=0.35&layout=coronal&x=0&sel=37&names=1"
    )
    page.wait_for("window.atlasview.state().names.flat().length > 0")
    page.open_beside("p")
    page.page.get_by_role("button", name="Make a figure").click()
    dialog = page.page.get_by_role("dialog", name="A figure of a plane")
    # As many pixels across as a slide has, to begin with.
    width = page.panel("coronal")["width"]
    assert width * int(dialog.get_by_label("Size").input_value()) >= 1600
    dialog.get_by_label("Size").select_option("4")
    page.page.evaluate(AXE.read_text())
    assert page.page.evaluate("axe.run()")["violations"] == []
    panel = page.panel("coronal")
    with page.page.expect_download() as waiting:
        dialog.get_by_role("button", name="Download").click()
    assert waiting.value.suggested_filename == "left-putamen-desikan-killiany-in-icbm-152.png"
    figure = np.asarray(Image.open(waiting.value.path()).convert("RGB")).astype(int)
    assert figure.shape[1] == round(panel["width"]) * 4
    assert figure.shape[0] > panel["height"] * 4
    # The scale bar: the longest white run near the picture's foot, 50 mm at 0.35 / 4 mm a pixel.
    rows = figure[int(panel["height"] * 4) - 90 : int(panel["height"] * 4) - 40, :1200]
    white = (rows > 250).all(axis=2)
    longest = max(max(map(len, re.findall("1+", "".join("1" if v else "0" for v in row))), default=0)
                  for row in white)  # fmt: skip
    assert longest * 0.35 / 4 == pytest.approx(50, abs=0.2)

    dialog.get_by_label("Format").select_option("svg")
    with page.page.expect_download() as waiting:
        dialog.get_by_role("button", name="Download").click()
    root = ElementTree.parse(waiting.value.path()).getroot()
    space = "{http://www.w3.org/2000/svg}"
    names = [title.text for title in root.iterfind(f"{space}path/{space}title")]
    assert names == ["left putamen"]
    said = " ".join(text.text or "" for text in root.iter(f"{space}text"))
    for words in ("y = 6 mm", "50 mm", "Desikan et al. 2006", "BSD-3-Clause", "zoom=0.35", " L "):
        assert words in said
    assert {"left putamen", "putamen"} & {text.text for text in root.iter(f"{space}text")}
    # Nothing written below runs out of it, however long the link is.
    svg = Path(waiting.value.path()).read_text()
    within, wide = page.page.evaluate(WRITTEN, svg)
    assert wide / 2 < within <= wide
    assert page.page.evaluate("axe.run()")["violations"] == []


def test_a_figure_of_all_planes_in_a_row(new_page: Callable[..., AtlasPage]) -> None:
    page = new_page().open("#v=1&at=-26,6,0&zoom=0.5&sel=37")
    page.more("Make a figure")
    dialog = page.page.get_by_role("dialog", name="A figure of a plane")
    dialog.get_by_label("Plane").select_option(label="All planes, in a row")
    assert dialog.get_by_label("Format").is_disabled()
    dialog.get_by_label("Size").select_option("2")
    panels = [page.panel(plane) for plane in ("horizontal", "coronal", "sagittal")]
    wide = [2 * round(panel["width"]) for panel in panels]
    with page.page.expect_download() as waiting:
        dialog.get_by_role("button", name="Download").click()
    figure = np.asarray(Image.open(waiting.value.path()).convert("RGB")).astype(int)
    assert figure.shape[1] == pytest.approx(sum(wide) + 2 * 16, abs=6)
    # Each plane shows the brain, and has a scale bar of its own: white, 50 mm long.
    tall = int(2 * panels[0]["height"])
    left = 0
    for width in wide:
        part = figure[:tall, left : left + width]
        assert (part[tall // 2 - 60 : tall // 2 + 60].std(axis=(0, 1)) > 20).all()
        white = (part[tall - 50 : tall - 20, : width // 3] > 250).all(axis=2)
        runs = ["".join("1" if v else "0" for v in row) for row in white]
        longest = max(len(run) for row in runs for run in re.findall("1*", row))
        assert longest * 0.5 / 2 == pytest.approx(50, abs=1)
        left += width + 16


PLAYED = """async (data) => {
  const video = document.createElement("video");
  video.muted = true;
  video.src = "data:video/webm;base64," + data;
  await new Promise((done, failed) => {
    video.onloadeddata = done;
    video.onerror = () => failed(new Error(video.error.message));
  });
  const shots = [];
  for (const time of [0, video.duration - 0.01]) {
    const sought = new Promise((done) => (video.onseeked = done));
    video.currentTime = time;
    await sought;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    shots.push(canvas.toDataURL());
  }
  return [video.duration, shots];
}"""


def test_a_film_flies_from_view_to_view(new_page: Callable[..., AtlasPage]) -> None:
    page = new_page(width=700, height=480)
    views = ["#v=1&at=-26,6,0&layout=coronal&zoom=0.6&x=0", "#v=1&at=20,-30,10&layout=coronal&zoom=0.3&x=0"]  # fmt: skip
    pictures = []
    page.open(views[0])
    page.page.keyboard.press("p")
    page.page.get_by_role("button", name="Make a film").click()
    film = page.page.get_by_role("region", name="A film")
    film.get_by_text("A film takes two views at least.").wait_for()
    for view in views:
        page.page.evaluate("(hash) => { location.hash = hash; }", view)
        page.wait_for(f"window.atlasview.state().view.camera.zoom === {view.split('zoom=')[1][:3]}")
        page.settled()
        pictures.append(page.picture().astype(float))
        film.get_by_role("button", name="Add this view").click()
    film.get_by_label("Seconds at each").fill("0.2")
    film.get_by_label("Seconds between").fill("0.4")
    page.page.keyboard.press("Tab")
    hash_, walked = page.hash, page.page.evaluate("history.length")

    film.get_by_role("button", name="Make the film").click()
    film.get_by_text("The map shows what is filmed.").wait_for()
    film.get_by_role("button", name="Cancel").click()
    film.get_by_text("The film was called off.").wait_for(timeout=60_000)

    with page.page.expect_download(timeout=120_000) as waiting:
        film.get_by_role("button", name="Make the film").click()
    film.get_by_text("The film is downloaded.").wait_for()
    # Neither the address nor Back know of it.
    assert page.settled() == hash_
    assert page.page.evaluate("history.length") == walked
    data = base64.b64encode(Path(waiting.value.path()).read_bytes()).decode()
    player = page.page.context.new_page()
    duration, shots = player.evaluate(PLAYED, data)
    stills = 2 * round(0.2 * 25) + round(0.4 * 25)
    assert duration == pytest.approx(stills / 25, abs=0.05)
    # Written on and packed, but each end is its own view and not the other one.
    ends = []
    for shot in shots:
        png = base64.b64decode(shot.split(",", 1)[1])
        ends.append(np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(float))
    h, w = ends[0].shape[:2]
    assert abs(h - pictures[0].shape[0]) < 2
    alike = [
        [np.corrcoef(still.ravel(), picture[:h, :w].ravel())[0, 1] for picture in pictures]
        for still in ends
    ]
    assert min(alike[0][0], alike[1][1]) > 0.9
    assert max(alike[0][1], alike[1][0]) < 0.8
