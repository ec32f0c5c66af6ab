"""The page in a frame: the example of the documentation, from another origin."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jsonschema
import pytest
from playwright.sync_api import Browser, Frame, Page, expect
from serving import serving_apart

DOCS = Path(__file__).parents[2] / "docs"
_KEEP = """
window.heard = [];
addEventListener("message", ({ data }) => window.heard.push(data));
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def lab() -> Iterator[str]:
    """Origin of a web server of somebody else, with the documentation's example."""
    handler = functools.partial(Quiet, directory=str(DOCS))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def atlas(sample_library: Path, lab: str) -> Iterator[str]:
    """Address of a server that lets the lab show its page."""
    with serving_apart([sample_library], ATLASVIEW_EMBED_ORIGINS=json.dumps([lab])) as url:
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.add_init_script(_KEEP)
    yield page
    page.context.close()


def heard(page: Page, kind: str) -> list[dict]:
    return [m for m in page.evaluate("window.heard") if m.get("type") == kind]


def told(page: Page, kind: str, condition: str = "true") -> dict:
    """Wait for a message of the frame for which a JavaScript expression of `m` holds."""
    page.wait_for_function(
        f"window.heard.some((m) => m.type === '{kind}' && ({condition}))", timeout=60_000
    )
    return page.evaluate(f"window.heard.findLast((m) => m.type === '{kind}' && ({condition}))")


def inside(page: Page) -> Frame:
    frame = page.frames[1]
    frame.evaluate("window.atlasview.drawn()")
    return frame


def test_a_page_of_another_origin_leads_and_follows_the_frame(
    page: Page, atlas: str, lab: str
) -> None:
    page.goto(f"{lab}/embed-example.html?server={atlas}")
    first = told(page, "ready")
    assert first["view"]["format"] == "atlasview-view"
    frame = inside(page)
    expect(frame.locator(".toolbar")).to_be_hidden()
    expect(frame.locator(".search")).to_be_visible()
    assert frame.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"

    page.get_by_role("button", name="Left putamen").click()
    told(page, "done", "m.id === 'L.putamen'")
    chosen = told(page, "select", "m.regions.length === 1")["regions"][0]
    assert (chosen["acronym"], chosen["name"]) == ("L.putamen", "left putamen")
    view = told(page, "view", f"m.hash.includes('sel={chosen['id']}')")
    assert view["view"]["camera"]["at"][0] < -15
    expect(page.locator("#link")).to_have_attribute("href", f"{atlas}/{view['hash']}")

    # By the map itself: what a visitor does is told.
    inside(page)
    box = frame.locator('.frame[data-plane="horizontal"]').bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2 - 5, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert told(page, "hover", "m.region")["region"]["acronym"] == "L.putamen"
    expect(page.locator("#hover")).to_have_text("left putamen")

    ask = "(m) => document.getElementById('brain').contentWindow.postMessage({atlasview: 1, ...m}, '*')"  # fmt: skip
    page.evaluate(ask, {"type": "setView", "id": 1, "hash": "#v=1&at=10,0,0&layout=coronal&zoom=0.5"})  # fmt: skip
    told(page, "done", "m.id === 1")
    assert told(page, "view", "m.hash.includes('layout=coronal')")["view"]["camera"]["at"] == [10, 0, 0]  # fmt: skip
    page.evaluate(ask, {"type": "setView", "id": 2, "view": first["view"]})
    told(page, "done", "m.id === 2")
    page.evaluate(ask, {"type": "fly", "id": 3, "region": "no such"})
    assert "no such" in told(page, "error", "m.id === 3")["text"]

    schema = jsonschema.Draft202012Validator(
        page.request.get(f"{atlas}/api/schemas/embed/1.json").json()
    )
    messages = [m for m in page.evaluate("window.heard") if "atlasview" in m]
    assert {m["type"] for m in messages} >= {"ready", "view", "select", "hover", "done", "error"}
    for message in messages:
        schema.validate(message)
    # The visitor's Back is the embedding page's own.
    assert page.evaluate("history.length") <= 2


def test_a_stranger_is_neither_shown_nor_heard(page: Page, atlas: str, lab: str) -> None:
    # Framed by an origin that the operator did not name: the same machine by its other name.
    stranger = lab.replace("127.0.0.1", "localhost")
    page.goto(f"{stranger}/embed-example.html?server={atlas}")
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.reload()
    expect(page.locator("#link")).to_have_text("not there yet")
    # Framed by a friend, but spoken to for another origin: no word comes or goes.
    page.goto(f"{lab}/embed-example.html?server={atlas}")
    told(page, "ready")
    page.evaluate("window.heard.length = 0")
    page.evaluate(
        "document.getElementById('brain').src = "
        f"'{atlas}/embed/?chrome=minimal&origin=http://localhost:1'"
    )
    expect(page.frame_locator("#brain").locator("#app[data-parts='']")).to_be_visible()
    frame = inside(page)
    page.evaluate(
        "document.getElementById('brain').contentWindow.postMessage("
        "{atlasview: 1, type: 'setView', hash: '#v=1&layout=3d'}, '*')"
    )
    frame.evaluate("window.atlasview.drawn()")
    assert frame.evaluate("window.atlasview.state().view.style.layout") == "4panel"
    assert heard(page, "ready") == []
    expect(frame.locator(".drawer")).to_be_hidden()
    expect(frame.get_by_role("link", name="Open in AtlasView")).to_be_visible()
