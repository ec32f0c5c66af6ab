"""Measure everything, and put all goals into one table: ``python -m benchmarks [--write]``.

Each benchmark runs as its own command, one after the other; what it prints goes to ``--report``.
With ``--write`` the table replaces the one in ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from benchmarks.outcome import FILE, Outcome, kept, table

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
#: The commands, by the name that ``--only`` takes.
SUITES: dict[str, list[list[str]]] = {
    "serving": [["benchmarks.serve"]],
    "synthetic": [["benchmarks.synthetic"]],
    "ingest": [
        ["benchmarks.ingest", "--side", "1024", "--repeat", "3"],
        ["benchmarks.ingest", "--side", "512", "--labels"],
        ["benchmarks.ingest", "--side", "512", "--gzip", "--only", "AtlasView"],
        ["benchmarks.ingest", "--growth", "--only", "AtlasView"],
    ],
    "meshes": [["benchmarks.meshes"]],
    "atlas": [["benchmarks.atlas"]],
    "marks": [["benchmarks.marks"]],
    "page": [["benchmarks.page"]],
}


def main() -> None:
    """Run the suites and print the table."""
    options = _options()
    lines = [
        f"Measured on {date.today():%d %B %Y} by `python -m benchmarks"
        f"{'' if len(options.only) == len(SUITES) else ' --only ' + ','.join(options.only)}`."
    ]
    with tempfile.TemporaryDirectory() as folder, options.report.open("w") as report:
        for name in options.only:
            began = time.monotonic()
            found = _run(name, Path(folder) / name, report)
            print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
            lines += [f"### {name.capitalize()}", table(found) if found else "Not measured."]
    text = "\n\n".join(lines)
    print(text)
    if options.write:
        README.write_text(placed(README.read_text(), text))


def placed(page: str, text: str) -> str:
    """Return a page with text between its two marks.

    Raises
    ------
    ValueError
        A mark is missing.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{README.name} has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def _run(name: str, outcomes: Path, report: object) -> list[Outcome]:
    for command in SUITES[name]:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            stdout=report,  # type: ignore[call-overload]
            env={**os.environ, FILE: str(outcomes)},
        )
        if done.returncode:
            print(f"python -m {' '.join(command)} failed", file=sys.stderr)
    return kept(outcomes)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", metavar="SUITE[,SUITE]", help=f"of {', '.join(SUITES)}")
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    parser.add_argument(
        "--report", type=Path, default=Path("benchmarks-report.md"), help="all that is printed"
    )
    options = parser.parse_args()
    options.only = options.only.split(",") if options.only else list(SUITES)
    unknown = set(options.only) - set(SUITES)
    if unknown:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    main()
