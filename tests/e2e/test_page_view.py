"""The view: its address, its layers, its words when something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cmap
import numpy as np
import pytest
import zarr
from atlas_page import AtlasPage
from playwright.sync_api import expect

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"


def test_a_link_opens_exactly_the_same_picture(new_page: Callable[..., AtlasPage]) -> None:
    first = new_page().open("#v=1&at=-26,6,0&zoom=0.4")
    box = first.panel("horizontal")
    mouse = first.page.mouse
    mouse.move(box["x"] + 80, box["y"] + 90)
    mouse.wheel(0, -73)
    first.wait_for("window.atlasview.state().view.camera.zoom !== 0.4")
    first.page.keyboard.down("Shift")
    mouse.down()
    mouse.move(box["x"] + 150, box["y"] + 130, steps=5)
    mouse.up()
    first.page.keyboard.up("Shift")
    first.click("horizontal", tuple(first.view["camera"]["at"]))
    first.page.keyboard.press("o")
    mouse.move(2, 2)
    first.settled()
    first.wait_for("location.hash.includes('q=')")
    link = first.settled()
    # A gesture is put exactly where the address says when it is over: wait for that, not for time.
    first.wait_for("window.atlasview.state().settled")
    picture = first.drawn().picture()
    second = new_page().open(first.hash)
    assert second.hash == first.hash == link
    np.testing.assert_array_equal(second.picture(), picture)


def test_back_and_forward_walk_the_views(page: AtlasPage) -> None:
    page.open("#v=1&at=0,0,0&zoom=0.6")
    walked = [page.settled()]
    before = page.page.evaluate("history.length")
    page.page.keyboard.press("2")
    walked.append(page.settled())
    x, y = page.pixel("horizontal", (0.0, 0.0, 0.0))
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    page.page.mouse.move(x + 60, y + 30, steps=12)
    page.page.mouse.up()
    page.wait_for("window.atlasview.state().settled")
    walked.append(page.settled())
    page.click("horizontal", (-26.0, 6.0, 0.0))
    page.wait_for("window.atlasview.state().view.style.selected.length === 1")
    walked.append(page.settled())
    assert len(set(walked)) == 4
    assert page.page.evaluate("history.length") == before + 3
    for expected in walked[-2::-1]:
        page.page.go_back()
        page.wait_for(f"window.atlasview.state().hash === {expected!r}")
        assert page.settled() == expected
    for expected in walked[1:]:
        page.page.go_forward()
        page.wait_for(f"window.atlasview.state().hash === {expected!r}")
        assert page.settled() == expected


def test_what_a_link_says_in_vain_is_said(page: AtlasPage) -> None:
    page.open("#v=1&at=-26,6,0&colour=red&sel=37,999999&t=nowhere")
    notice = page.page.locator(".notice")
    expect(notice).to_contain_text("“colour=red”")
    expect(notice).to_contain_text("not in this parcellation")
    expect(notice).to_contain_text("no template “nowhere”")
    assert page.view["camera"]["at"] == [-26, 6, 0]
    assert page.view["style"]["selected"] == ["37"]


@pytest.mark.parametrize("bad", ["#v=99&at=1,2,3", "#at=here", "#!{}", "#%E0%A4%A"])
def test_a_bad_link_opens_the_first_view_and_says_so(page: AtlasPage, bad: str) -> None:
    page.open(bad)
    expect(page.page.locator(".notice")).to_contain_text("link")
    assert page.view["camera"]["at"] == [0, -18, 22]


def test_a_typed_position_is_gone_to(page: AtlasPage) -> None:
    page.open()
    field = page.page.get_by_role("textbox", name="Position")
    field.fill("-26 6.5 0")
    field.press("Enter")
    page.wait_for("window.atlasview.state().view.camera.at.join() === '-26,6.5,0'")
    assert "at=-26,6.5,0" in page.hash
    expect(field).to_have_value("-26.0, 6.5, 0.0")
    field.fill("over there")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert page.view["camera"]["at"] == [-26, 6.5, 0]


def test_contrast_gamma_and_layers_change_the_picture(page: AtlasPage) -> None:
    page.open("#v=1&at=-26,6,0&zoom=0.5&layout=horizontal&reg=0&x=0")
    page.resized(page.page.get_by_role("button", name="Layers", exact=True).click)
    layers = page.page.get_by_role("region", name="Layers")

    def mean() -> float:
        return float(page.drawn().picture().mean())

    plain = mean()
    layers.get_by_role("spinbutton", name="White at, value").fill("120")
    layers.get_by_role("spinbutton", name="White at, value").press("Enter")
    brighter = mean()
    assert brighter > plain * 1.1
    assert page.view["style"]["window"] == [0, 120]
    layers.get_by_role("button", name="Reset").click()
    assert mean() == plain
    layers.get_by_role("slider", name="Gamma").press("End")
    assert mean() < plain * 0.8
    layers.get_by_role("slider", name="Gamma").fill("1")
    layers.get_by_label("Colour map").select_option("viridis")
    assert page.view["style"]["colormap"] == "viridis"
    seen = np.unique(
        page.drawn().panel_of(page.picture(), "horizontal")[:-60].reshape(-1, 3), axis=0
    )
    table = np.rint(np.array(cmap.Colormap("viridis").lut(256))[:, :3] * 255)
    strange = [tuple(c) for c in seen if np.abs(table - c).max(axis=1).min() > 3]
    assert len(seen) > 100
    assert strange in ([], [(0, 0, 0)])  # the ground beside the volume
    layers.get_by_label("Colour map").select_option("gray")
    layers.get_by_role("checkbox", name="Black and white turned over").check()
    assert mean() > plain * 1.2
    layers.get_by_role("checkbox", name="Black and white turned over").uncheck()
    assert mean() == plain
    layers.get_by_role("checkbox", name="Template").uncheck()
    # What is left is the scale bar.
    assert mean() < 0.05 * plain
    layers.get_by_role("checkbox", name="Parcellation").check()
    assert mean() > 0.1 * plain


def test_opacity_is_that_of_the_regions(page: AtlasPage) -> None:
    link = "#v=1&at=-26,6,0&zoom=0.5&layout=horizontal&tpl=0&ol=0&x=0&op="
    full = page.open(link + "1").panel_of(page.picture(), "horizontal").astype(int)
    half = page.open(link + "0.5").panel_of(page.picture(), "horizontal").astype(int)
    # The scale bar is at the lower left.
    half, full = half[:-60], full[:-60]
    assert full.max() > 200
    assert np.abs(half - full / 2).max() <= 1


@pytest.mark.parametrize("zoom", [0.11, 0.5])
def test_outlines_are_the_borders_one_pixel_wide(page: AtlasPage, zoom: float) -> None:
    link = f"#v=1&at=-26,6,0&zoom={zoom}&layout=horizontal&tpl=0&op=1&x=0&ol="
    filled = page.open(link + "0").panel_of(page.picture(), "horizontal").astype(int)
    lines = page.open(link + "1").panel_of(page.picture(), "horizontal").astype(int)
    border = np.zeros(filled.shape[:2], bool)
    border[:, :-1] |= (filled[:, 1:] != filled[:, :-1]).any(axis=2)
    border[:-1] |= (filled[1:] != filled[:-1]).any(axis=2)
    drawn = lines.any(axis=2)
    # The scale bar is at the lower left in both.
    area = np.ones_like(drawn)
    area[-60:, :180] = False
    assert not (border & ~drawn)[area].any()
    # Neighbours of the same colour have a border too, which no colours show.
    assert (drawn & ~border)[area].sum() < 0.15 * border.sum()
    both = page.open(link + "2").panel_of(page.picture(), "horizontal").astype(int)
    assert (both.any(axis=2) == (filled.any(axis=2) | drawn)).all()


def test_layouts_and_their_keys(page: AtlasPage) -> None:
    page.open()
    for key, panels in (
        ("2", ["Horizontal"]),
        ("3", ["Coronal"]),
        ("4", ["Sagittal"]),
        ("5", ["3D"]),
        ("1", ["Horizontal", "Sagittal", "Coronal", "3D"]),
    ):
        page.page.keyboard.press(key)
        page.drawn()
        names = page.page.locator(".frame:visible .panel-name")
        expect(names).to_have_text(panels)
        assert page.picture().max() > 100
    page.page.get_by_role("button", name="Show only the Coronal panel").click()
    expect(page.page.locator(".frame:visible .panel-name")).to_have_text(["Coronal"])
    page.page.get_by_role("button", name="Show all four panels").click()
    expect(page.page.locator(".frame:visible")).to_have_count(4)


def test_help_opens_with_a_question_mark(page: AtlasPage) -> None:
    page.open()
    page.page.keyboard.press("?")
    expect(page.page.get_by_role("dialog", name="Finding your way")).to_be_visible()
    page.page.keyboard.press("Escape")
    expect(page.page.get_by_role("dialog")).to_have_count(0)


def test_a_server_that_is_away_is_told_in_words(page: AtlasPage) -> None:
    page.open()
    page.page.context.set_offline(True)
    page.page.keyboard.press("/")
    page.page.keyboard.type("putamen")
    expect(page.page.locator(".search-note")).to_contain_text("server does not answer")
    page.page.context.set_offline(False)
    page.page.keyboard.type(" ")
    page.complaints[:] = [text for text in page.complaints if "DISCONNECTED" not in text]


def test_a_narrow_screen_starts_with_the_map_alone(new_page: Callable[..., AtlasPage]) -> None:
    page = new_page(width=360, height=740).open("#v=1&at=-26,6,0&zoom=0.5&sel=37")
    drawer = page.page.locator("#drawer")
    expect(drawer).to_be_hidden()
    assert page.page.locator(".map").bounding_box()["width"] == 360
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 360
    # Two rows of buttons with what is selected, whose name can be read.
    assert page.page.locator(".toolbar").bounding_box()["height"] < 90
    name = page.page.locator(".chip-name span").last
    assert name.evaluate("(e) => e.scrollWidth <= e.clientWidth")
    # What is found is seen: the drawer gives way.
    page.page.keyboard.press("/")
    expect(drawer).to_be_visible()
    page.page.keyboard.type("left hippocampus")
    page.page.keyboard.press("Enter")
    expect(drawer).to_be_hidden()
    expect(page.page.locator("#crosshair")).to_contain_text("left hippocampus")
    page.more("Any plane (P)")
    expect(page.page.locator("#planes")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_that_axe_finds(new_page: Callable[..., AtlasPage], scheme: str) -> None:
    if not AXE.is_file():
        pytest.skip("the page's development packages are not installed; make test installs them")
    page = new_page(scheme=scheme).open("#v=1&at=-26,6,0&zoom=0.5&sel=37")
    page.page.keyboard.press("l")
    page.page.keyboard.press("/")
    page.page.keyboard.type("putamen")
    expect(page.page.locator(".hit").first).to_be_visible()
    page.page.evaluate(AXE.read_text())
    found = page.page.evaluate("axe.run()")["violations"]
    assert [(v["id"], [node["html"][:120] for node in v["nodes"]]) for v in found] == []


@pytest.fixture(scope="module")
def bare_volumes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """OME-Zarr volumes of no atlas, as another program wrote them."""
    root = tmp_path_factory.mktemp("bare")
    _, y, x = np.mgrid[0:40, 0:60, 0:80]
    made = {
        "grey": (x * 100 + y).astype(np.uint16),
        "cells": np.where(x < 40, 7, 2**63 + 5).astype(np.uint64),
    }
    for name, array in made.items():
        group = zarr.open_group(root / f"{name}.ome.zarr", mode="w", zarr_format=3)
        level = group.create_array(
            "0", shape=array.shape, chunks=(32, 32, 32), dtype=array.dtype, dimension_names="zyx"
        )
        level[:] = array
        scale = {"type": "scale", "scale": [20.0, 20.0, 20.0]}
        group.attrs["ome"] = {
            "version": "0.5",
            "multiscales": [
                {
                    "name": name,
                    "axes": [
                        {"name": axis, "type": "space", "unit": "micrometer"} for axis in "zyx"
                    ],
                    "datasets": [{"path": "0", "coordinateTransformations": [scale]}],
                }
            ],
            **({"image-label": {"version": "0.5"}} if name == "cells" else {}),
        }
    return [root / f"{name}.ome.zarr" for name in made]


def test_volumes_without_an_atlas(
    new_page: Callable[..., AtlasPage], serve: Callable, bare_volumes: list[Path]
) -> None:
    with serve(*bare_volumes) as url:
        page = new_page(url).open("#v=1&vol=grey")
        expect(page.page.get_by_role("tree")).to_have_count(0)
        point = (0.9, 0.5, page.view["camera"]["at"][2])
        page.hover("horizontal", point)
        expect(page.page.locator(".cursor")).to_contain_text("value 4525")
        page.page.get_by_role("button", name="cells").click()
        page.wait_for("location.hash.includes('vol=cells')")
        page.drawn()
        page.hover("horizontal", point)
        page.tooltip("Label 9223372036854775813")
        page.click("horizontal", point)
        page.wait_for("location.hash.includes('sel=9223372036854775813')")
        page.page.go_back()
        page.page.go_back()
        page.wait_for("location.hash.includes('vol=grey')")
        page.drawn()
