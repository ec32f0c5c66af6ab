"""Everything without a mouse."""

from __future__ import annotations

import re

import numpy as np
import pytest
from atlas_page import AtlasPage
from brain import Brain
from playwright.sync_api import expect
from turns import rotation

FOCUSED = """() => {
  const e = document.activeElement;
  if (e === document.body) return null;
  const style = getComputedStyle(e);
  return {
    name: e.getAttribute("aria-label") || e.title || e.textContent.trim() || e.id,
    shown: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
      || style.boxShadow !== "none" || e.closest(".search-box, .place") !== null
      || e.querySelector(".active") !== null,
  };
}"""
REACHABLE = """() => [...document.querySelectorAll("button, input, select, summary, [tabindex='0']")]
  .filter((e) => e.checkVisibility({visibilityProperty: true}) && !e.disabled && e.tabIndex >= 0)
  .map((e) => e.getAttribute("aria-label") || e.title || e.textContent.trim() || e.id)"""


def test_the_map_by_keys(page: AtlasPage, brain: Brain) -> None:
    page.open("#v=1&at=-26,6,0&zoom=0.5")
    keyboard = page.page.keyboard
    # Who sees none of it is told what is at the crosshair, and in each plane; and what keys change.
    said = page.page.locator("p.off-screen[role=status]")
    crosshair = page.page.locator("#crosshair")
    expect(crosshair).to_have_text("Crosshair: left putamen, Basal ganglia")
    coronal = page.page.get_by_role("group", name="Coronal", exact=True)
    expect(coronal).to_contain_text(re.compile("largest first: .*left putamen"))
    expect(said).to_have_text("")
    keyboard.press(".")
    page.wait_for("window.atlasview.state().view.camera.at[2] === 1")
    expect(said).to_have_text("-26.0, 6.0, 1.0")
    page.page.keyboard.press("/")
    keyboard.type("right hippocampus")
    keyboard.press("Enter")
    expect(said).to_contain_text("right hippocampus, Medial temporal nuclei, ")
    assert brain.region_at(tuple(page.view["camera"]["at"]))["name"] == "right hippocampus"
    # What was found leaves the keys to the map, which has a name.
    expect(page.page.get_by_role("application", name="The brain")).to_be_focused()
    page.open("#v=1&at=-26,6,1&zoom=0.5")
    keyboard.press("ArrowRight")
    page.wait_for("window.atlasview.state().view.camera.at[0] > -10")
    keyboard.press("ArrowUp")
    page.wait_for("window.atlasview.state().view.camera.at[1] > 10")
    keyboard.press("+")
    page.wait_for("window.atlasview.state().view.camera.zoom < 0.45")
    before = page.page.evaluate("history.length")
    for _ in range(4):
        keyboard.press("Shift+ArrowRight")
    page.wait_for("location.hash.includes('q=') && window.atlasview.state().settled")
    assert page.page.evaluate("history.length") <= before + 1
    # 20 degrees about the direction that points down: the front stays the front.
    axes = rotation(page.view["camera"]["turn"])
    assert axes[:, 1] == pytest.approx([0, -1, 0], abs=1e-3)
    assert abs(axes[0, 0]) == pytest.approx(np.cos(np.radians(20)), abs=1e-3)
    keyboard.press("Shift+ArrowUp")
    page.wait_for("window.atlasview.state().settled")
    keyboard.press("0")
    page.wait_for("!location.hash.includes('q=')")


def test_tab_reaches_everything_and_shows_where_it_is(page: AtlasPage) -> None:
    page.open("#v=1&at=-26,6,0&zoom=0.5&sel=37")
    keyboard = page.page.keyboard
    keyboard.press("l")
    wanted = set(page.page.evaluate(REACHABLE))
    assert len(wanted) > 20
    reached, unseen = set(), set()
    rounds = 0
    for _ in range(300):
        keyboard.press("Tab")
        found = page.page.evaluate(FOCUSED)
        if found is None:
            rounds += 1
            if rounds == 2:
                break
            continue
        reached.add(found["name"])
        if not found["shown"]:
            unseen.add(found["name"])
    assert wanted - reached == set()
    assert unseen == set()
