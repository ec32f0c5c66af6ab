"""What everyone knows from maps: steps that are seen, double clicks, the strip, the small map."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import numpy as np
import pytest
from atlas_page import NORMAL, AtlasPage
from brain import Brain

PUTAMEN = (-26.0, 6.0, 0.0)
VOLUME = "icbm152-2009a-sym"


def drawn_voxel(address: str, zoom: float) -> float:
    """Return the voxel that a slice of so many millimetres a pixel is drawn with."""
    levels = httpx.get(f"{address}api/volumes/{VOLUME}").json()["levels"]
    sizes = [max(level["voxel_size_mm"]) for level in levels]
    return max([size for size in sizes if size <= 1.1 * zoom], default=sizes[0])


@pytest.mark.parametrize("zoom", [0.6, 2.3])
def test_a_step_is_a_voxel_of_the_level_drawn(page: AtlasPage, zoom: float) -> None:
    page.open(f"#v=1&at=-26,6,0&zoom={zoom}")
    step = drawn_voxel(page.address, zoom)
    assert step == (1 if zoom < 1 else 2)
    keys = page.page.keyboard
    page.page.mouse.move(*page.pixel("coronal", PUTAMEN))
    keys.down("Control")
    page.page.mouse.wheel(0, -100)
    page.wait_for(f"window.atlasview.state().view.camera.at[1] === {6 + step}")
    keys.up("Control")
    strip = page.page.locator('.frame[data-plane="coronal"]').get_by_role("slider")
    strip.focus()
    keys.press("ArrowUp")
    page.wait_for(f"window.atlasview.state().view.camera.at[1] === {6 + 2 * step}")
    keys.press("PageDown")
    page.wait_for(f"window.atlasview.state().view.camera.at[1] === {6 - 8 * step}")
    assert strip.get_attribute("aria-valuetext") == f"y = {6 - 8 * step:.1f} mm"


def test_the_strip_shows_where_in_the_volume_and_goes_there(page: AtlasPage) -> None:
    page.open("#v=1&at=-26,6,0&zoom=0.8")
    described = httpx.get(f"{page.address}api/volumes/{VOLUME}").json()
    (low, high) = np.array(described["bounds_mm"])
    for plane, axis in NORMAL.items():
        strip = page.page.locator(f'.frame[data-plane="{plane}"]').get_by_role("slider")
        box = strip.bounding_box()
        assert box is not None
        # The volume's end is at the strip's end, to within a slice.
        share = 0.25
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * share
        page.page.mouse.move(x, y)
        page.page.mouse.down()
        page.page.mouse.up()
        page.settled()
        there = high[axis] - share * (high[axis] - low[axis])
        assert page.view["camera"]["at"][axis] == pytest.approx(there, abs=1.2), plane
        strip.press("End")
        page.settled()
        assert page.view["camera"]["at"][axis] == pytest.approx(high[axis], abs=0.51), plane
        says = f"document.querySelector('.frame[data-plane={plane}] [role=slider]').ariaValueNow"
        page.wait_for(f"Math.abs({says} - {high[axis]}) < 0.6")
        thumb = strip.locator(".strip-thumb").bounding_box()
        assert thumb is not None
        assert thumb["y"] + thumb["height"] / 2 == pytest.approx(box["y"], abs=3)


def test_a_double_click_comes_nearer_to_what_is_under_it(page: AtlasPage) -> None:
    page.open("#v=1&at=0,0,0&zoom=0.6")
    point = (-26.0, 16.0, 0.0)
    before = page.pixel("horizontal", point)
    page.page.mouse.dblclick(*before)
    page.wait_for("window.atlasview.state().view.camera.zoom === 0.3")
    page.settled()
    assert page.pixel("horizontal", point) == pytest.approx(before, abs=1)
    page.page.keyboard.down("Shift")
    page.page.mouse.dblclick(*before)
    page.page.keyboard.up("Shift")
    page.wait_for("window.atlasview.state().view.camera.zoom === 0.6")
    page.settled()
    assert page.view["camera"]["at"] == pytest.approx([0, 0, 0], abs=0.01)


def test_a_pinch_on_a_touchpad_zooms_and_steps_nowhere(page: AtlasPage) -> None:
    page.open("#v=1&at=0,0,0&zoom=0.6")
    point = (-26.0, 16.0, 0.0)
    x, y = page.pixel("horizontal", point)
    # As browsers tell of it: a wheel with Ctrl, which is not held down.
    page.page.evaluate(
        """([x, y]) => document.elementFromPoint(x, y).dispatchEvent(new WheelEvent("wheel",
          {clientX: x, clientY: y, deltaY: -20, ctrlKey: true, bubbles: true, cancelable: true}))""",
        [x, y],
    )
    page.wait_for("window.atlasview.state().view.camera.zoom < 0.5")
    page.settled()
    assert page.pixel("horizontal", point) == pytest.approx((x, y), abs=1)
    assert page.view["camera"]["at"][2] == 0


def test_the_small_map_shows_the_field_and_goes_where_it_is_clicked(
    new_page: Callable[..., AtlasPage],
) -> None:
    page = new_page(scheme="light").open("#v=1&at=-26,6,0&zoom=0.1&layout=coronal")
    minis = page.page.locator(".mini")
    assert minis.count() == 3
    # As wide as the panel, in the small map's own pixels.
    described = httpx.get(f"{page.address}api/volumes/{VOLUME}").json()
    span = float(np.ptp(np.array(described["bounds_mm"]), axis=0).max())
    points = minis.nth(1).locator(".field").get_attribute("points") or ""
    field = np.array([pair.split(",") for pair in points.split()], float)
    panel = page.panel("coronal")
    side = minis.nth(1).bounding_box()
    assert side is not None
    pixel = span / (side["width"] * 0.94)
    expected = np.array([panel["width"], panel["height"]]) * 0.1 / pixel
    assert np.ptp(field, axis=0) == pytest.approx(expected, abs=0.5)
    # A click in the horizontal one: to the right and to the back of the middle.
    middle = np.array(described["bounds_mm"]).mean(axis=0)
    minis.nth(0).click(position={"x": side["width"] / 2 + 10, "y": side["height"] / 2 + 20})
    page.settled()
    at = page.view["camera"]["at"]
    expected = [middle[0] + 10 * pixel, middle[1] - 20 * pixel, 0]
    assert at == pytest.approx(expected, abs=1.5 * pixel)
    fold = page.page.get_by_role("button", name="Small map of the whole brain")
    fold.press("Enter")
    minis.nth(0).wait_for(state="hidden")
    page.open("#v=1&at=-26,6,0&zoom=0.1")
    page.page.locator(".minimap").wait_for(state="hidden")


def test_the_menu_at_a_point_says_what_is_there_and_measures(page: AtlasPage, brain: Brain) -> None:
    page.open("#v=1&at=-26,6,0&zoom=0.6")
    menu = page.page.get_by_role("dialog", name="At this point")
    for point in brain.voxels_in_plane(1, 6.0, seed=7, count=2, reach=60):
        page.page.mouse.click(*page.pixel("coronal", point), button="right")
        menu.get_by_role("button", name=brain.region_at(point)["name"], exact=True).wait_for()
        menu.get_by_text("AC-PC").wait_for()
        facts = menu.locator(".facts").first.inner_text().split("\n")
        said = [float(v) for v in facts[facts.index("mm") + 1].split(",")]
        assert said == pytest.approx(point, abs=0.61)
        assert page.view["camera"]["at"] == [-26, 6, 0]
        page.page.keyboard.press("Escape")
        menu.wait_for(state="hidden")
    # By the keys alone: the menu is at the crosshair.
    page.page.mouse.move(*page.pixel("coronal", PUTAMEN))
    page.page.keyboard.press("Shift+F10")
    menu.get_by_role("button", name="left putamen", exact=True).wait_for()
    page.page.keyboard.press("ArrowDown")
    assert page.page.evaluate("document.activeElement.textContent") == "Measure from here"
    page.page.keyboard.press("Enter")
    page.page.get_by_text("Click where the line ends").wait_for()
    page.click("coronal", (4.0, 6.0, 40.0))
    page.page.get_by_text("From there to here: 50.0 mm.").wait_for()
    assert page.view["style"]["selected"] == []
    line = page.page.locator(".hand-marks g").nth(2).locator("polyline").last
    ends = np.array([v.split(",") for v in (line.get_attribute("points") or "").split()], float)
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(50 / 0.6, abs=1.5)
