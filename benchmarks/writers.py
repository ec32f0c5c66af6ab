"""Many writers on one annotation set: ``python -m benchmarks.writers [--seconds 60]``.

A real server, every writer on a connection of its own, one annotation after the other. At the end
everything that was acknowledged must be there, each writer's in the order in which it was written,
and the set's history must have no gap. Views are opened at the same time and afterwards.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx

from atlasview.demo import make_demo
from benchmarks.data import default_root
from benchmarks.peers.atlasview import all_cores, serve
from benchmarks.table import markdown

Asked = Callable[[httpx.Client, int], None]


def main() -> None:
    """Run it, and print Markdown; fail where something is lost."""
    options = _options()
    demo = default_root() / "marks-demo"
    make_demo(demo)
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        shutil.copytree(demo, library, ignore=shutil.ignore_patterns("marks"))
        with serve(library, cores=all_cores(), workers=options.workers) as server:
            print(_run(server.address, options))


def _run(address: str, options: argparse.Namespace) -> str:
    with httpx.Client(base_url=address, timeout=60) as client:
        space = client.get("/api/atlases").json()["atlases"][0]["space"]
        body = {"title": "Many", "space": space, "access": "editable"}
        path = f"/api/annotations/{client.post('/api/annotations', json=body).json()['id']}"
        camera = {"at": [0, 0, 0], "zoom": 1}
        state = {"version": 2, "camera": camera, "annotations": [{"set": path.split("/")[-1]}]}
        view = client.post("/api/views", json={"title": "x", "state": state}).json()["id"]
    written: list[list[str]] = [[] for _ in range(options.writers)]
    refused: list[str] = []

    def write(client: httpx.Client, number: int) -> None:
        label = f"{number}/{len(written[number])}"
        point = {"type": "point", "points": [[number, len(written[number]) % 50, 0]]}
        response = client.post(f"{path}/items", json={**point, "label": label})
        if response.status_code == 503:
            refused.append(response.json()["detail"])
            time.sleep(float(response.headers["Retry-After"]))
            return
        response.raise_for_status()
        written[number].append(label)

    def look(client: httpx.Client, _: int) -> None:
        client.get(f"/api/views/{view}").raise_for_status()

    jobs = [*[write] * options.writers, look]
    took = _at_once(address, jobs, options.seconds)
    alone = _at_once(address, [look], 3)[0]
    found = _check(address, path, written)
    writes = [each for one in took[:-1] for each in one]
    rows = [
        _row(f"{options.writers} writers", writes, f"{found / options.seconds:.0f} a second"),
        _row("opening a view meanwhile", took[-1], ""),
        _row("opening a view afterwards", alone, ""),
    ]
    return markdown(["", "median", "95 %", "99 %", ""], rows) + (
        f"\n\n{found} annotations were acknowledged in {options.seconds} s; all are there, in "
        f"order. {len(refused)} were refused as too many at once."
    )


def _at_once(address: str, jobs: list[Asked], seconds: float) -> list[list[float]]:
    """Run jobs beside each other, each again and again, and return what each time took, in s."""
    end = time.monotonic() + seconds
    took: list[list[float]] = [[] for _ in jobs]
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with httpx.Client(base_url=address, timeout=60) as client:
                while (began := time.monotonic()) < end:
                    jobs[number](client, number)
                    took[number].append(time.monotonic() - began)
        except BaseException as exc:
            failed.append(exc)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return took


def _check(address: str, path: str, written: list[list[str]]) -> int:
    """Compare what is there with what was acknowledged, and return how many there are."""
    found: list[dict[str, Any]] = []
    revisions: list[int] = []
    with httpx.Client(base_url=address, timeout=60) as client:
        after: int | None = 0
        while after is not None:
            page = client.get(f"{path}/items", params={"next": after, "limit": 10_000}).json()
            found += page["items"]
            after = page["next"]
        before: int | None = None
        while True:
            asked = {"limit": 1000} | ({} if before is None else {"next": before})
            history = client.get(f"{path}/history", params=asked).json()
            revisions += [change["revision"] for change in history["items"]]
            before = history["next"]
            if before is None:
                break
        told = client.get(path).json()
    for number, labels in enumerate(written):
        mine = [i["label"] for i in found if i["label"].startswith(f"{number}/")]
        if mine != labels:
            sys.exit(
                f"Of writer {number} {len(labels)} were acknowledged, and {len(mine)} are there"
            )
    if told["count"] != len(found) or revisions != list(range(told["revision"], 1, -1)):
        sys.exit("The history of the set has a gap")
    return len(found)


def _row(what: str, took: list[float], more: str) -> list[str]:
    cuts = quantiles(took, n=100)
    return [what, *(f"{s * 1000:.0f} ms" for s in (median(took), cuts[94], cuts[98])), more]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
