"""Measure the page: ``python -m benchmarks.page [--rounds 3] [--url URL] [--soak MINUTES]``."""

from __future__ import annotations

import argparse
import statistics
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from benchmarks.data import default_root
from benchmarks.outcome import Outcome, keep
from benchmarks.page.clients import FLAGS, ROOT, Client, ours, plain, plain_server
from benchmarks.page.line import LOOPBACK, SLOW, Speed, lines
from benchmarks.page.seen import Frames
from benchmarks.page.soak import soak
from benchmarks.peers.atlasview import all_cores, serve
from benchmarks.table import markdown

WIDTH, HEIGHT = 1280, 800
#: After its engine says that nothing is missing, until what it drew is on the screen.
_AFTER = 1500


@dataclass(frozen=True)
class Visit:
    """What one visit took, in seconds and bytes."""

    first: float
    complete: float
    received: int


def main() -> None:
    """Run it, and print Markdown."""
    options = _options()
    with ExitStack() as stack:
        url = (
            options.url
            or stack.enter_context(serve(_demo(options.data), cores=all_cores())).address
        )
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=options.chromium, args=FLAGS
        )
        if options.soak:
            soak(browser, url, options.soak)
            return
        peer = stack.enter_context(plain_server(options.data / "plain-client"))
        port = urlsplit(url).port or 80
        for speed in (LOOPBACK, SLOW):
            print(f"### {speed.name}\n\n{_compare(browser, speed, port, peer, options.rounds)}\n")
    print(f"### What comes before the first pixels\n\n{_bundle()}")


def _compare(browser: Browser, speed: Speed, port: int, peer: int, rounds: int) -> str:
    visits: dict[str, list[Visit]] = {}
    for _ in range(rounds):
        for which in ("AtlasView", "Neuroglancer"):
            with lines(speed, (port, peer)) as (line, (data, page)):
                client = (
                    ours(data, WIDTH, HEIGHT) if which == "AtlasView" else plain(page, data, HEIGHT)
                )
                line.received = 0
                visit = _visit(browser, client)
                visits.setdefault(which, []).append(
                    Visit(visit.first, visit.complete, line.received)
                )
    rows = []
    for name, found in visits.items():
        first = statistics.median(v.first for v in found)
        complete = statistics.median(v.complete for v in found)
        received = statistics.median(v.received for v in found)
        rows.append((name, first, complete, received))
    base = rows[-1]
    keep(_outcomes(speed.name, rows[0], base))
    return markdown(
        ["page", "first meaningful pixels, s", "complete, s", "received, kB"],
        [
            [
                name,
                f"{first:.2f} (×{base[1] / first:.1f} shorter)",
                f"{complete:.2f} (×{base[2] / complete:.1f})",
                f"{received / 1e3:.0f} (×{received / base[3]:.2f})",
            ]
            for name, first, complete, received in rows
        ],
    )


def _outcomes(
    line: str, own: tuple[str, float, float, float], peer: tuple[str, float, float, float]
) -> list[Outcome]:
    """Return whether the first pixels come sooner, and the rest no later and no larger."""
    jobs = [
        (f"{line}: first pixels, sooner", 3.0, peer[1] / own[1], False, own[1], peer[1], "s"),
        (f"{line}: complete", 1.0, own[2] / peer[2], True, own[2], peer[2], "s"),
        (f"{line}: received", 1.0, own[3] / peer[3], True, own[3] / 1e3, peer[3] / 1e3, "kB"),
    ]
    return [
        Outcome(
            goal, limit, "×", value, most, f"{ours:.4g} {unit}", f"{peer[0]}: {theirs:.4g} {unit}"
        )
        for goal, limit, value, most, ours, theirs, unit in jobs
    ]


def _visit(browser: Browser, client: Client) -> Visit:
    """Open a page as one who was never there, and look at it until nothing changes."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", locale="en-GB"
    )
    page = context.new_page()
    page.goto("about:blank")
    session = context.new_cdp_session(page)
    frames = Frames()

    def frame(event: dict) -> None:
        frames.take(event)
        session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    session.on("Page.screencastFrame", frame)
    session.send("Page.startScreencast", {"format": "png", "everyNthFrame": 1})
    page.goto(client.address, wait_until="commit")
    page.evaluate(client.ready)
    page.wait_for_timeout(_AFTER)
    began = page.evaluate(
        "performance.timeOrigin + performance.getEntriesByType('navigation')[0].fetchStart"
    )
    session.send("Page.stopScreencast")
    context.close()
    first = frames.first_meaningful(began / 1e3, client.top, client.left)
    return Visit(first, frames.complete(began / 1e3, client.top, client.left), 0)


def _bundle() -> str:
    """Tell what each built file weighs, as it is sent."""
    folder = ROOT / "tileserver" / "static" / "assets"
    files = [f for f in sorted(folder.iterdir()) if f.suffix not in (".br", ".gz")]
    rows = []
    for file in files:
        packed = folder / f"{file.name}.br"
        size = packed.stat().st_size if packed.exists() else file.stat().st_size
        rows.append([file.name, f"{file.stat().st_size / 1e3:.0f}", f"{size / 1e3:.0f}"])
    return markdown(["file", "kB", "kB as sent (brotli)"], rows)


def _demo(folder: Path) -> Path:
    from atlasview.demo import make_demo

    library = folder / "page-library"
    make_demo(library)
    return library


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="visits of each page on each line")
    parser.add_argument("--url", help="a server of this machine; the sample brain when not said")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="pan and zoom for so long")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--data", type=Path, default=default_root(), help="kept between runs")
    return parser.parse_args()


if __name__ == "__main__":
    main()
