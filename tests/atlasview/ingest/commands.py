"""The ingest command in a process of its own, watched, stopped and killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[3]


def ingest(source: object, *options: object) -> list[str]:
    """The command line; little memory makes for many blocks."""
    return [
        *(sys.executable, "-m", "atlasview.cli", "ingest", str(source), "--as", "a"),
        *("--memory", "16", "--progress", "json", *map(str, options)),
    ]


@contextmanager
def running(line: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A command in a process group of its own, as at a terminal."""
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        start_new_session=True,
        # Where these tests run in the background, Ctrl-C is ignored by all that they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)
        process.stdout.close()  # type: ignore[union-attr]
        process.stderr.close()  # type: ignore[union-attr]


def steps(process: subprocess.Popen[str]) -> Iterator[dict[str, int]]:
    """What it tells of its progress."""
    for line in process.stdout:  # type: ignore[union-attr]
        yield json.loads(line)


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The Dask workers that it has started."""
    found = psutil.Process(process.pid).children(recursive=True)
    return [p for p in found if "spawn_main" in " ".join(p.cmdline())]


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Its exit code and what it says on standard error."""
    _, said = process.communicate(timeout=300)
    return process.returncode, said


def tree(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
