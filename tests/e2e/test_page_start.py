"""The first pixels: the server's pictures until the engine is there, in the very same place."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from atlas_page import AtlasPage
from PIL import Image
from playwright.sync_api import Route

PLANES = ("horizontal", "coronal", "sagittal")
ALL_LOADED = """
[...document.querySelectorAll('.preview img')].length > 0 &&
[...document.querySelectorAll('.preview img')].every((i) => i.complete && i.naturalWidth > 0)
"""
ROOMS = "window.atlasview !== undefined"
DECODED = """
Promise.all([...document.querySelectorAll('.preview img')].map((i) => i.decode()))
"""
ON_SCREEN = """
new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))
"""
GONE = "document.querySelector('.preview').hidden"


class Held:
    """Requests of some kind, kept waiting until they are let go."""

    def __init__(self, page: AtlasPage, pattern: str) -> None:
        self._waiting: list[Route] = []
        self._free = False
        page.page.route(pattern, self._take)

    def _take(self, route: Route) -> None:
        if self._free:
            route.continue_()
        else:
            self._waiting.append(route)

    def let_go(self) -> None:
        self._free = True
        for route in self._waiting:
            route.continue_()


def start(page: AtlasPage, hash_: str) -> tuple[Held, Held]:
    """Begin to open a link, with the engine and its chunks held back."""
    held = Held(page, "**/assets/viewer-*.js"), Held(page, "**/chunks/**")
    page.page.goto(page.address + hash_)
    page.wait_for(ROOMS)
    page.wait_for(ALL_LOADED)
    page.page.evaluate(DECODED)
    return held


def seen(page: AtlasPage) -> np.ndarray:
    page.page.evaluate(ON_SCREEN)
    return np.asarray(Image.open(io.BytesIO(page.page.screenshot())).convert("RGB")).astype(float)


def inner(page: AtlasPage, picture: np.ndarray, plane: str) -> np.ndarray:
    """A panel without its letters, its name and its scale bar."""
    box = page.panel(plane)
    x, y = round(box["x"]), round(box["y"])
    w, h = int(box["width"]), int(box["height"])
    return picture[y + 40 : y + h - 60, x + 30 : x + w - 45]


def coarse(picture: np.ndarray) -> np.ndarray:
    """Means of 4 × 4 pixels, in which the server's picture and the engine's are alike."""
    h, w = (n // 4 * 4 for n in picture.shape[:2])
    return picture[:h, :w].reshape(h // 4, 4, w // 4, 4, 3).mean(axis=(1, 3))


def shift_between(a: np.ndarray, b: np.ndarray) -> tuple[int, int]:
    """By how many pixels one picture must be moved to be most like the other."""
    span = range(-4, 5)
    inner_a = a[8:-8, 8:-8]
    misses = {
        (i, j): np.abs(inner_a - b[8 + i : b.shape[0] - 8 + i, 8 + j : b.shape[1] - 8 + j]).mean()
        for i in span
        for j in span
    }
    return min(misses, key=lambda at: misses[at])


@pytest.mark.parametrize(
    "hash_",
    [
        "#v=1&at=-26,6,10&zoom=0.5&ol=0&x=0",
        "#v=1&at=-26,6,10&zoom=0.35&ol=0&x=0&q=0.9397,0.2052,0.1368,0.2368",
        "#v=1&at=-26,6,10&zoom=0.3&reg=0&x=0&layout=coronal&win=20,180&gamma=1.3",
    ],
    ids=["upright", "tilted", "one panel"],
)
def test_the_first_pixels_are_where_the_engine_draws(page: AtlasPage, hash_: str) -> None:
    engine, chunks = start(page, hash_)
    planes = ("coronal",) if "layout=coronal" in hash_ else PLANES
    first = seen(page)
    engine.let_go()
    chunks.let_go()
    page.drawn()
    page.wait_for(GONE)
    last = seen(page)
    for plane in planes:
        before, after = inner(page, first, plane), inner(page, last, plane)
        assert after.max() > 100
        assert shift_between(before, after) == (0, 0)
        off = coarse(before) - coarse(after)
        # Sharper is all the engine may make it: neither brighter nor of another colour.
        assert np.abs(off).mean() < 4, (plane, np.abs(off).mean())
        assert np.abs(off.mean(axis=(0, 1))).max() < 1, (plane, off.mean(axis=(0, 1)))


def test_nothing_flashes_when_the_engine_takes_over(page: AtlasPage) -> None:
    engine, chunks = start(page, "#v=1&at=-26,6,10&zoom=0.5&ol=0&x=0")
    bright = [inner(page, seen(page), "horizontal").mean()]
    engine.let_go()
    for _ in range(4):
        bright.append(inner(page, seen(page), "horizontal").mean())
    chunks.let_go()
    while not page.page.evaluate(GONE):
        bright.append(inner(page, seen(page), "horizontal").mean())
    bright.append(inner(page, seen(page), "horizontal").mean())
    assert bright == pytest.approx([bright[0]] * len(bright), rel=0.05)


def test_pictures_are_asked_for_before_the_engine(page: AtlasPage) -> None:
    asked: list[str] = []
    page.page.on("request", lambda request: asked.append(request.url))
    page.open("#v=1&at=-26,6,10&zoom=0.5")
    first = {
        kind: next(i for i, url in enumerate(asked) if kind in url)
        for kind in ("/planes/", "/assets/viewer-", "/chunks/")
    }
    assert first["/planes/"] < first["/assets/viewer-"] < first["/chunks/"]


def test_the_first_pixels_wait_for_no_room(new_page: Callable[..., AtlasPage]) -> None:
    page = new_page()
    pictures: list[str] = []
    page.page.on("request", lambda r: pictures.append(r.url) if "/planes/" in r.url else None)
    rooms = Held(page, "**/assets/main-*.js")
    engine = Held(page, "**/assets/viewer-*.js")
    page.page.goto(page.address + "#v=1&at=-26,6,10&zoom=0.5&ol=0&x=0")
    page.wait_for(ALL_LOADED)
    page.page.evaluate(DECODED)
    assert not page.page.evaluate(ROOMS)
    box = page.page.evaluate("document.querySelector('.preview').getBoundingClientRect().toJSON()")
    before = seen(page)
    rooms.let_go()
    page.wait_for(ROOMS)
    page.wait_for("document.querySelector('[role=treeitem]') !== null")
    after = seen(page)
    x, y, w, h = (int(box[k]) for k in ("x", "y", "width", "height"))
    # The middle of the first panel: letters, scale bars and notices are elsewhere.
    part = np.s_[y + h // 8 : y + 3 * h // 8, x + w // 8 : x + 3 * w // 8]
    assert before[part].max() > 100
    assert np.abs(before[part] - after[part]).max() <= 2
    assert len(pictures) == len(set(pictures)) == 3
    engine.let_go()
    page.drawn()
    page.wait_for(GONE)


def test_what_was_drawn_ahead_goes_when_another_view_is_chosen(page: AtlasPage) -> None:
    engine, chunks = start(page, "#v=1&at=-26,6,10&zoom=0.5")
    page.page.keyboard.press("3")
    page.wait_for(GONE)
    engine.let_go()
    chunks.let_go()
    page.drawn()
    assert page.view["style"]["layout"] == "coronal"


def test_a_page_whose_engine_does_not_come_says_so(new_page: Callable[..., AtlasPage]) -> None:
    page = new_page()
    page.page.route("**/assets/viewer-*.js", lambda route: route.abort())
    page.page.goto(page.address)
    page.page.locator(".notice", has_text="could not be loaded").wait_for()
    page.complaints[:] = [text for text in page.complaints if "ERR_FAILED" not in text]
