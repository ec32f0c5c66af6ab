"""The atlas on the page: depth, sides, hiding, colours, surfaces, names, lists of points."""

from __future__ import annotations

import colorsys
import io
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest
from atlas_page import AtlasPage
from brain import Brain
from PIL import Image
from playwright.sync_api import expect

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
#: Regions alone, filled, at full strength, in one plane.
PLAIN = "#v=1&at=-26,6,0&zoom=0.5&layout=horizontal&tpl=0&ol=0&op=1&x=0&zoom3=300"
SEED, COUNT = 5, 60


def points(brain: Brain) -> list[tuple[float, float, float]]:
    return brain.voxels_in_plane(2, 0.0, seed=SEED, count=COUNT, reach=80)


def named(brain: Brain, name: str) -> dict:
    return next(r for r in brain.regions.values() if r["name"] == name)


def still(page: AtlasPage) -> np.ndarray:
    """The picture, with the mouse out of the way."""
    page.page.mouse.move(2, 2)
    return page.drawn().picture()


def cut(brain: Brain, point: tuple[float, float, float], depth: int) -> dict:
    path = brain.region_at(point)["structure_id_path"]
    return brain.regions[path[min(depth, len(path) - 1)]]


def test_the_tree_cut_at_a_depth_in_slices_names_and_link(
    new_page: Callable[..., AtlasPage], brain: Brain
) -> None:
    page = new_page().open(PLAIN)
    slider = page.page.get_by_role("slider", name="Depth of the tree that is drawn")
    slider.focus()
    page.page.keyboard.press("ArrowLeft")
    page.page.keyboard.press("ArrowLeft")
    page.wait_for("window.atlasview.state().view.style.depth === 1")
    picture = still(page)
    for point in points(brain):
        assert page.color(picture, "horizontal", point) == tuple(cut(brain, point, 1)["rgb"])
    deep = next(p for p in points(brain) if len(brain.region_at(p)["structure_id_path"]) == 4)
    page.hover("horizontal", deep)
    page.tooltip(cut(brain, deep, 1)["name"])
    page.click("horizontal", deep)
    page.wait_for("window.atlasview.state().view.style.selected.length === 1")
    assert page.view["style"]["selected"] == [str(cut(brain, deep, 1)["id"])]
    page.page.keyboard.press("Escape")
    link = page.settled()
    assert "depth=1" in link
    again = new_page().open(link)
    np.testing.assert_array_equal(still(again), still(page))
    for _ in range(2):
        page.page.keyboard.press("]")
    page.wait_for("window.atlasview.state().view.style.depth === null")


def test_hiding_isolating_and_colouring_by_keys_and_card(
    new_page: Callable[..., AtlasPage], brain: Brain
) -> None:
    page = new_page().open(PLAIN)
    cortex = brain.with_descendants(named(brain, "Cerebral cortex")["id"])
    page.page.get_by_role("tree", name="Regions").focus()
    for key in ("Home", "ArrowDown", "h"):
        page.page.keyboard.press(key)
    row = page.page.get_by_role("treeitem", name="Cerebral cortex")
    expect(row).to_contain_text("hidden")
    expect(page.page.locator(".tree-hidden")).to_contain_text("1 region hidden")
    picture = still(page)
    for point in points(brain):
        shown = brain.label_at(point) not in cortex
        wanted = brain.rgb_at(point) if shown else (0, 0, 0)
        assert page.color(picture, "horizontal", point) == wanted
    page.page.get_by_role("button", name="Show all", exact=True).click()
    expect(page.page.locator(".tree-hidden")).to_be_hidden()

    page.page.get_by_role("treeitem", name="Basal ganglia").click()
    card = page.page.get_by_role("region", name="Selected region")
    expect(card).to_contain_text("% of what it is part of")
    expect(card.get_by_role("heading", name="Touches")).to_be_visible()
    card.get_by_role("button", name="Isolate").click()
    card.get_by_label("Colour of this region").fill("#12ab34")
    page.wait_for("Object.keys(window.atlasview.state().view.style.colors).length === 1")
    basal = brain.with_descendants(named(brain, "Basal ganglia")["id"])
    picture = still(page)
    for point in points(brain):
        wanted = (0x12, 0xAB, 0x34) if brain.label_at(point) in basal else (0, 0, 0)
        assert page.color(picture, "horizontal", point) == wanted
    link = page.settled()
    np.testing.assert_array_equal(still(new_page().open(link)), picture)
    page.page.get_by_role("button", name="Own colour").click()
    page.page.keyboard.press("i")
    page.wait_for("!window.atlasview.state().view.style.isolate")
    neighbour = card.locator(".neighbours .crumb").first
    name = neighbour.inner_text()
    neighbour.click()
    expect(card.get_by_role("heading", level=2)).to_have_text(name)


def test_one_side_and_a_palette_in_which_neighbours_differ(
    page: AtlasPage, brain: Brain, address: str
) -> None:
    page.open(PLAIN)
    page.page.get_by_role("button", name="Left hemisphere only").click()
    page.open_beside("l")
    page.page.locator("#layers").get_by_label("Colours").select_option("Safe for colour-blind eyes")
    page.wait_for("window.atlasview.state().view.style.palette === 'safe'")
    regions = httpx.get(
        f"{address}api/atlases/icbm152-desikan-killiany/regions?palette=safe", timeout=60
    ).json()["regions"]
    rgb = {r["id"]: tuple(r["rgb"]) for r in regions}
    side = {r["id"]: r["hemisphere"] for r in regions}
    page.resized(page.page.get_by_role("button", name="Close the layers panel").click)
    # The colours come from the server: the swatch of the first row tells when they are there.
    stem = next(i for i, r in brain.regions.items() if r["name"] == "brainstem")
    want = f"rgb({', '.join(map(str, rgb[stem]))})"
    row = page.page.get_by_role("treeitem", name="brainstem").locator(".swatch")
    expect(row).to_have_css("background-color", want)
    picture = still(page)
    for point in points(brain):
        region = brain.region_at(point)["id"]
        wanted = (0, 0, 0) if side[region] == "right" else rgb[region]
        assert page.color(picture, "horizontal", point) == wanted


def hues(picture: np.ndarray, rgb: tuple[int, int, int]) -> int:
    """How many pixels have the hue of a colour, lit however."""
    wanted, _, _ = colorsys.rgb_to_hsv(*(v / 255 for v in rgb))
    pixels = picture.reshape(-1, 3).astype(float) / 255
    high, low = pixels.max(axis=1), pixels.min(axis=1)
    vivid = (high > 0.15) & (high - low > 0.5 * high)
    hue = np.array([colorsys.rgb_to_hsv(*p)[0] for p in pixels[vivid]])
    return int((np.abs(hue - wanted) < 0.02).sum()) if len(hue) else 0


def test_surfaces_of_what_is_selected_are_seen_named_and_picked(
    page: AtlasPage, brain: Brain
) -> None:
    basal = named(brain, "Basal ganglia")
    page.open("#v=1&layout=3d&zoom3=150&at=-10,0,0&sec=0&sh=0&q3=0,0.7071,0.7071,0")
    assert hues(still(page), tuple(named(brain, "left putamen")["rgb"])) == 0
    page.page.get_by_role("treeitem", name="Basal ganglia").click()
    page.wait_for("window.atlasview.state().solids > 1")
    picture = still(page)
    for name in ("left putamen", "right putamen"):
        assert hues(picture, tuple(named(brain, name)["rgb"])) > 300
    # In its own colour the putamen is where its pixels are: their middle is on it.
    wanted, _, _ = colorsys.rgb_to_hsv(*(v / 255 for v in named(brain, "left putamen")["rgb"]))
    pixels = picture.astype(float) / 255
    hue = np.array([[colorsys.rgb_to_hsv(*p)[0] for p in row] for row in pixels[::6, ::6]])
    vivid = np.ptp(pixels[::6, ::6], axis=2) > 0.3
    ys, xs = np.nonzero((np.abs(hue - wanted) < 0.015) & vivid)
    middle = np.argmin((xs - np.median(xs)) ** 2 + (ys - np.median(ys)) ** 2)
    box = page.page.locator(".surface").bounding_box()
    x, y = box["x"] + 6 * float(xs[middle]), box["y"] + 6 * float(ys[middle])
    page.page.mouse.move(x - 3, y)
    page.page.mouse.move(x, y)
    page.page.locator(".tooltip .tip-name", has_text="putamen").wait_for()
    page.page.mouse.click(x, y)
    expect(page.page.locator(".details h2")).to_contain_text("putamen")
    page.open_beside("l")
    page.page.get_by_role("group", name="Regions’ surfaces").get_by_role(
        "button", name="None"
    ).click()
    page.page.keyboard.press("Escape")
    assert hues(still(page), tuple(basal["rgb"])) == 0
    page.page.get_by_role("button", name="Layers").click()
    page.page.get_by_label("Outside of the brain").check()
    page.page.get_by_role("button", name="Close the layers panel").click()
    assert still(page).any()
    assert "m3=none" in page.settled()


def test_a_panel_s_address_is_its_picture(new_page: Callable[..., AtlasPage], brain: Brain) -> None:
    page = new_page()
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.open(
        "#v=1&at=-12,-18,2&zoom=0.5&layout=coronal&sel=1002,1010&hid=83&side=left&depth=2&pal=safe"
        "&col=1017:ff8800&ol=0&op=0.6&x=0"
    )
    swatch = page.page.get_by_role("treeitem", name="Thalamus").locator(".swatch")
    expect(swatch).to_have_css("background-color", "rgb(255, 136, 0)")
    own = page.panel_of(still(page), "coronal")
    page.page.get_by_role("button", name="Copy the address of this picture").press("Enter")
    page.page.locator(".notice", has_text="The picture’s address is copied.").wait_for()
    url = page.page.evaluate("navigator.clipboard.readText()")
    answer = httpx.get(url, timeout=60)
    assert answer.status_code == 200, answer.text
    with Image.open(io.BytesIO(answer.content)) as image:
        rgba = np.asarray(image.convert("RGBA")).astype(float)
    theirs = rgba[..., :3] * rgba[..., 3:] / 255
    theirs = theirs[2 : 2 + own.shape[0], 2 : 2 + own.shape[1]]
    # A voxel's edge may fall on either side of a pixel, and grey is interpolated on the server.
    apart = np.abs(theirs - own).max(axis=2)
    assert np.median(apart[own.max(axis=2) > 0]) <= 6
    for hue in ((255, 136, 0),):
        here, there = hues(own, hue), hues(theirs.astype(np.uint8), hue)
        assert here > 500
        assert abs(here - there) < 0.08 * here


def test_names_lie_on_the_regions_that_they_name(page: AtlasPage, brain: Brain) -> None:
    page.open("#v=1&at=-12,-10,4&zoom=0.22&layout=horizontal&depth=2&x=0&q=0.9914,0,0.1305,0")
    page.page.keyboard.press("n")
    page.wait_for("window.atlasview.state().names.flat().length > 5")
    names = page.page.evaluate("window.atlasview.state().names")[0]
    camera, box = page.view["camera"], page.panel("horizontal")
    qx, qy, qz, qw = camera["turn"]
    turned = np.array([
        [1 - 2 * (qy * qy + qz * qz), 2 * (qx * qy - qz * qw), 2 * (qx * qz + qy * qw)],
        [2 * (qx * qy + qz * qw), 1 - 2 * (qx * qx + qz * qz), 2 * (qy * qz - qx * qw)],
        [2 * (qx * qz - qy * qw), 2 * (qy * qz + qx * qw), 1 - 2 * (qx * qx + qy * qy)],
    ])  # fmt: skip
    for name in names:
        across = (name["x"] - box["width"] / 2) * camera["zoom"]
        down = (name["y"] - box["height"] / 2) * camera["zoom"]
        point = tuple(np.array(camera["at"]) + turned[:, 0] * across + turned[:, 1] * down)
        region = cut(brain, point, 2)
        assert name["id"] == str(region["id"])
        assert name["text"] in (region["name"], region["acronym"])
    assert "names=1" in page.settled()
    page.page.keyboard.press("n")
    page.wait_for("window.atlasview.state().names.flat().length === 0")


def test_a_list_of_points_dropped_on_the_page(page: AtlasPage, brain: Brain) -> None:
    page.open("#v=1&at=0,0,0&zoom=0.5")
    inside = points(brain)
    rows = [f"c{i},{p[0]},{p[1]},{p[2]}" for i, p in enumerate(inside)]
    rows[3:3] = ["bad,1,two,3"]
    rows += [f"out{i},{i % 7},-300,0" for i in range(30_000)]
    text = "contact,x,y,z\n" + "\n".join(rows) + "\n"
    page.drop("mine.csv", text)
    table = page.page.get_by_role("region", name="Points and their regions")
    expect(table).to_contain_text("30,060 points, 60 in regions", timeout=30_000)
    table.get_by_text("1 row was left out").click()
    expect(table).to_contain_text("Line 5: y is “two”, which is not a number.")
    grid = table.get_by_role("grid")
    expect(grid).to_have_attribute("aria-rowcount", "30061")
    assert table.locator(".points-row").count() < 60
    first = table.locator('.points-row[data-index="0"]')
    expect(first).to_contain_text(brain.region_at(inside[0])["name"])
    grid.focus()
    page.page.keyboard.press("End")
    expect(table.locator('.points-row[data-index="30059"]')).to_contain_text("out29999")
    page.page.keyboard.press("Home")
    page.page.keyboard.press("Enter")
    page.wait_for(f"window.atlasview.state().view.camera.at[0] === {inside[0][0]}")
    expect(page.page.locator(".details h2")).to_have_text(brain.region_at(inside[0])["name"])
    # They stand on the map, too: a yellow dot at the crosshair now.
    page.drawn()
    red, green, blue = page.color(page.picture(), "coronal", inside[0])
    assert min(red, green) > 200 > 2 * blue
    with page.page.expect_download() as waiting:
        table.get_by_role("link", name="Download CSV").click()
    lines = Path(waiting.value.path()).read_text().splitlines()
    assert lines[0].startswith("contact,x,y,z,region_id,region_acronym,region_name,ancestors")
    assert "distance_mm" in lines[0]
    assert len(lines) == 30_061
    assert waiting.value.suggested_filename == "mine-regions.csv"
    page.drop("wrong.csv", "a,b\n1,2\n")
    page.page.locator(".notice", has_text="must name the columns x, y and z").wait_for()
    page.drop("brain.nii.gz", "")
    page.page.locator(".notice", has_text="“brain.nii.gz” cannot be taken here").wait_for()
    # Who is not at annotations hears nothing of them.
    expect(page.page.locator("#marks")).to_be_hidden()
    expect(page.page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_that_axe_finds_in_the_atlas(
    new_page: Callable[..., AtlasPage], scheme: str
) -> None:
    page = new_page(scheme=scheme)
    page.open("#v=1&at=-26,6,0&zoom=0.5&sel=1016&hid=1010&depth=2&iso=1&names=1&col=1016:ff8800")
    page.page.get_by_role("searchbox", name="Filter the tree").fill("putamen")
    expect(page.page.locator(".tree-found")).to_have_text("5")
    page.drop("a.csv", "x,y,z\n-26,6,0\n1,x,2\n0,0,200\n")
    page.page.get_by_role("region", name="Points and their regions").wait_for()
    expect(page.page.locator(".details .facts")).to_contain_text("Volume")
    page.page.get_by_role("button", name="Layers").click()
    page.page.evaluate(AXE.read_text())
    found = page.page.evaluate("axe.run()")["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == []
