"""A Chromium on a page of another origin, with OpenSeadragon and Leaflet in it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent


class Quiet(SimpleHTTPRequestHandler):
    """Serve files without a word."""

    def log_message(self, format: str, *args: object) -> None:
        pass


def chromium() -> str:
    """Return the path of the Chromium that the environment names or that is on PATH."""
    named = os.environ.get("ATLASVIEW_CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail("No Chromium: install the package chromium, or set ATLASVIEW_CHROMIUM to it")
    return found


@pytest.fixture(scope="module")
def clients() -> Iterator[str]:
    """Address of the clients' page."""
    if not (HERE / "node_modules/openseadragon").is_dir():
        pytest.fail("The clients are not installed: run `npm ci` in tests/conformance")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(HERE)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/clients.html"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def page(clients: str) -> Iterator[Page]:
    """The clients' page, opened; nothing may have been complained of at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)  # fmt: skip
        page.goto(clients)
        yield page
        browser.close()
    assert complaints == []
