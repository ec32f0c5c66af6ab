"""Killed at any moment, the same call goes on and ends as if nothing had been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from atlasview.errors import LibraryError
from atlasview.ingest import ingest_volume
from atlasview.ingest.workplace import Workplace

from .brains import affine_of, levels, nearest_ras, save_nifti

SCRIPT = """
import sys
from pathlib import Path
from atlasview.ingest import JsonProgress, ingest_volume

ingest_volume(
    Path(sys.argv[1]),
    Path(sys.argv[2]),
    kind=sys.argv[3],
    memory_bytes=int(sys.argv[4]),
    progress=JsonProgress(interval=0),
)
"""
SMALL = 1 << 16


def start(source: Path, out: Path, kind: str, memory: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(source), str(out), kind, str(memory)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )


def kill_after(process: subprocess.Popen[str], lines: int) -> bool:
    """Kill a run once it has told that many steps; whether it was still at work."""
    assert process.stdout is not None
    for _ in range(lines):
        if not process.stdout.readline():
            break
    process.send_signal(signal.SIGKILL)
    process.stdout.close()
    return process.wait(60) == -signal.SIGKILL


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def make_source(folder: Path, ending: str, kind: str, code: str = "LAS") -> Path:
    rng = np.random.default_rng(0)
    voxels = rng.integers(0, 40, (70, 600, 1030)).astype(np.uint8)
    if kind == "labels":
        voxels = (np.indices((70, 600, 1030)).sum(0) // 100).astype(np.uint32)
    return save_nifti(folder / f"a{ending}", voxels, affine_of(code))


@pytest.mark.parametrize(
    ("ending", "kind", "code", "memory"),
    [
        (".nii", "image", "LAS", SMALL),  # tasks anywhere
        (".nii.gz", "labels", "LAS", 1 << 28),  # a stream of planes
        (".nii.gz", "image", "LSP", SMALL),  # unpacked to disk first
    ],
)
def test_killed_again_and_again_it_ends_byte_for_byte_the_same(
    tmp_path, ending, kind, code, memory
):
    source = make_source(tmp_path, ending, kind, code)
    whole = ingest_volume(source, tmp_path / "whole.ome.zarr", kind=kind, memory_bytes=memory,
                          name="out")  # fmt: skip
    out = tmp_path / "out.ome.zarr"
    rng = np.random.default_rng(os.getpid())
    killed = [
        kill_after(start(source, out, kind, memory), int(rng.integers(0, 170))) for _ in range(2)
    ]
    assert any(killed)
    if not out.exists():
        assert (tmp_path / ".out.ome.zarr.partial").is_dir()
        ingest_volume(source, out, kind=kind, memory_bytes=memory)
    assert tree(out) == tree(whole)
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == [source.name, "out.ome.zarr", "whole.ome.zarr"]


def test_finished_tasks_are_not_done_again(tmp_path):
    source = make_source(tmp_path, ".nii", "image")
    out = tmp_path / "out.ome.zarr"
    assert kill_after(start(source, out, "image", SMALL), 100)
    told = []
    ingest_volume(source, out, memory_bytes=SMALL, progress=lambda *s: told.append(s))
    assert 0 < told[0][1] < told[0][2]
    np.testing.assert_array_equal(levels(out)[0], nearest_ras(source)[0])


def test_a_source_that_changed_is_begun_anew(tmp_path):
    source = make_source(tmp_path, ".nii", "image")
    out = tmp_path / "out.ome.zarr"
    assert kill_after(start(source, out, "image", SMALL), 100)
    with source.open("r+b") as file:
        file.seek(-100, os.SEEK_END)
        file.write(b"\1" * 50)
    told = []
    ingest_volume(source, out, memory_bytes=SMALL, progress=lambda *s: told.append(s))
    assert told[0][1] == 0
    np.testing.assert_array_equal(levels(out)[0], nearest_ras(source)[0])


def test_without_resume_all_is_done_again(tmp_path):
    source = make_source(tmp_path, ".nii", "image")
    out = tmp_path / "out.ome.zarr"
    assert kill_after(start(source, out, "image", SMALL), 100)
    told = []
    ingest_volume(source, out, memory_bytes=SMALL, resume=False, progress=lambda *s: told.append(s))
    assert told[0][1] == 0


def test_two_at_once_do_not_mix(tmp_path):
    source = make_source(tmp_path, ".nii", "image")
    with (
        Workplace(tmp_path / "out.ome.zarr"),
        pytest.raises(LibraryError, match="another ingest"),
    ):
        ingest_volume(source, tmp_path / "out.ome.zarr")


def test_killed_between_the_two_renames_the_old_volume_comes_back(tmp_path):
    source = make_source(tmp_path, ".nii", "image")
    out = ingest_volume(source, tmp_path / "out.ome.zarr", memory_bytes=SMALL)
    before = tree(out)
    out.rename(tmp_path / ".out.ome.zarr.old")
    with Workplace(out):
        assert tree(out) == before
