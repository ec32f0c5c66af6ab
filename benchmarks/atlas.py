"""Measure the atlas: ``python -m benchmarks.atlas [--regions 3000] [--points 100000]``.

One server process on one core, over real HTTP: search among so many regions (names drawn from a
real brain's, synonyms, two hemispheres), regions at so many points, and one region's facts. CPU is
the server's; times are the client's, from request to last byte.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

import httpx
import nibabel as nib
import numpy as np

from atlasview.atlasfolder import AtlasSheet
from atlasview.atlasmaking import create_atlas
from benchmarks.outcome import Outcome, keep, table
from benchmarks.peers.atlasview import serve
from benchmarks.process import Process
from benchmarks.table import markdown

#: Goals in milliseconds, at the median.
SEARCH_MS, ASSIGN_MS = 20.0, 1000.0
_WORDS = (
    "anterior", "posterior", "superior", "inferior", "medial", "lateral", "dorsal", "ventral",
    "rostral", "caudal", "central", "primary", "secondary", "supplementary", "visual",
    "auditory", "motor", "somatosensory", "cingulate", "temporal", "frontal", "parietal",
    "occipital", "insular", "orbital", "entorhinal", "perirhinal", "piriform", "hippocampal",
    "thalamic", "hypothalamic", "pontine", "cerebellar", "geniculate", "pulvinar", "reticular",
    "vestibular", "trigeminal", "olfactory",
)  # fmt: skip
_KINDS = (
    "area", "nucleus", "cortex", "gyrus", "layer", "tract", "bundle", "field", "zone", "part",
    "complex", "sulcus",
)  # fmt: skip
QUERIES = (
    "visual", "R500", "1500", "primary motor", "gyrus left", "lateral geniculate nucleus right",
    "hipocampal", "thalmic nucleos", "anterior cingulate area layer", "zzzzzz", "n", "supl",
)  # fmt: skip


def make_atlas(root: Path, regions: int, side: int) -> None:
    """Write an atlas of so many regions, each a block of a cube, with some that only group."""
    chance = random.Random(5)
    per = max(1, round(regions ** (1 / 3)))
    edge = max(1, side // (per + 1))
    grid = np.arange(side) // edge
    i, j, k = np.meshgrid(grid, grid, grid, indexing="ij", sparse=True)
    count = int(grid.max()) + 1
    block = (i * count + j) * count + k + 1
    top = max(2, regions // 10)
    labels = np.where(block <= regions - top, block, 0).astype(np.uint16)
    labels[:, :, : side // 8] = 0
    nib.save(nib.Nifti1Image(labels, np.diag([0.1, 0.1, 0.1, 1])), root / "labels.nii.gz")
    image = (np.add.outer(np.add.outer(grid, grid), grid) % 255).astype(np.uint8)
    nib.save(nib.Nifti1Image(image, np.diag([0.1, 0.1, 0.1, 1])), root / "image.nii.gz")
    rows = []
    for n in range(1, regions + 1):
        hemisphere = ("left", "right")[n % 2]
        words = [*chance.sample(_WORDS, 3), chance.choice(_KINDS)]
        rows.append(
            {
                "id": n,
                "acronym": f"R{n}",
                "name": f"{hemisphere} {' '.join(words)} {n % 7}",
                "synonyms": f"{chance.choice(_WORDS)} {chance.choice(_KINDS)} of {n}",
                "parent": ""
                if n == regions
                else regions
                if n > regions - top
                else regions - 1 - n % (top - 1),
                "label": n if n <= regions - top else "",
            }
        )
    with (root / "regions.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    create_atlas(
        root / "library", "bench", templates=[str(root / "image.nii.gz")],
        labels=[str(root / "labels.nii.gz")], tables=[root / "regions.csv"],
        sheet=AtlasSheet("Bench"),
    )  # fmt: skip


def timed(
    server: Process, ask: Callable[[], httpx.Response], rounds: int
) -> tuple[list[float], float, int]:
    """Return milliseconds of each round, the server's CPU a round, and the size of an answer."""
    size = len(ask().content)
    before, times = server.usage().cpu, []
    for _ in range(rounds):
        start = time.perf_counter()
        response = ask()
        times.append((time.perf_counter() - start) * 1000)
        response.raise_for_status()
    return times, (server.usage().cpu - before) / rounds * 1000, size


def main() -> None:
    """Run it and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regions", type=int, default=3000)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_atlas(root, asked.regions, asked.side)
        with (
            serve(root / "library") as server,
            httpx.Client(base_url=server.address, timeout=120) as http,
        ):
            print(_report(server, http, asked))


def _report(server: Process, http: httpx.Client, asked: argparse.Namespace) -> str:
    rows: list[list[str]] = []
    medians: list[float] = []

    def row(job: str, found: tuple[list[float], float, int]) -> float:
        times, cpu, size = found
        p50 = median(times)
        p95 = quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
        rows.append([job, f"{p50:.1f}", f"{p95:.1f}", f"{cpu:.1f}", f"{size / 1e6:.3f}"])
        return p50

    for query in QUERIES:
        ask = lambda q=query: http.get("/api/atlases/bench/regions", params={"find": q})  # noqa: E731
        medians.append(row(f"search «{query}»", timed(server, ask, asked.rounds * 3)))
    reach = asked.side * 0.1
    points = np.random.default_rng(1).uniform(-0.1 * reach, 1.1 * reach, (asked.points, 3))
    body = json.dumps({"points": points.tolist()})
    text = io.StringIO()
    csv.writer(text).writerows([("x", "y", "z"), *points.tolist()])
    listed = text.getvalue()
    assigns: dict[str, float] = {}
    for name, content, kind, params in (
        ("CSV", listed, "text/csv", {}),
        ("CSV with distances", listed, "text/csv", {"distance": "1"}),
        ("compact JSON", body, "application/json", {"format": "compact"}),
    ):
        ask = lambda c=content, k=kind, p=params: http.post(  # noqa: E731
            "/api/atlases/bench/assign", content=c, headers={"Content-Type": k}, params=p
        )
        assigns[name] = row(f"{asked.points:,} points, {name}", timed(server, ask, asked.rounds))
    start = time.perf_counter()
    http.get("/api/atlases/bench/regions/R100").raise_for_status()
    first = (time.perf_counter() - start) * 1000
    rows.append(["one region, asked for the first time", f"{first:.1f}", "", "", ""])
    row("one region", timed(server, lambda: http.get("/api/atlases/bench/regions/R100"), 20))
    row("all regions as CSV", timed(server, lambda: http.get("/api/atlases/bench/regions.csv"), 3))
    worst, slow = max(medians), assigns["CSV"]
    goals = [
        Outcome(f"search in {asked.regions} regions, slowest query, p50", SEARCH_MS, "ms", worst),
        Outcome(f"assign {asked.points:,} points, CSV, p50", ASSIGN_MS, "ms", slow),
    ]
    keep(goals)
    head = ["job", "p50 ms", "p95 ms", "CPU ms", "answer MB"]
    return "\n\n".join([markdown(head, rows), table(goals)])


if __name__ == "__main__":
    main()
