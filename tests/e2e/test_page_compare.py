"""Two volumes in step: under a divider, or side by side."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from atlas_page import AtlasPage
from playwright.sync_api import expect

LABELS = "desikan-killiany"


def second_drawn(page: AtlasPage) -> None:
    """Wait until the second volume has something on its canvas."""
    page.wait_for("document.querySelector('.second canvas') !== null")
    page.drawn()


def test_two_volumes_move_in_step(new_page: Callable[..., AtlasPage]) -> None:
    page = new_page().open("#v=1&at=-26,6,0&zoom=0.5&layout=coronal")
    page.page.keyboard.press("l")
    page.page.get_by_role("combobox", name="Compare with").select_option("Desikan-Killiany (2006)")
    page.page.get_by_role("button", name="Close the layers panel").click()
    second_drawn(page)
    page.wait_for(f"location.hash.includes('cmp={LABELS},swipe,0.5')")

    divider = page.page.get_by_role("slider", name="Divider between the two volumes")
    divider.focus()
    for _ in range(5):
        page.page.keyboard.press("ArrowRight")
    expect(divider).to_have_attribute("aria-valuenow", "60")
    page.page.keyboard.press("Home")
    expect(divider).to_have_attribute("aria-valuenow", "0")

    # A gesture on the second moves the first, and the other way round.
    box = page.page.locator(".second").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.page.mouse.move(x + 100, y)
    page.page.mouse.down()
    page.page.mouse.move(x + 160, y + 20, steps=6)
    page.page.mouse.up()
    page.wait_for("window.atlasview.state().settled")
    page.settled()
    at = page.view["camera"]["at"]
    assert at == pytest.approx([-26 - 30, 6, 10], abs=4)
    page.page.keyboard.press("0")
    page.settled()

    page.page.keyboard.press("l")
    page.page.get_by_role("button", name="Side by side").click()
    page.wait_for("location.hash.includes('beside')")
    first, beside = (page.page.locator(s).bounding_box() for s in (".map", ".second"))
    assert first is not None
    assert beside is not None
    assert beside["x"] >= first["x"] + first["width"]
    link = page.settled()
    again = new_page().open(link)
    second_drawn(again)
    assert again.view == page.view

    page.page.get_by_role("combobox", name="Compare with").select_option("Nothing")
    expect(page.page.locator(".second")).to_be_hidden()
    page.wait_for("!location.hash.includes('cmp=')")


def test_what_cannot_be_compared_is_said(new_page: Callable[..., AtlasPage]) -> None:
    page = new_page().open("#v=1&at=-26,6,0&zoom=0.5&cmp=none,swipe,0.5")
    expect(page.page.locator(".notice", has_text="no volume “none”")).to_be_visible()
    assert page.view["style"]["compare"] is None
