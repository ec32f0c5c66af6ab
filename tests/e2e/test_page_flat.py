"""The page without WebGL2: the same page, its planes drawn by OpenSeadragon."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import numpy as np
import pytest
from atlas_page import AtlasPage
from playwright.sync_api import expect
from test_page_touch import Fingers

PUTAMEN = (-26.0, 6.0, 0.0)
_NO_WEBGL = """
const make = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return /webgl/.test(kind) ? null : make.call(this, kind, ...more);
};
"""


def without_webgl(page: AtlasPage) -> AtlasPage:
    page.page.add_init_script(_NO_WEBGL)
    return page


@pytest.mark.parametrize("plane", ["horizontal", "coronal", "sagittal"])
def test_it_draws_what_the_engine_draws(
    new_page: Callable[..., AtlasPage], address: str, plane: str
) -> None:
    hash_ = f"#v=1&at=-26,6,10&zoom=0.4&layout={plane}&x=0&ol=0"
    engine = new_page().open(hash_)
    flat = new_page(f"{address}?viewer=2d").open(hash_)
    a, b = (p.panel_of(p.picture(), plane).astype(float) for p in (engine, flat))
    assert a.shape == b.shape
    a, b = (x[100:-100, 60:-60] for x in (a, b))
    a, b = (x[: x.shape[0] // 4 * 4, : x.shape[1] // 4 * 4] for x in (a, b))
    a, b = (x.reshape(x.shape[0] // 4, 4, -1, 4, 3).mean(axis=(1, 3)) for x in (a, b))
    assert a.max() > 100
    # The server mixes neighbours where the engine takes the nearest: alike up to a slope.
    assert np.abs(a - b).mean() < 5
    moved = np.abs(a[:, 2:] - b[:, :-2]).mean()
    assert np.abs(a - b).mean() < moved / 2


def test_everything_but_3d_works_without_webgl(new_page: Callable[..., AtlasPage]) -> None:
    page = without_webgl(new_page())
    # A plane let go of goes on for a while, how far is the machine's choice; not so here.
    page.page.emulate_media(reduced_motion="reduce")
    page.open("#v=1&at=-26,6,0&zoom=0.5")
    expect(page.page.locator(".notice", has_text="no WebGL2")).to_be_visible()
    expect(page.page.locator(".pane-empty")).to_contain_text("need WebGL2")
    page.hover("coronal", PUTAMEN)
    page.tooltip("left putamen")
    expect(page.page.locator(".cursor")).to_contain_text("left putamen")
    page.click("coronal", PUTAMEN)
    page.page.locator(".chip", has_text="left putamen").wait_for()

    # The wheel zooms to the cursor, a drag pans, and the other planes come along.
    point = (-10.0, 6.0, 20.0)
    x, y = page.pixel("coronal", point)
    page.page.mouse.move(x, y)
    page.page.mouse.wheel(0, -200)
    page.wait_for("window.atlasview.state().view.camera.zoom < 0.45")
    page.settled()
    assert page.pixel("coronal", point) == pytest.approx((x, y), abs=3)
    before = page.view["camera"]["at"]
    x, y = page.pixel("horizontal", (before[0], before[1], before[2]))
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    page.page.mouse.move(x + 40, y + 20, steps=5)
    page.page.mouse.up()
    page.wait_for("window.atlasview.state().settled")
    page.settled()
    zoom = page.view["camera"]["zoom"]
    assert page.view["camera"]["at"][0] == pytest.approx(before[0] - 40 * zoom, abs=4)
    assert page.view["camera"]["at"][1] == pytest.approx(before[1] + 20 * zoom, abs=4)

    # Steps by key and by Ctrl and wheel, one voxel each.
    page.hover("sagittal", tuple(page.view["camera"]["at"]))
    at = page.view["camera"]["at"]
    page.page.keyboard.press(".")
    page.page.keyboard.down("Control")
    page.page.mouse.wheel(0, -60)
    page.page.keyboard.up("Control")
    page.wait_for(f"Math.abs(window.atlasview.state().view.camera.at[0] - {at[0]} - 2) < 0.01")

    page.page.get_by_role("combobox", name="Search").fill("right hippocampus")
    page.page.get_by_role("option", name="right hippocampus").click()
    page.page.locator(".chip", has_text="right hippocampus").wait_for()
    page.wait_for("window.atlasview.state().view.camera.at[0] > 15")
    link = page.settled()
    again = new_page().open(link)
    assert again.view == page.view


def test_a_phone_without_webgl(new_page: Callable[..., AtlasPage]) -> None:
    page = without_webgl(new_page(width=360, height=740, touch=True))
    page.open("#v=1&at=-26,6,0&zoom=0.5&layout=horizontal")
    fingers = Fingers(page)
    fingers.down(page.pixel("horizontal", PUTAMEN))
    fingers.up()
    page.page.locator(".chip", has_text="left putamen").wait_for()
    x, y = page.pixel("horizontal", (-10.0, 16.0, 0.0))
    fingers.down((x - 30, y), (x + 30, y))
    fingers.move((x - 75, y), (x + 75, y))
    fingers.up()
    page.wait_for("window.atlasview.state().view.camera.zoom < 0.35")
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_large_set_is_drawn_without_webgl(
    new_page: Callable[..., AtlasPage], address: str
) -> None:
    """Thinned as by the engine, near the plane, coloured and filtered as the view says."""
    rng = np.random.default_rng(7)
    points = rng.uniform((-60, -60, -30), (60, 60, 30), (6000, 3)).round(2)
    with httpx.Client(base_url=f"{address}api/", timeout=60) as client:
        space = client.get("atlases").json()["atlases"][0]["space"]
        body = {"title": "Cells", "space": space, "access": "private"}
        made = client.post("annotations", json=body).json()
        key = {"Authorization": f"Bearer {made['edit_key']}"}
        lines = [f"{x},{y},{z},{'7' if x > 0 else '1'}" for x, y, z in points]
        client.post(
            f"annotations/{made['id']}/import",
            content="\n".join(["x,y,z,size", *lines]),
            headers={**key, "Content-Type": "text/csv"},
        ).raise_for_status()
    page = without_webgl(new_page(address))
    at = "#v=1&at=0,0,0&zoom=0.2&layout=horizontal&reg=0&x=0"
    shown = f"&sets={made['id']}:.size::1:7&keys={made['id']}:{made['edit_key']}"
    with page.page.expect_response(lambda answer: "/spatial." in answer.url):
        page.open(at + shown)
    page.drawn()
    picture = page.panel_of(page.picture(), "horizontal").astype(int)
    low = (abs(picture - np.array([68, 1, 84])).max(axis=-1) < 12).nonzero()[1]
    high = (abs(picture - np.array([253, 231, 37])).max(axis=-1) < 12).nonzero()[1]
    # Some 160 lie near the plane at either side of its middle.
    assert len(low) > 300
    assert len(high) > 300
    middle = picture.shape[1] / 2
    assert low.max() < middle + 5
    assert high.min() > middle - 5
