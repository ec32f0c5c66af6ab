"""Measure ingest: ``python -m benchmarks.ingest [--side 512] [--labels] [--gzip] [--growth]``.

Each tool runs in a process of its own, on one core (two where it says so), from the page cache. CPU
time is of the whole process, system time included; own memory is its peak beyond what it held when
its libraries were loaded. The floor is zstd level 1 on copies of the chunks of level 0, times 8/7,
with and without writing them down, without the loading of anything.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import ingestgoals as goals
from benchmarks import phantom
from benchmarks.data import default_root, once
from benchmarks.ingest_tools import PEERS, TOOLS
from benchmarks.outcome import Outcome, keep
from benchmarks.outcome import table as outcome_table
from benchmarks.peers.interpreter import find
from benchmarks.process import NotInstalledError
from benchmarks.table import markdown


@dataclass(frozen=True)
class Run:
    """What one tool took."""

    tool: str
    cpu: float
    wall: float
    own: int
    size: int
    note: str = ""


def measure(tool: str, source: Path, kind: str, python: str, cores: tuple[int, ...]) -> Run:
    """Run one tool once."""
    with tempfile.TemporaryDirectory(dir=source.parent, prefix=".out-") as folder:
        out = Path(folder) / "out.ome.zarr"
        child = subprocess.Popen(
            [python, "-m", "benchmarks.ingest_tools", tool, str(source), str(out), kind],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            preexec_fn=lambda: os.sched_setaffinity(0, set(cores)),
        )
        said, errors = child.stdout.read(), child.stderr.read()
        _, status, spent = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        child.stdout.close()
        child.stderr.close()
        if status:
            last = errors.strip().splitlines()[-1] if errors.strip() else "failed"
            missing = "ImportError" in last or "ModuleNotFoundError" in last
            note = "not installed" if "ModuleNotFoundError" in last else last[:90]
            return Run(tool, 0, 0, 0, 0, note if missing else f"failed: {note}")
        found = json.loads(said.strip().splitlines()[-1])
        size = sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file())
        if tool.startswith("floor"):
            size = int((out / "bytes").read_text()) * 8 // 7
        cpu = spent.ru_utime + spent.ru_stime
        own = (spent.ru_maxrss << 10) - found["resident"]
        if tool.startswith("floor"):
            cpu = (cpu - found["loaded"]) * 8 / 7
        return Run(tool, cpu, found["wall"], own, size)


def best(tool: str, source: Path, kind: str, python: str, cores: tuple[int, ...], n: int) -> Run:
    """Run one tool some times; the run that took the least CPU time."""
    runs = [measure(tool, source, kind, python, cores) for _ in range(n)]
    return min(runs, key=lambda run: run.cpu)


def write_labels(path: Path, n: int) -> None:
    """Write an n³ parcellation of uint32: bent slabs, cut into some 800 regions."""
    import nibabel as nib

    header = nib.Nifti1Image(np.zeros((1, 1, 1), np.uint32), np.eye(4)).header
    header.set_data_shape((n, n, n))
    with path.open("wb") as file:
        header.write_to(file)
        file.write(b"\0" * (352 - file.tell()))
        y, x = np.ogrid[:n, :n]
        for z in range(n):
            bend = 12 * np.sin(x / 37 + z / 53) + 9 * np.sin(y / 29)
            cell = (x + bend) // 61 + 10 * ((y + bend) // 67) + 100 * ((z + bend) // 59)
            inside = (x - n / 2) ** 2 + (y - n / 2) ** 2 + (z - n / 2) ** 2 < (0.47 * n) ** 2
            labels = np.where(inside, cell.astype(np.int64) + 1001, 0)
            file.write(labels.astype(np.uint32).tobytes())


def table(runs: list[Run]) -> str:
    """The tools of one job, and how many times AtlasView's CPU time each takes."""
    own = next((run.cpu for run in runs if run.tool == "AtlasView" and run.cpu), None)
    header = ["tool", "CPU s", "×", "wall s", "own memory, GiB", "size, MB"]
    rows = []
    for run in runs:
        if not run.cpu:
            rows.append([run.tool, run.note, "", "", "", ""])
            continue
        ratio = f"{run.cpu / own:.2f}" if own else ""
        rows.append(
            [run.tool, f"{run.cpu:.2f}", ratio, f"{run.wall:.2f}", f"{run.own / 2**30:.2f}",
             f"{run.size / 1e6:.0f}"]
        )  # fmt: skip
    return markdown(header, rows)


def main() -> None:
    """Run the job and print it as Markdown."""
    options = _options()
    root: Path = options.data
    sides = (256, 512, 1024) if options.growth else (options.side,)
    own: dict[int, Run] = {}
    outcomes: list[Outcome] = []
    for side in sides:
        kind = "labels" if options.labels else "image"
        source = once(
            root / f"ingest-{kind}-{side}.nii",
            lambda path, n=side: (write_labels if options.labels else phantom.write_nifti)(path, n),
        )
        plain: Run | None = None
        if options.gzip:
            plain = best("AtlasView", source, kind, options.python, (1,), options.repeat)
            source = once(
                source.with_suffix(".nii.gz"), lambda path, plain=source: _pack(plain, path)
            )
        runs = []
        for tool in options.only:
            cores = (0, 1) if "2 threads" in tool else (1,)
            python = options.python
            if tool in PEERS:
                with suppress(NotInstalledError):
                    python = find(root, PEERS[tool])
            runs.append(best(tool, source, kind, python, cores, options.repeat))
        what = "uint32 labels" if options.labels else "uint8"
        print(
            f"### {side}³ {what}{', gzip' if options.gzip else ''}\n\n{table(runs)}\n", flush=True
        )
        for run in runs:
            if run.tool == "AtlasView" and run.cpu:
                own[side] = run
        if plain is not None and side in own:
            outcomes.append(goals.packed(plain, own[side], side))
        elif options.labels:
            outcomes += goals.beside(f"labels {side}³", runs, goals.LABELS)
        else:
            if side == 256 or not options.growth:
                outcomes += goals.alone(f"{side}³", runs, 0.6 if side == 256 else None)
            if side == 1024 and not options.growth:
                outcomes += goals.floor(f"{side}³", runs)
                outcomes += goals.beside(f"{side}³", runs, goals.IMAGE)
    if options.growth and own.keys() >= {512, 1024}:
        outcomes += goals.growth(own)
    keep(outcomes)
    print(f"### Goals\n\n{outcome_table(outcomes)}")


def _pack(plain: Path, path: Path) -> None:
    with plain.open("rb") as source, gzip.open(path, "wb", 6) as target:
        shutil.copyfileobj(source, target, 1 << 20)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--labels", action="store_true", help="uint32 labels")
    parser.add_argument("--gzip", action="store_true", help="only AtlasView reads it")
    parser.add_argument("--growth", action="store_true", help="256³, 512³ and 1024³")
    parser.add_argument("--only", metavar="TOOL[,TOOL]", help=f"of {'; '.join(TOOLS)}")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument(
        "--python",
        default=sys.executable,
        help="of all but the peers that benchmarks.install has installed",
    )
    parser.add_argument("--data", type=Path, default=default_root())
    options = parser.parse_args()
    options.only = options.only.split(";") if options.only else list(TOOLS)
    unknown = set(options.only) - set(TOOLS)
    if unknown:
        parser.error(f"no such tool: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    main()
