"""Short links and stories: made by one, opened by another, revised, stepped through, revoked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from atlas_page import AtlasPage
from playwright.sync_api import Route, expect

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
HERE = "#v=1&at=-26,6,0&zoom=0.5&layout=coronal&sel=37"
HOSTILE = "</title><script>window.hurt = 1</script> \u202egpj.exe"
TEXT = (
    "First line,\nsecond <img src=x onerror='window.hurt = 1'>. See https://example.org/a "
    "and javascript:alert(1) and https://good.org@evil.org/"
)
DATA = {
    "atlas": "icbm152-desikan-killiany",
    "template": "icbm152-2009a-sym",
    "parcellation": "desikan-killiany",
}


#: Press a key; was the camera on its way to where it goes? Looked at in the page, which may be slow.
FLOWN = """async (key) => {
  const from = window.atlasview.state().view.camera.at.join();
  document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
  const end = performance.now() + 15000;
  let flown = false;
  for (;;) {
    const {settled, view} = window.atlasview.state();
    flown ||= !settled;
    if (settled && view.camera.at.join() !== from) return flown;
    if (performance.now() > end) throw new Error(`${key} leads nowhere`);
    await new Promise((resolve) => setTimeout(resolve));
  }
}"""


def maker(new_page: Callable[..., AtlasPage], **look: object) -> AtlasPage:
    page = new_page(**look)
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return page


def copied(page: AtlasPage, words: str) -> str:
    """What is on the clipboard, once the dialog says so."""
    expect(page.page.locator("dialog[open] .told", has_text=words)).to_be_visible()
    text: str = page.page.evaluate("navigator.clipboard.readText()")
    return text


def share(page: AtlasPage) -> str:
    """Make a short link by its key, and return what is on the clipboard."""
    page.page.keyboard.press("s")
    return copied(page, "The link is copied.")


def shows(page: AtlasPage, at: list[float]) -> None:
    """Wait until the camera has come to a place, and stays there."""
    page.wait_for(
        "window.atlasview.state().settled && "
        f"JSON.stringify(window.atlasview.state().view.camera.at) === '{json.dumps(at)}'".replace(
            ", ", ","
        )
    )
    page.drawn()


@pytest.mark.timeout(300)
def test_a_view_from_its_maker_to_a_reader(
    new_page: Callable[..., AtlasPage], address: str, tmp_path: Path
) -> None:
    made = maker(new_page).open(HERE)
    link = share(made)
    assert re.fullmatch(rf"{address}views/[0-9a-z]{{13}}", link)
    dialog = made.page.locator("dialog[open]")
    key = dialog.get_by_label("Edit key", exact=True).input_value()
    assert key not in link

    # What is put back as it was makes no revision.
    save = dialog.get_by_role("button", name="Save", exact=True)
    title = dialog.get_by_role("textbox", name="Title", exact=True)
    before = title.input_value()
    expect(save).to_be_disabled()
    title.fill("Another")
    expect(save).to_be_enabled()
    title.fill(before)
    expect(save).to_be_disabled()

    # What the maker says is kept, as the next revision.
    title.fill(HOSTILE)
    dialog.get_by_role("textbox", name="Text", exact=True).fill(TEXT)
    dialog.get_by_role("textbox", name="Author").fill("A. Maker")
    dialog.get_by_label("The link works").select_option("For a week")
    save.click()
    expect(dialog.locator(".told")).to_have_text("Saved, as revision 2.")
    expect(save).to_be_disabled()

    # The program that was copied runs, and sees the same.
    dialog.get_by_role("button", name="Copy Python for what I see").click()
    program = copied(made, "Python program is copied")
    (tmp_path / "seen.py").write_text(program)
    done = subprocess.run(
        [sys.executable, tmp_path / "seen.py"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert link in done.stdout
    assert "left putamen" in done.stdout
    # a plane of the sample brain, one voxel thick: z, y, x
    assert re.search(r"\(\d{2,3}, 1, \d{2,3}\) uint8", done.stdout)
    dialog.get_by_role("button", name="Copy Neuroglancer state").click()
    state = json.loads(copied(made, "The state is copied"))
    assert state["position"] == [-26, 6, 0]
    assert [layer["type"] for layer in state["layers"]][:2] == ["image", "segmentation"]
    made.page.keyboard.press("Escape")

    # Another browser: the same view, the address as short as it was, text as text.
    reader = new_page().open(link.removeprefix(address))
    page = reader.page
    assert page.url == link
    assert reader.view == made.view
    expect(page.locator(".view-card h2")).to_have_text(HOSTILE)
    expect(page.locator(".view-card .prose")).to_have_text(TEXT)
    assert page.locator(".view-card .prose").inner_text().startswith("First line,\nsecond <img")
    links = page.locator(".view-card .prose a")
    expect(links).to_have_count(1)
    assert links.get_attribute("href") == "https://example.org/a"
    assert "noopener" in (links.get_attribute("rel") or "")
    assert page.evaluate("window.hurt") is None
    assert page.title().startswith(HOSTILE)

    # Moved, the reader has a state of their own; Back, and the button, bring back what was shared.
    back = page.get_by_role("button", name="Return to the shared view")
    expect(back).to_be_hidden()
    page.keyboard.press("2")
    assert "layout=horizontal" in reader.settled()
    back.click()
    reader.wait_for("location.hash === ''")
    assert page.url == link
    page.go_back()
    reader.wait_for("location.hash.includes('layout=horizontal')")
    page.go_back()
    reader.wait_for("location.hash === '' && window.atlasview.state().settled")
    expect(back).to_be_hidden()
    assert reader.view == made.view

    # The maker lets it show another place; the revision before stays where it was.
    made.open("#v=1&at=10,20,30&zoom=0.5&layout=sagittal")
    made.page.keyboard.press("v")
    row = made.page.locator(".view-row")
    expect(row).to_have_count(1)
    expect(row.get_by_role("link").first).to_have_text(HOSTILE)
    row.get_by_role("button", name="Show what I see now").click()
    expect(made.page.locator("dialog[open] .told")).to_contain_text("revision 3")
    row.get_by_role("button", name="Revisions").click()
    expect(row.locator(".revisions a")).to_have_count(3)
    kept = httpx.get(link.replace("/views/", "/api/views/"), timeout=60).json()
    assert (kept["title"], kept["text"], kept["author"]) == (HOSTILE, TEXT, "A. Maker")
    left = datetime.fromisoformat(kept["expires"]) - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    reader.open(link.removeprefix(address))
    assert (reader.view["camera"]["at"], reader.view["style"]["layout"]) == ([10, 20, 30], "sagittal")  # fmt: skip
    reader.open(link.removeprefix(address) + "?revision=1")
    assert reader.view["camera"]["at"] == [-26, 6, 0]
    expect(page.get_by_role("link", name="see the newest revision")).to_be_visible()

    # The key opens it elsewhere, too.
    other = new_page().open()
    other.page.keyboard.press("v")
    other.page.get_by_label("Edit key", exact=True).last.fill(key)
    other.page.get_by_role("button", name="Add", exact=True).click()
    expect(other.page.locator(".view-row").get_by_role("link").first).to_have_text(HOSTILE)

    # Revoked, after a question: the reader is told in words. Pictures in the lists may come too late.
    made.expected.append("410")
    other.expected.append("410")
    row.get_by_role("button", name="Revoke").click()
    expect(row.get_by_role("alert")).to_contain_text("stop working")
    row.get_by_role("button", name="Revoke").click()
    expect(made.page.locator(".view-row")).to_have_count(0)
    reader.expected.append("410")
    answer = page.goto(link)
    assert answer is not None
    assert answer.status == 410
    expect(page.get_by_role("heading")).to_have_text("This view is no longer here")
    expect(page.get_by_role("main")).to_contain_text("revoked by its maker")
    assert page.title() == "This view is no longer here"
    page.get_by_role("link", name="Open the atlas").click()
    page.wait_for_url(address)


FAILURES = {
    413: "The state would take 2000000 bytes; the limit is 1048576 bytes.",
    429: "Too many at once. Try again in 7 seconds.",
    500: "views cannot be written",
}


def test_a_link_that_cannot_be_made_is_told_in_words(new_page: Callable[..., AtlasPage]) -> None:
    page = maker(new_page).open(HERE)
    answers = iter([*FAILURES, None])

    def refuse(route: Route) -> None:
        status = next(answers)
        if status is None:
            route.abort()
            return
        detail = FAILURES[status].partition(" Try")[0]
        headers = {"Content-Type": "application/problem+json"}
        if status == 429:
            headers["Retry-After"] = "7"
        body = json.dumps({"title": "No", "status": status, "detail": detail})
        route.fulfill(status=status, headers=headers, body=body)

    page.expected += ["413", "429", "500", "ERR_FAILED"]
    page.page.route("**/api/views", refuse)
    page.page.keyboard.press("s")
    alert = page.page.locator("dialog[open]").get_by_role("alert")
    for words in (*FAILURES.values(), "The server does not answer"):
        expect(alert).to_contain_text(words)
        expect(page.page.get_by_label("Long link")).to_have_value(page.page.url)
        assert copied(page, "The long link is copied instead.") == page.page.url
        if words == "The server does not answer":
            page.page.unroute("**/api/views")
        page.page.get_by_role("button", name="Try again").click()
    assert "/views/" in copied(page, "The link is copied.")


def story(address: str, **more: object) -> str:
    """Make a story of three steps, and return its address."""
    places = ([-26, 6, 0], [0, 0, 0], [20, 10, -5])
    steps = [
        {"title": f"Place {i}", "text": f"About {i}.", "data": DATA, "camera": {"at": at, "zoom": 0.5}}
        for i, at in enumerate(places, 1)
    ]  # fmt: skip
    state = {"version": 2, "data": DATA, "camera": steps[0]["camera"], "steps": steps}
    body = {"title": "A tour", "state": state, **more}
    found: str = httpx.post(f"{address}api/views", json=body).json()["url"]
    return found.removeprefix(address)


def test_a_story_is_walked_by_keys(new_page: Callable[..., AtlasPage], address: str) -> None:
    path = story(address, minimal=True)
    reader = new_page(width=360, height=720, touch=True).open(path)
    page, keyboard = reader.page, reader.page.keyboard
    place, heading = page.locator(".step-place"), page.locator(".view-card h2")
    expect(place).to_have_text("1 of 3")
    assert page.url == address + path
    expect(page.locator(".toolbar")).to_be_hidden()
    keyboard.press("ArrowRight")
    expect(place).to_have_text("2 of 3")
    expect(heading).to_have_text("Place 2")
    expect(page.locator(".view-card [aria-live]")).to_have_text("2 of 3. Place 2")
    shows(reader, [0, 0, 0])
    assert page.url == f"{address}{path}?step=2"
    keyboard.press("PageDown")
    shows(reader, [20, 10, -5])
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    keyboard.press("ArrowRight")
    expect(place).to_have_text("3 of 3")
    assert page.evaluate(FLOWN, "Home")
    shows(reader, [-26, 6, 0])
    page.go_back()
    expect(place).to_have_text("3 of 3")
    shows(reader, [20, 10, -5])
    page.get_by_role("button", name="Back", exact=True).click()
    expect(place).to_have_text("2 of 3")
    shows(reader, [0, 0, 0])
    # the map is moved between the steps, and the step is found again; nothing jumps under the finger
    lies = page.locator(".map").bounding_box()
    keyboard.press("+")
    reader.wait_for("location.hash !== '' && window.atlasview.state().settled")
    assert "?step=2#" in page.url
    back = page.get_by_role("button", name="Return to this step")
    expect(back).to_be_visible()
    assert page.locator(".map").bounding_box() == lies
    back.click()
    reader.wait_for("location.hash === '' && window.atlasview.state().settled")
    # nothing of a page that only shows makes links
    keyboard.press("s")
    expect(page.locator("dialog[open]")).to_have_count(0)
    keyboard.press("Escape")
    expect(place).to_be_hidden()
    expect(heading).to_have_text("A tour")
    page.get_by_role("button", name="Play this story").click()
    expect(place).to_have_text("1 of 3")
    reader.open(f"{path}?step=3")
    expect(place).to_have_text("3 of 3")
    assert reader.view["camera"]["at"] == [20, 10, -5]
    # who wants no motion jumps
    page.emulate_media(reduced_motion="reduce")
    keyboard.press("ArrowLeft")
    shows(reader, [0, 0, 0])
    assert page.evaluate(FLOWN, "Home") is False


@pytest.mark.timeout(300)
def test_a_story_is_made_of_what_is_seen(new_page: Callable[..., AtlasPage], address: str) -> None:
    made = maker(new_page).open(HERE)
    page, keyboard = made.page, made.page.keyboard
    keyboard.press("v")
    page.get_by_role("button", name="Make a story").click()
    panel = page.get_by_role("complementary", name="Make a story")
    panel.get_by_label("Title of the story").fill(HOSTILE)
    add = panel.get_by_role("button", name="Add this view as a step")
    add.click()
    expect(panel.get_by_label("Title of step 1")).to_have_value("left putamen")
    panel.get_by_label("Text of step 1").fill(TEXT)
    page.locator(".position-input").fill("0, 0, 10")
    keyboard.press("Enter")
    shows(made, [0, 0, 10])
    add.click()
    panel.get_by_label("Title of step 2").fill("Middle")
    keyboard.press("Alt+ArrowUp")
    expect(panel.get_by_label("Title of step 1")).to_have_value("Middle")
    panel.get_by_role("button", name="Move step 1 down").click()
    expect(panel.get_by_label("Title of step 2")).to_have_value("Middle")
    panel.get_by_role("button", name="Show step 1").click()
    shows(made, [-26, 6, 0])
    # it is there after the page was closed
    made.open()
    share(made)
    page.get_by_role("button", name="Make a story").click()
    expect(panel.locator(".step-row")).to_have_count(2)
    panel.get_by_role("button", name="Play").click()
    expect(page.locator(".step-place")).to_have_text("1 of 2")
    expect(page.locator(".view-card .prose")).to_have_text(TEXT)
    keyboard.press("ArrowRight")
    shows(made, [0, 0, 10])
    keyboard.press("Escape")
    panel.get_by_role("button", name="Save and copy the link").click()
    link = copied(made, "The link is copied.")
    keyboard.press("Escape")
    # changed and saved again, the link is the same
    panel.get_by_role("button", name="Remove step 2").click()
    panel.get_by_role("button", name="Save as a new revision").click()
    expect(page.locator("dialog[open] .told")).to_contain_text("revision 2")
    found = httpx.get(link.replace("/views/", "/api/views/")).json()
    assert (found["title"], found["revision"]) == (HOSTILE, 2)
    assert [step["text"] for step in found["document"]["steps"]] == [TEXT]
    reader = new_page().open(link.removeprefix(address))
    expect(reader.page.locator(".step-place")).to_have_text("1 of 1")
    assert reader.page.evaluate("window.hurt") is None


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_that_axe_finds_in_what_is_shared(
    new_page: Callable[..., AtlasPage], address: str, scheme: str
) -> None:
    page = maker(new_page, scheme=scheme).open(story(address))

    def look() -> None:
        found = page.page.evaluate("axe.run()")["violations"]
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []

    page.page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    look()
    share(page)
    page.page.locator(".key-part summary").click()
    look()
    page.page.get_by_role("button", name="My views").last.click()
    expect(page.page.locator(".view-row")).to_have_count(1)
    look()
    page.page.keyboard.press("Escape")
    share(page)
    page.page.get_by_role("button", name="Make a story").click()
    page.page.get_by_role("button", name="Add this view as a step").click()
    look()
