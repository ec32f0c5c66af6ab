"""Measure the computed brain: ``python -m benchmarks.synthetic [--tiles 60]``.

One server process on one core, over real HTTP: chunks and 256² tiles of the finest level, at random
within the brain, each asked for the first time. CPU is the server's; times are the client's.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

import httpx

from atlasview import bigbrain
from atlasview.demo import SYNTHETIC, make_synthetic
from benchmarks.outcome import Outcome, keep, table
from benchmarks.peers.atlasview import serve
from benchmarks.process import Process
from benchmarks.table import markdown

#: Milliseconds of CPU for one chunk, computed and packed.
CHUNK_MS = 5.0


def chunk_addresses(count: int, chance: random.Random) -> list[str]:
    """Return chunks in the middle half of the brain, where nearly all hold tissue."""
    grid = [n // bigbrain.CHUNK for n in bigbrain.level_shape(0)]
    places = [
        "/".join(str(chance.randrange(n // 4, 3 * n // 4)) for n in grid) for _ in range(count)
    ]
    return [f"/chunks/{SYNTHETIC}/0/c/{place}" for place in places]


def tile_addresses(plane: str, zoom: int, count: int, chance: random.Random) -> list[str]:
    """Return tiles of the finest level in the middle half of the brain."""
    x, y, z = bigbrain.SHAPE_XYZ
    normal, across, down = {
        "horizontal": (z, x, y), "coronal": (y, x, z), "sagittal": (x, y, z),
    }[plane]  # fmt: skip

    def middle(n: int) -> int:
        return chance.randrange(n // 4, 3 * n // 4)

    return [
        f"/tiles/{SYNTHETIC}/{plane}/{middle(normal)}/{zoom}/{middle(across // 256)}/"
        f"{middle(down // 256)}.jpg"
        for _ in range(count)
    ]


def measured(
    server: Process, http: httpx.Client, addresses: list[str]
) -> tuple[list[float], float]:
    """Return milliseconds of each answer, and the server's CPU milliseconds an answer."""
    before, times = server.usage().cpu, []
    for address in addresses:
        start = time.perf_counter()
        http.get(address).raise_for_status()
        times.append((time.perf_counter() - start) * 1000)
    return times, (server.usage().cpu - before) / len(addresses) * 1000


def main() -> None:
    """Run it and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiles", type=int, default=60)
    asked = parser.parse_args()
    chance = random.Random(3)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "library"
        make_synthetic(root)
        with (
            serve(root) as server,
            httpx.Client(base_url=server.address, timeout=120) as http,
        ):
            planes = http.get(f"/api/volumes/{SYNTHETIC}").json()["planes"]
            jobs = {"a chunk": chunk_addresses(asked.tiles, chance)}
            for plane, said in planes.items():
                zoom = said["zooms"][-1]["z"]
                jobs[f"a {plane} tile"] = tile_addresses(plane, zoom, asked.tiles, chance)
            http.get(jobs["a chunk"][0])  # what is compiled is loaded
            rows, chunk_cpu = [], 0.0
            for name, addresses in jobs.items():
                times, cpu = measured(server, http, addresses)
                chunk_cpu = chunk_cpu or cpu
                rows.append(
                    [
                        name,
                        f"{median(times):.1f}",
                        f"{quantiles(times, n=20)[-1]:.1f}",
                        f"{cpu:.1f}",
                    ]
                )
            resident = server.usage().resident / 1e6
    print(markdown(["cold", "p50 ms", "p95 ms", "CPU ms"], rows))
    goals = [Outcome("a chunk of the computed brain, CPU", CHUNK_MS, "ms", chunk_cpu)]
    keep(goals)
    print(f"\nResident {resident:.0f} MB.\n\n{table(goals)}")


if __name__ == "__main__":
    main()
