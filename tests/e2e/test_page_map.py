"""The map: what is drawn where, and what the mouse does on it."""

from __future__ import annotations

import pytest
from atlas_page import NORMAL, AtlasPage
from brain import Brain

PLAIN = "&tpl=0&ol=0&op=1&x=0"
PUTAMEN = (-26.0, 6.0, 0.0)


def test_starts_with_the_whole_brain_in_every_panel(page: AtlasPage) -> None:
    page.open()
    picture = page.picture()
    for plane in ("horizontal", "coronal", "sagittal"):
        panel = page.panel_of(picture, plane).max(axis=2)
        edges = (panel[:3], panel[-3:], panel[:, :3], panel[:, -3:])
        # The scale bar and the crosshair are no brain.
        assert all((edge > 40).mean() < 0.02 for edge in edges), plane
        assert (panel > 40).mean() > 0.1, plane


@pytest.mark.parametrize("plane", ["horizontal", "coronal", "sagittal"])
def test_each_voxel_is_drawn_where_the_convention_puts_it(
    page: AtlasPage, brain: Brain, plane: str
) -> None:
    at = PUTAMEN
    page.open(f"#v=1&at={','.join(map(str, at))}&zoom=0.35&layout={plane}{PLAIN}")
    picture = page.picture()
    normal = NORMAL[plane]
    points = brain.voxels_in_plane(normal, at[normal], seed=normal, count=60, reach=90)
    drawn = [page.color(picture, plane, point) for point in points]
    assert drawn == [brain.rgb_at(point) for point in points]


@pytest.mark.parametrize("plane", ["horizontal", "coronal", "sagittal"])
def test_a_click_selects_what_the_label_file_has_there(
    page: AtlasPage, brain: Brain, plane: str
) -> None:
    at = PUTAMEN
    page.open(f"#v=1&at={','.join(map(str, at))}&zoom=0.5")
    normal = NORMAL[plane]
    for point in brain.voxels_in_plane(normal, at[normal], seed=3, count=4, reach=70):
        page.click(plane, point)
        expected = str(brain.region_at(point)["id"])
        page.wait_for(f"window.atlasview.state().view.style.selected.join() === '{expected}'")
        page.page.keyboard.press("Escape")
        page.wait_for("window.atlasview.state().view.style.selected.length === 0")


def test_left_is_left(page: AtlasPage) -> None:
    page.open("#v=1&at=0,6,0&zoom=0.5")
    for plane in ("horizontal", "coronal"):
        panel = page.panel(plane)
        x, _ = page.pixel(plane, PUTAMEN)
        assert x < panel["x"] + panel["width"] / 2
        page.hover(plane, PUTAMEN)
        page.tooltip("left putamen")
        page.hover(plane, (26.0, 6.0, 0.0))
        page.tooltip("right putamen")


def letters(page: AtlasPage, plane: str) -> str:
    frame = page.page.locator(f'.frame[data-plane="{plane}"]')
    sides = ("left", "right", "top", "bottom")
    return " ".join(frame.locator(f".side.{side}").inner_text() for side in sides)


def test_letters_name_the_sides_and_follow_a_turn(page: AtlasPage) -> None:
    page.open()
    assert letters(page, "horizontal") == "L R A P"
    assert letters(page, "coronal") == "L R S I"
    assert letters(page, "sagittal") == "P A S I"
    # Half a turn about the axis from below to above.
    page.open("#v=1&q=0,1,0,0")
    assert letters(page, "horizontal") == "R L P A"
    assert letters(page, "coronal") == "R L S I"
    page.page.get_by_role("button", name="Upright").click()
    page.wait_for("document.querySelector('.frame .side.left').textContent === 'L'")
    assert letters(page, "horizontal") == "L R A P"


def test_the_name_at_the_cursor_needs_no_server(page: AtlasPage) -> None:
    page.open("#v=1&at=-26,6,0&zoom=0.5")
    asked: list[str] = []
    page.page.on("request", lambda request: asked.append(request.url))
    page.hover("horizontal", PUTAMEN)
    page.tooltip("left putamen")
    assert page.page.locator(".tooltip .tip-parent").inner_text() == "Basal ganglia"
    assert "left putamen" in page.page.locator(".cursor").inner_text()
    assert asked == []
    # Outside the brain nothing is named.
    page.hover("horizontal", (-26.0, 90.0, 0.0))
    page.page.locator(".tooltip").wait_for(state="hidden")


def test_wheel_zooms_to_the_cursor(page: AtlasPage) -> None:
    page.open("#v=1&at=0,0,0&zoom=0.6")
    point = (-26.0, 16.0, 0.0)
    before = page.pixel("horizontal", point)
    page.page.mouse.move(*before)
    page.page.mouse.wheel(0, -150)
    page.wait_for("window.atlasview.state().view.camera.zoom < 0.5")
    page.settled()
    after = page.pixel("horizontal", point)
    assert after == pytest.approx(before, abs=1.5)


def test_control_and_wheel_step_through_slices(page: AtlasPage) -> None:
    page.open("#v=1&at=0,0,0&zoom=0.6")
    page.page.mouse.move(*page.pixel("coronal", (5.0, 0.0, 5.0)))
    page.page.keyboard.down("Control")
    page.page.mouse.wheel(0, -100)
    page.wait_for("window.atlasview.state().view.camera.at[1] === 1")
    page.page.mouse.wheel(0, 100)
    page.page.mouse.wheel(0, 100)
    page.wait_for("window.atlasview.state().view.camera.at[1] === -1")
    page.page.keyboard.up("Control")
    assert page.view["camera"]["zoom"] == 0.6


def test_drag_moves_and_selects_nothing(page: AtlasPage) -> None:
    page.open("#v=1&at=-26,6,0&zoom=0.5")
    x, y = page.pixel("horizontal", PUTAMEN)
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    page.page.mouse.move(x + 40, y + 20, steps=4)
    page.page.mouse.up()
    page.settled()
    at = page.view["camera"]["at"]
    assert at == pytest.approx([-26 - 20, 6 + 10, 0], abs=0.3)
    assert page.view["style"]["selected"] == []


def test_control_and_click_select_several(page: AtlasPage, brain: Brain) -> None:
    page.open("#v=1&at=0,6,0&zoom=0.5")
    page.click("horizontal", PUTAMEN)
    page.wait_for("window.atlasview.state().view.style.selected.length === 1")
    page.click("horizontal", (26.0, 6.0, 0.0), modifier="Control")
    page.wait_for("window.atlasview.state().view.style.selected.length === 2")
    chips = page.page.locator(".chip")
    assert chips.all_inner_texts() == ["left putamen", "right putamen"]
    page.click("horizontal", PUTAMEN, modifier="Control")
    page.wait_for("window.atlasview.state().view.style.selected.length === 1")
    page.page.get_by_role("button", name="Unselect right putamen").click()
    page.wait_for("window.atlasview.state().view.style.selected.length === 0")
