"""The page as a user meets it: the real server as a program of its own, and a real Chromium."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

from atlas_page import AtlasPage
from brain import Brain

# What comes to be true may take its time on a machine that has much to do.
expect.set_options(timeout=20_000)

ROOT = Path(__file__).parents[2]
FAILURES = Path(__file__).parent / "failures"
FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def served(*paths: Path) -> Iterator[str]:
    """Serve paths with the command line on a free port; yield the address it prints."""
    server = subprocess.Popen(
        [sys.executable, "-m", "atlasview.cli", "serve", *map(str, paths), "--port", "0"],
        env={**os.environ, "PYTHONUNBUFFERED": "1", "ATLASVIEW_NO_BROWSER": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert server.stdout is not None
    try:
        said = ""
        while not (address := re.search(r"http://\S+/", said)):
            line = server.stdout.readline()
            if not line:
                pytest.fail(f"the server did not start: {said}")
            said += line
        yield address.group()
    finally:
        server.terminate()
        server.communicate(timeout=20)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the Chromium that the environment names or that is on PATH."""
    named = os.environ.get("ATLASVIEW_CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail(
            "No Chromium: install the package chromium, or set ATLASVIEW_CHROMIUM to the program"
        )
    return found


@pytest.fixture(scope="session")
def brain() -> Brain:
    """The sample brain's own files, read without our code."""
    return Brain(ROOT / "sample_data")


@pytest.fixture(scope="session")
def address(sample_library: Path) -> Iterator[str]:
    """Address of a server over the sample brain."""
    with served(sample_library) as url:
        yield url


@pytest.fixture(scope="session")
def serve() -> Callable[..., object]:
    """Return what serves other data, for as long as a test needs it."""
    return served


# Playwright holds an event loop while it lives: no longer than one module, for the other tests' sake.
@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def new_page(
    browser: Browser, address: str, request: pytest.FixtureRequest
) -> Iterator[Callable[..., AtlasPage]]:
    """Return what opens pages; after the test none of them may have complained."""
    contexts = []
    pages: list[AtlasPage] = []

    def open_page(
        url: str | None = None,
        width: int = 1280,
        height: int = 800,
        scheme: str = "dark",
        touch: bool = False,
        first: bool = False,
        language: str = "en-GB",
    ) -> AtlasPage:
        parts = urlsplit(url or address)
        toured = {"name": "atlasview.tour", "value": "1"}
        place = {"origin": f"{parts.scheme}://{parts.netloc}", "localStorage": [toured]}
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            has_touch=touch,
            locale=language,
            # Who was here before is led round no more.
            storage_state=None if first else {"cookies": [], "origins": [place]},
        )
        contexts.append(context)
        pages.append(AtlasPage(context.new_page(), url or address))
        return pages[-1]

    yield open_page
    report = getattr(request.node, "report_of_call", None)
    if report is not None and report.failed:
        FAILURES.mkdir(exist_ok=True)
        name = re.sub(r"[^\w.-]+", "_", request.node.name)
        for i, page in enumerate(pages):
            page.page.screenshot(path=FAILURES / f"{name}-{i}.png")
    complaints = [text for page in pages for text in page.complaints]
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(new_page: Callable[..., AtlasPage]) -> AtlasPage:
    """A page of the sample brain, not opened yet."""
    return new_page()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> object:
    """Keep the outcome of a test where its fixtures find it."""
    report = yield
    if report.when == "call":
        item.report_of_call = report
    return report
