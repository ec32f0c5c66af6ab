"""Pan and zoom for a long time, and look at the memory."""

from __future__ import annotations

import os
import random
import statistics
import time
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.table import markdown

_LOOK = 15.0
_OPENED = """async () => {
  while (!window.atlasview) await new Promise((resolve) => setTimeout(resolve, 20));
  await window.atlasview.drawn();
}"""
_WIDTH, _HEIGHT = 1280, 800


def soak(browser: Browser, url: str, minutes: float) -> None:
    """Open the page, move about by wheel, drag and keys, and print what it holds meanwhile.

    Parameters
    ----------
    browser : Browser
    url : str
        Of the server.
    minutes : float
    """
    page = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.goto(url)
    page.evaluate(_OPENED)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    chance = random.Random(1)  # the same walk each time
    began = looked = time.monotonic()
    rows: list[tuple[float, float, float]] = []
    moves = 0
    while (now := time.monotonic()) - began < minutes * 60:
        x, y = chance.uniform(360, _WIDTH - 40), chance.uniform(90, _HEIGHT - 60)
        page.mouse.move(x, y)
        kind = chance.random()
        if kind < 0.5:
            page.mouse.wheel(0, chance.choice((-240, 240)))
        elif kind < 0.9:
            page.mouse.down()
            page.mouse.move(x + chance.uniform(-120, 120), y + chance.uniform(-120, 120), steps=4)
            page.mouse.up()
        else:
            page.keyboard.press(chance.choice((",", ".", "<", ">", "0", "Escape")))
        moves += 1
        if now - looked >= _LOOK:
            looked = now
            session.send("HeapProfiler.collectGarbage")
            told = session.send("Performance.getMetrics")["metrics"]
            metrics = {m["name"]: m["value"] for m in told}
            rows.append(((now - began) / 60, metrics["JSHeapUsedSize"] / 1e6, _resident() / 1e6))
    print(markdown(
        ["minute", "JS heap, MB", "browser, MB"],
        [[f"{a:.1f}", f"{b:.1f}", f"{c:.0f}"] for a, b, c in rows],
    ))  # fmt: skip
    third = max(1, len(rows) // 3)
    middle, last = rows[third : 2 * third], rows[-third:]
    heap = [statistics.median(r[1] for r in part) for part in (middle, last)]
    whole = [statistics.median(r[2] for r in part) for part in (middle, last)]
    print(
        f"\n{moves} moves; the last third over the middle one: JS heap ×{heap[1] / heap[0]:.2f}, "
        f"browser ×{whole[1] / whole[0]:.2f}; {len(complaints)} complaints in the console"
        + "".join(f"\n  {text[:200]}" for text in complaints[:5])
    )
    page.context.close()


def _resident() -> int:
    """Bytes of all processes below this one, each page counted once (PSS)."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    total, todo = 0, list(parents.get(os.getpid(), []))
    while todo:
        process = todo.pop()
        todo += parents.get(process, [])
        try:
            if "python" in Path(f"/proc/{process}/cmdline").read_text():
                continue
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(text.partition("\nPss:")[2].split()[0]) * 1024
    return total
