"""Fingers on the map."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from atlas_page import AtlasPage

PUTAMEN = (-26.0, 6.0, 0.0)
Place = tuple[float, float]


class Fingers:
    """Touches, as the browser gets them from a screen."""

    def __init__(self, page: AtlasPage) -> None:
        self._session = page.page.context.new_cdp_session(page.page)

    def _say(self, kind: str, places: list[Place]) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def down(self, *places: Place) -> None:
        for n in range(len(places)):
            self._say("touchStart", list(places[: n + 1]))
        self._places = places

    def move(self, *to: Place, steps: int = 10) -> None:
        for step in range(1, steps + 1):
            share = step / steps
            self._say(
                "touchMove",
                [
                    (x + (a - x) * share, y + (b - y) * share)
                    for (x, y), (a, b) in zip(self._places, to, strict=True)
                ],
            )
        self._places = to

    def up(self) -> None:
        self._say("touchEnd", [])


@pytest.fixture
def page(new_page: Callable[..., AtlasPage]) -> AtlasPage:
    return new_page(touch=True).open("#v=1&at=-26,6,0&zoom=0.5")


def test_one_finger_moves_the_plane(page: AtlasPage) -> None:
    x, y = page.pixel("horizontal", (-26.0, 20.0, 0.0))
    fingers = Fingers(page)
    fingers.down((x, y))
    fingers.move((x + 40, y + 20))
    fingers.up()
    page.wait_for("window.atlasview.state().settled")
    page.settled()
    # The first pixels tell a drag from a tap.
    assert page.view["camera"]["at"] == pytest.approx([-26 - 20, 6 + 10, 0], abs=5)
    assert page.view["camera"]["at"][0] < -38
    assert page.view["camera"]["zoom"] == 0.5
    assert page.view["style"]["selected"] == []


def test_two_fingers_zoom_to_the_place_between_them(page: AtlasPage) -> None:
    point = (-10.0, 16.0, 0.0)
    x, y = page.pixel("horizontal", point)
    fingers = Fingers(page)
    fingers.down((x - 40, y), (x + 40, y))
    fingers.move((x - 90, y), (x + 90, y))
    fingers.up()
    page.wait_for("window.atlasview.state().settled")
    page.settled()
    assert 0.2 < page.view["camera"]["zoom"] < 0.3
    assert page.pixel("horizontal", point) == pytest.approx((x, y), abs=8)
    assert page.view["style"]["selected"] == []


@pytest.mark.parametrize("plane", ["horizontal", "sagittal"])
def test_a_long_press_moves_nothing(page: AtlasPage, plane: str) -> None:
    before = page.view["camera"]
    x, y = page.pixel(plane, (-26.0, 20.0, 10.0))
    fingers = Fingers(page)
    fingers.down((x, y))
    page.page.wait_for_timeout(1200)
    assert page.view["camera"] == before
    page.page.get_by_role("dialog", name="At this point").wait_for()
    fingers.move((x + 40, y))
    fingers.up()
    page.wait_for("window.atlasview.state().settled")
    page.settled()
    moved = abs(page.view["camera"]["at"][0 if plane == "horizontal" else 1] - before["at"][0 if plane == "horizontal" else 1])  # fmt: skip
    assert moved == pytest.approx(20, abs=5)


def test_a_tap_selects(page: AtlasPage) -> None:
    # Down and up at once: said one after the other they are a long press where drawing is slow.
    page.page.touchscreen.tap(*page.pixel("horizontal", PUTAMEN))
    page.wait_for("window.atlasview.state().view.style.selected.length === 1")
    page.page.locator(".chip", has_text="left putamen").wait_for()
