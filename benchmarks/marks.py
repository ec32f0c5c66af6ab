"""Measure a large annotation set: ``python -m benchmarks.marks [--points 1000000]``.

One server process over real HTTP: the points come in from CSV, the set opens on a server that has
just started, and a real Chromium pans over it, without the set and with it, in the same view.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

import httpx
import numpy as np
from playwright.sync_api import Browser, sync_playwright

from atlasview.demo import make_demo
from benchmarks.data import default_root
from benchmarks.outcome import Outcome, keep, table
from benchmarks.page.clients import FLAGS
from benchmarks.peers.atlasview import all_cores, serve
from benchmarks.process import Process
from benchmarks.table import markdown

#: Goal in milliseconds, at the median.
CELL_MS = 50.0
#: Annotations in one file.
_FILE = 100_000
#: Cells that are asked for, anywhere.
_CELLS = 2000
_AT = "#v=1&at=0,-18,8&zoom=0.6&layout=horizontal"
#: The page's policy forbids playwright's own way of waiting.
_LOADED = """async () => {
  while (!window.atlasview?.state().loaded) await new Promise((resolve) => setTimeout(resolve, 20));
}"""
#: Pan by the mouse, a little each frame, and tell what each frame took, in ms.
_PAN = """async (frames) => {
  const surface = document.querySelector(".surface canvas").parentElement;
  const box = surface.getBoundingClientRect();
  const panel = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  const say = (kind, x, on) => on.dispatchEvent(new PointerEvent(kind, {
    bubbles: true, cancelable: true, isPrimary: true, pointerId: 1, pointerType: "mouse",
    clientX: x, clientY: box.y + box.height / 2, buttons: 1 }));
  const mouse = (kind, x, on) => on.dispatchEvent(new MouseEvent(kind, {
    bubbles: true, cancelable: true, view: window, button: 0, buttons: 1,
    clientX: x, clientY: box.y + box.height / 2 }));
  const middle = box.x + box.width / 2;
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  say("pointerdown", middle, panel);
  mouse("mousedown", middle, panel);
  const took = [];
  let last = await frame();
  for (let i = 1; i <= frames; i += 1) {
    const x = middle + 120 * Math.sin(i / 9);
    say("pointermove", x, panel);
    mouse("mousemove", x, document);
    const now = await frame();
    took.push(now - last);
    last = now;
  }
  say("pointerup", middle, panel);
  mouse("mouseup", middle, document);
  return took;
}"""


def main() -> None:
    """Run it, and print Markdown."""
    options = _options()
    demo = default_root() / "marks-demo"
    make_demo(demo)
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        shutil.copytree(demo, library, ignore=shutil.ignore_patterns("marks"))
        rows: list[list[str]] = []
        with serve(library, cores=all_cores()) as server:
            began = time.monotonic()
            name = _import(server.address, options.points)
            rows.append(["import from CSV", f"{time.monotonic() - began:.1f} s"])
        with serve(library, cores=all_cores()) as server:
            rows += _opened(server, name, "first")
        with serve(library, cores=all_cores()) as server:
            rows += _opened(server, name, "again, after a restart")
            print(markdown(["", f"{options.points:,} points"], rows), "\n")
            with sync_playwright() as started:
                browser = started.chromium.launch(executable_path=options.chromium, args=FLAGS)
                print(_panned(browser, server.address, name, options.frames))
                browser.close()
    cell = float(rows[-2][1].split()[0])
    goals = [Outcome(f"a cell of {options.points:,} points, p50", CELL_MS, "ms", cell)]
    keep(goals)
    print(f"\n{table(goals)}")


def _import(address: str, count: int) -> str:
    chance = np.random.default_rng(6)
    with httpx.Client(base_url=address, timeout=600) as client:
        space = client.get("/api/atlases").json()["atlases"][0]["space"]
        made = client.post("/api/annotations", json={"title": "Cells", "space": space}).json()
        for first in range(0, count, _FILE):
            points = chance.normal((0, -18, 8), (30, 40, 30), (min(_FILE, count - first), 3))
            lines = [f"{x:.3f},{y:.3f},{z:.3f},{i % 97}" for i, (x, y, z) in enumerate(points)]
            client.post(
                f"/api/annotations/{made['id']}/import",
                content="\n".join(["x,y,z,size", *lines]),
                headers={
                    "Authorization": f"Bearer {made['edit_key']}",
                    "Content-Type": "text/csv",
                },
            ).raise_for_status()
    return str(made["id"])


def _opened(server: Process, name: str, when: str) -> list[list[str]]:
    with httpx.Client(base_url=server.address, timeout=600) as client:
        began = time.monotonic()
        info = client.get(f"/annotations/{name}/info").raise_for_status().json()
        first = time.monotonic() - began
        took = []
        finest = info["spatial"][-1]
        cells = list(np.ndindex(*finest["grid_shape"]))
        for cell in np.random.default_rng(7).permutation(cells)[:_CELLS]:
            began = time.monotonic()
            part = f"{finest['key']}/{'_'.join(map(str, cell))}"
            client.get(f"/annotations/{name}/{part}").raise_for_status()
            took.append(time.monotonic() - began)
        usage = server.usage()
    return [
        [f"info, {when}", f"{first * 1000:.0f} ms"],
        [f"a cell of the finest of {len(info['spatial'])} levels", f"{median(took) * 1000:.1f} ms"],
        ["memory of the server at most", f"{usage.peak / 1e6:.0f} MB"],
    ]  # fmt: skip


def _panned(browser: Browser, address: str, name: str, frames: int) -> str:
    rows = []
    for title, hash_ in (("without", _AT), ("with the set", f"{_AT}&sets={name}")):
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        if "sets=" in hash_:
            # What is streamed is asked for when the rest stands already.
            with page.expect_response(lambda answer: "/spatial." in answer.url, timeout=300_000):
                page.goto(f"{address}/{hash_}")
        else:
            page.goto(f"{address}/{hash_}")
        page.evaluate(_LOADED)
        page.evaluate("window.atlasview.drawn(300000)")
        page.evaluate(_PAN, 20)
        took = page.evaluate(_PAN, frames)
        rows.append(
            [
                title,
                f"{median(took):.0f} ms",
                f"{quantiles(took, n=20)[-1]:.0f} ms",
            ]
        )
        page.context.close()
    return markdown(["panning", "a frame, median", "95 %"], rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
