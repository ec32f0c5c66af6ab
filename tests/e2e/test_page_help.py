"""What a visitor is told of the page, and what of it may be chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from atlas_page import AtlasPage
from playwright.sync_api import expect

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"


def test_who_comes_first_is_led_round_once(new_page: Callable[..., AtlasPage]) -> None:
    page = new_page(first=True).open()
    tour = page.page.get_by_role("dialog", name="Move as on a map")
    expect(tour).to_be_hidden()
    page.page.locator(".notice").get_by_role("button", name="Take the tour").click()
    expect(tour).to_contain_text("1 of 5")
    for title in ("Find a region", "Choose regions", "See it your way", "Show it to others"):
        page.page.get_by_role("button", name="Next").click()
        expect(page.page.get_by_role("dialog", name=title)).to_be_visible()
    page.page.get_by_role("button", name="Begin").click()
    expect(page.page.locator(".tour")).to_be_hidden()
    page.open()
    expect(page.page.locator(".notice")).to_have_count(0)
    page.page.keyboard.press("?")
    page.page.get_by_role("button", name="Take the tour").click()
    expect(tour).to_be_visible()
    page.page.keyboard.press("Escape")
    expect(tour).to_be_hidden()
    # Who follows a link comes to see what it shows.
    guest = new_page(first=True).open("#v=1&at=-26,6,0&zoom=0.5")
    offer = guest.page.locator(".notice", has_text="New here?")
    expect(offer).to_have_count(0)
    # Who begins without it is not held up.
    guest.open()
    expect(offer).to_be_visible()
    guest.page.keyboard.press(".")
    expect(offer).to_have_count(0)


def test_colours_and_what_is_said_are_chosen_and_kept(new_page: Callable[..., AtlasPage]) -> None:
    page = new_page(scheme="light").open("#v=1&at=-26,6,0&zoom=0.5")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.page.evaluate(ground)
    page.more("Settings")
    page.page.get_by_role("combobox", name="Colours").select_option("Dark")
    assert page.page.evaluate(ground) != light
    page.page.get_by_role("button", name="Close the settings").click()
    said = page.page.locator("p.off-screen[aria-live=polite]")
    page.hover("coronal", (-26.0, 6.0, 0.0))
    page.tooltip("left putamen")
    expect(said).to_have_text("")
    page.page.keyboard.press("a")
    expect(said).to_contain_text("from now on")
    page.hover("coronal", (-27.0, 6.0, 1.0))
    expect(said).to_have_text("left putamen, Basal ganglia")
    dark = page.page.evaluate(ground)
    page.open("#v=1&at=-26,6,0&zoom=0.5")
    assert page.page.evaluate(ground) == dark
    page.page.goto(f"{page.address}?theme=light")
    page.wait_for("document.documentElement.dataset.theme === 'light'")
    assert page.page.evaluate(ground) == light
    # Letters and signs can be let alone; other keys go on.
    page.more("Settings")
    page.page.get_by_role("checkbox", name="Keys of one letter").uncheck()
    page.page.get_by_role("button", name="Close the settings").click()
    page.wait_for("window.atlasview.state().settled")
    camera = "window.atlasview.state().engine"
    before = page.page.evaluate(camera)
    for key in ("+", "?", "ArrowRight"):
        page.page.keyboard.press(key)
    page.wait_for(f"{camera}.at.join() !== {','.join(map(str, before['at']))!r}")
    assert page.page.evaluate(camera)["zoom"] == before["zoom"]
    assert page.page.locator("dialog[open]").count() == 0


def test_the_page_speaks_the_reader_s_language(new_page: Callable[..., AtlasPage]) -> None:
    page = new_page(language="de-AT").open("#v=1&at=-26,6,0&zoom=0.5&sel=37")
    expect(page.page.locator("html")).to_have_attribute("lang", "de")
    expect(page.page.locator(".map")).to_have_attribute("aria-label", "Karte des Gehirns")
    view = page.view
    page.more("Einstellungen", menu="Mehr")
    page.page.get_by_role("combobox", name="Sprache").select_option("Français")
    expect(page.page.locator("html")).to_have_attribute("lang", "fr")
    page.wait_for("window.atlasview && window.atlasview.state().loaded")
    assert page.view == view
    expect(page.page.locator('summary[aria-label="Plus"]')).to_be_visible()
    # What an address asks for comes before what is kept.
    page.page.goto(f"{page.address}?lang=es#v=1&at=-26,6,0")
    expect(page.page.locator("html")).to_have_attribute("lang", "es")
    expect(page.page.locator('summary[aria-label="Más"]')).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_that_axe_finds_in_what_leads_round(
    new_page: Callable[..., AtlasPage], scheme: str
) -> None:
    page = new_page(scheme=scheme, first=True, width=360, height=740).open()
    page.page.get_by_role("button", name="Take the tour").click()
    expect(page.page.locator(".tour")).to_be_visible()
    page.page.evaluate(AXE.read_text(encoding="utf-8"))
    for name in ("the tour", "the settings", "the help"):
        found = page.page.evaluate("axe.run()")["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found] == [], name
        page.page.keyboard.press("Escape")
        if name == "the tour":
            page.more("Settings")
        elif name == "the settings":
            page.more("Help (?)")
