"""Regions: search, tree, selection, details."""

from __future__ import annotations

from atlas_page import AtlasPage
from brain import Brain
from playwright.sync_api import expect

PUTAMEN = (-26.0, 6.0, 0.0)


def search(page: AtlasPage, text: str) -> None:
    page.page.keyboard.press("/")
    page.page.keyboard.type(text)


def test_search_and_enter_fly_into_the_region(page: AtlasPage, brain: Brain) -> None:
    page.open()
    home = page.view["camera"]["zoom"]
    search(page, "left putamen")
    expect(page.page.locator(".hit").first).to_contain_text("left putamen")
    page.page.keyboard.press("Enter")
    page.wait_for(f"window.atlasview.state().view.camera.zoom < {home}")
    at = tuple(page.view["camera"]["at"])
    assert brain.region_at(at)["name"] == "left putamen"
    assert page.view["style"]["selected"] == [str(brain.region_at(at)["id"])]
    expect(page.page.get_by_role("heading", name="left putamen")).to_be_visible()
    assert page.page.title().startswith("left putamen")


def test_arrows_choose_among_what_is_found(page: AtlasPage) -> None:
    page.open()
    search(page, "putamen")
    options = page.page.locator(".hit")
    expect(options).not_to_have_count(0)
    second = options.nth(1).locator(".hit-name").inner_text()
    box = page.page.get_by_role("combobox", name="Search")
    expect(box).to_have_attribute("aria-activedescendant", "hit-0")
    page.page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "hit-1")
    page.page.keyboard.press("Enter")
    expect(page.page.locator(".details h2")).to_have_text(second)


def test_enter_before_the_answer_waits_for_it(page: AtlasPage) -> None:
    page.open()
    search(page, "brainstem\n")
    expect(page.page.locator(".details h2")).to_have_text("brainstem")


def test_nothing_found_is_said(page: AtlasPage) -> None:
    page.open()
    search(page, "qqqqzzzz")
    expect(page.page.locator(".search-note")).to_contain_text("Nothing is called “qqqqzzzz”")


def test_the_box_takes_a_coordinate(page: AtlasPage) -> None:
    page.open()
    search(page, "-26, 6, 0 mm")
    expect(page.page.locator(".hit")).to_contain_text("-26.00, 6.00, 0.00 mm")
    page.page.keyboard.press("Enter")
    page.wait_for("window.atlasview.state().view.camera.at.join() === '-26,6,0'")


def test_the_tree_by_keyboard(page: AtlasPage, brain: Brain) -> None:
    page.open()
    tree = page.page.get_by_role("tree", name="Regions")
    tree.focus()
    keyboard = page.page.keyboard
    keyboard.press("Home")

    def active() -> str:
        return page.page.locator(".tree-row.active .tree-name").inner_text()

    assert active() == "Brain"
    keyboard.press("ArrowLeft")
    expect(page.page.get_by_role("treeitem")).to_have_count(1)
    keyboard.press("ArrowRight")
    keyboard.press("ArrowRight")
    assert active() == "Cerebral cortex"
    item = page.page.get_by_role("treeitem", name="Cerebral cortex")
    expect(item).to_have_attribute("aria-level", "2")
    expect(item).to_have_attribute("aria-posinset", "1")
    keyboard.press("ArrowDown")
    name = active()
    keyboard.press("Enter")
    expect(page.page.locator(".details h2")).to_have_text(name)
    expect(page.page.get_by_role("treeitem", name=name)).to_have_attribute("aria-selected", "true")
    keyboard.press("ArrowLeft")
    keyboard.press("ArrowLeft")
    assert active() in ("Cerebral cortex", "Brain")


def test_a_parent_selects_everything_below_it(page: AtlasPage, brain: Brain) -> None:
    page.open("#v=1&at=-26,6,0&zoom=0.5&layout=horizontal&tpl=0&ol=0&op=1&x=0")
    page.page.get_by_role("treeitem", name="Basal ganglia").click()
    page.drawn()
    page.page.mouse.move(2, 2)
    page.drawn()
    picture = page.picture()
    basal = next(r for r in brain.regions.values() if r["name"] == "Basal ganglia")
    inside = brain.with_descendants(basal["id"])
    points = brain.voxels_in_plane(2, 0.0, seed=5, count=120, reach=80)
    assert {brain.label_at(p) in inside for p in points} == {True, False}
    for point in points:
        color, full = page.color(picture, "horizontal", point), brain.rgb_at(point)
        if brain.label_at(point) in inside:
            assert color == full
        else:
            assert max(color) <= 0.2 * max(full) + 1


def test_details_tell_where_a_region_belongs(page: AtlasPage, brain: Brain) -> None:
    page.open("#v=1&at=-26,6,0&zoom=0.5")
    page.click("horizontal", PUTAMEN)
    card = page.page.get_by_role("region", name="Selected region")
    expect(card.get_by_role("heading", level=2)).to_have_text("left putamen")
    label = brain.label_at(PUTAMEN)
    volume = (brain.labels == label).sum() / 1000
    expect(card.locator(".facts")).to_contain_text(f"{volume:.2f}".rstrip("0") + " cm³")
    card.get_by_role("button", name="Basal ganglia").click()
    expect(card.get_by_role("heading", level=2)).to_have_text("Basal ganglia")
    card.get_by_role("button", name="Clear the selection").click()
    expect(card).to_be_hidden()
    assert page.view["style"]["selected"] == []
    expect(page.page.get_by_role("tree")).to_be_visible()


def test_closing_the_drawer_keeps_the_selection(page: AtlasPage) -> None:
    page.open("#v=1&at=-26,6,0&zoom=0.5")
    page.click("horizontal", PUTAMEN)
    page.wait_for("window.atlasview.state().view.style.selected.length === 1")
    wide = page.page.locator(".map").bounding_box()
    page.page.get_by_role("button", name="Regions drawer").click()
    expect(page.page.locator("#drawer")).to_be_hidden()
    assert page.page.locator(".map").bounding_box()["width"] > wide["width"]
    assert len(page.view["style"]["selected"]) == 1
    page.page.get_by_role("button", name="left putamen", exact=True).click()
    expect(page.page.locator("#drawer")).to_be_visible()


def test_the_drawer_lies_beside_the_map(page: AtlasPage) -> None:
    page.open()
    drawer = page.page.locator("#drawer").bounding_box()
    assert drawer["x"] + drawer["width"] <= page.page.locator(".map").bounding_box()["x"]
