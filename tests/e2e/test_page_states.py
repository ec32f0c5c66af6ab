"""What goes wrong is said in words, and the page goes on by itself."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from atlas_page import AtlasPage
from playwright.sync_api import Error, Page, Route

AWAY = "The server does not answer: it was stopped"


class Server:
    """A server on one port that is stopped and started as a test wants."""

    def __init__(self, library: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.library = library
        self.program: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "atlasview.cli", "serve", str(self.library)]
        self.program = subprocess.Popen(
            [*command, "--port", str(self.port)],
            env={**os.environ, "PYTHONUNBUFFERED": "1", "ATLASVIEW_NO_BROWSER": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.program.stdout is not None
        for line in self.program.stdout:
            if self.address in line:
                return
        pytest.fail("the server did not start")

    def stop(self) -> None:
        """Kill it as a crash would."""
        if self.program is not None:
            self.program.kill()
            self.program.communicate(timeout=20)
            self.program = None


@contextmanager
def running(library: Path) -> Iterator[Server]:
    server = Server(library)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def says(page: AtlasPage, words: str) -> None:
    page.page.locator(".notice", has_text=words).wait_for(timeout=60_000)


def silent(page: AtlasPage, words: str) -> None:
    page.page.locator(".notice", has_text=words).wait_for(state="hidden", timeout=60_000)


def bright(page: AtlasPage) -> float:
    """Return which share of the map is not black."""
    return float((page.picture().max(axis=2) > 40).mean())


def test_a_server_that_is_killed_and_started_again(
    new_page: Callable[..., AtlasPage], sample_library: Path
) -> None:
    with running(sample_library) as server:
        page = new_page(server.address)
        page.expected.append("net::ERR")
        page.open("#v=1&at=-26,6,0&zoom=0.2&layout=coronal&x=0")
        before = page.picture()
        server.stop()
        says(page, AWAY)
        # Whoever goes elsewhere meanwhile sees what is missing as soon as it can be had.
        page.page.keyboard.press("0")
        server.start()
        says(page, "The server answers again.")
        silent(page, AWAY)
        page.page.go_back()
        page.settled()
        assert np.array_equal(page.picture(), before)
        page.page.keyboard.press("0")
        page.settled()
        whole = page.picture()
        page.open(page.hash)
        assert np.array_equal(page.picture(), whole)


def test_a_volume_that_goes_and_comes_back(
    new_page: Callable[..., AtlasPage], sample_library: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    shutil.copytree(sample_library, library)
    (template,) = (library / "templates").iterdir()
    with running(library) as server:
        page = new_page(server.address)
        # What is read at the moment it goes cannot be read.
        page.expected += ["status of 500", "status of 503"]
        page.open("#v=1&at=-26,6,0")
        template.rename(tmp_path / "aside")
        says(page, "is no longer on this server")
        (tmp_path / "aside").rename(template)
        silent(page, "is no longer on this server")
        says(page, "The server answers again.")
        page.drawn()
        assert bright(page) > 0.05


def test_a_store_that_is_slow(new_page: Callable[..., AtlasPage]) -> None:
    page = new_page()
    held: list[Route] = []
    stalled = True

    def store(route: Route) -> None:
        if stalled:
            held.append(route)
        else:
            route.continue_()

    page.page.route("**/chunks/**/c/**", store)
    page.page.goto(page.address + "#v=1&at=-26,6,0")
    says(page, "These data come slowly")
    words = page.page.locator(".notice", has_text="come slowly").inner_text()
    assert " parts of this picture are here" in words
    # The server's own pictures are there meanwhile.
    assert page.page.locator(".preview img").count() == 3
    stalled = False
    for route in held:
        # The engine may have thought better of one.
        with suppress(Error):
            route.continue_()
    silent(page, "These data come slowly")
    page.drawn()
    assert bright(page) > 0.05


def lose(page: Page) -> None:
    """Take the graphics card away, as a driver that crashes does."""
    page.evaluate(
        """() => document.querySelector(".surface canvas").getContext("webgl2")
          .getExtension("WEBGL_lose_context").loseContext()"""
    )


def test_a_graphics_card_that_is_taken_away(new_page: Callable[..., AtlasPage]) -> None:
    page = new_page().open("#v=1&at=-26,6,0&zoom=0.4&sel=37")
    before = page.picture()
    lose(page.page)
    says(page, "took the graphics card away")
    silent(page, "took the graphics card away")
    page.drawn()
    assert np.array_equal(page.picture(), before)
    # The map is alive: it steps, and the menu opens.
    page.page.mouse.move(*page.pixel("coronal", (-26.0, 6.0, 0.0)))
    page.page.keyboard.press(".")
    page.wait_for("window.atlasview.state().view.camera.at[1] === 7")
