"""Measure serving: ``python -m benchmarks.serve [--quick] [--only cold,chunks]``."""

from __future__ import annotations

import argparse
import os
import platform
import time
from pathlib import Path

from benchmarks.data import default_root
from benchmarks.goals import outcomes
from benchmarks.jobs import JOBS
from benchmarks.jobs.bench import Bench
from benchmarks.measure import Effort, Row
from benchmarks.outcome import keep, table
from benchmarks.table import job_table


def main() -> None:
    """Run the jobs and print them as Markdown."""
    options = _options()
    effort = Effort(3, 0.4) if options.quick else Effort()
    cores = tuple(int(c) for c in options.cores.split(","))
    os.sched_setaffinity(0, {cores[-1]})  # the load; servers are pinned to the first
    bench = Bench(options.data, effort, cores)
    began, rows = time.monotonic(), []
    print(f"{_machine()}; servers on core {cores[0]}, load on core {cores[-1]}.\n")
    for name in options.only:
        job = JOBS[name]
        measured: list[Row] = job(bench)
        rows += measured
        print(f"### {name}: {(job.__doc__ or '').strip()}\n\n{job_table(measured)}\n", flush=True)
    found = outcomes(rows, measured_only=set(options.only) != set(JOBS))
    keep(found)
    print(f"### Goals\n\n{table(found)}")
    others = max((row.others for row in rows), default=0.0)
    seconds = time.monotonic() - began
    print(
        f"\n{seconds:.0f} s. Other processes used up to {others:.1f} cores meanwhile; what two"
        " workers do to the rate is told only where they used next to none."
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serve", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter, less exact")
    parser.add_argument("--only", metavar="JOB[,JOB]", help=f"of {', '.join(JOBS)}")
    parser.add_argument(
        "--data", type=Path, default=default_root(), help="where test data are kept"
    )
    parser.add_argument("--cores", default="0,1", help="of the servers, then of the load")
    options = parser.parse_args()
    options.only = options.only.split(",") if options.only else list(JOBS)
    unknown = set(options.only) - set(JOBS)
    if unknown:
        parser.error(f"no such job: {', '.join(sorted(unknown))}")
    return options


def _machine() -> str:
    cpu = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    return f"{cpu}, {os.cpu_count()} cores, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
