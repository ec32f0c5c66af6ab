"""The page in Firefox: with the engine where there is WebGL2, and without it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from firefox import find_firefox, firefox
from PIL import Image

PROGRAM = find_firefox()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Firefox is not installed (firefox-esr)")
PLACE = "#v=1&at=-26,6,0&zoom=0.5&layout=coronal"


@pytest.mark.parametrize("webgl", [True, False], ids=["webgl", "flat"])
def test_the_page_is_seen_searched_and_shared(address: str, tmp_path: Path, webgl: bool) -> None:
    assert PROGRAM is not None
    prefs = {"webgl.disabled": not webgl, "webgl.force-enabled": webgl}
    with firefox(PROGRAM, tmp_path / "profile", prefs) as browser:
        browser.go(address + PLACE)
        browser.wait("page.atlasview && page.atlasview.state().loaded")
        browser.run("{ await page.atlasview.drawn(120000); }")
        flat = browser.run("{ return document.querySelector('.pane') !== null; }")
        # Where the machine offers Firefox no WebGL2 the page draws without it by itself.
        assert flat or webgl
        picture = np.asarray(Image.open(io.BytesIO(browser.screenshot())).convert("RGB"))
        middle = picture[250:650, 500:1100]
        assert middle.std() > 30
        assert (middle.max(axis=2).astype(int) - middle.min(axis=2) > 40).mean() > 0.02

        box = browser.run(
            "{ const b = document.querySelector('.map').getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; }"
        )
        x, y = (int(v) for v in box)
        browser.act(
            "pointer",
            [
                {"type": "pointerMove", "x": x - 3, "y": y, "duration": 0},
                {"type": "pointerMove", "x": x, "y": y, "duration": 50},
                {"type": "pointerDown", "button": 0},
                {"type": "pointerUp", "button": 0},
            ],
            parameters={"pointerType": "mouse"},
        )
        browser.wait("document.querySelector('.chip')?.textContent.includes('left putamen')")
        keys = [{"type": kind, "value": "."} for kind in ("keyDown", "keyUp")]
        browser.act("key", keys)
        browser.wait("location.hash.includes('at=-26,7,0') && location.hash.includes('sel=37')")
