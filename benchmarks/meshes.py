"""Measure surfaces: ``python -m benchmarks.meshes [--side 512] [--regions 200]``.

A cube of so many regions with wavy borders, and groups above them, is ingested; then ``atlasview
atlas meshes`` makes and keeps all surfaces, in up to four resolutions. CPU and memory are those of
that command, start-up included. Where igneous is installed (``BENCH_IGNEOUS_PYTHON`` names the
Python that has it), it meshes the same labels in the same run: forge and merge, one resolution.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from benchmarks.outcome import Outcome, keep, table
from benchmarks.table import markdown

#: CPU seconds for 200 regions in 512³, and how many times less than igneous takes.
GOAL_SECONDS, GOAL_RATIO = 8.0, 5.0
_GROUPS = 10
#: Its own conversion of the file is not counted, its start-up is, as ours.
_IGNEOUS = """
import sys, time
import numpy as np, nibabel as nib
from cloudvolume import CloudVolume
from taskqueue import LocalTaskQueue
import igneous.task_creation as tc
labels = np.asarray(nib.load(sys.argv[1]).dataobj)
path = "file://" + sys.argv[2]
before = time.process_time()
info = CloudVolume.create_new_info(1, "segmentation", "uint16", "raw", [50000] * 3, [0] * 3,
                                   labels.shape, mesh="mesh", chunk_size=[64] * 3)
volume = CloudVolume(path, info=info, progress=False)
volume.commit_info()
volume[:, :, :] = labels
converting = time.process_time() - before
queue = LocalTaskQueue(parallel=1, progress=False)
queue.insert_all(tc.create_meshing_tasks(path, mip=0, shape=(256, 256, 256)))
queue.insert_all(tc.create_unsharded_multires_mesh_tasks(path, num_lod=1))
print(time.process_time() - converting)
"""


def label_planes(side: int, regions: int) -> Iterator[npt.NDArray[np.uint16]]:
    """Give a ball cut into regions whose borders wave, two planes (y, x) at a time.

    Bit by bit, since the memory of this process would be counted as that of its children.
    """
    chance = np.random.default_rng(4)
    tree = cKDTree(chance.uniform(0.08, 0.92, (regions, 3)) * side)
    axis = np.arange(0, side, 2, dtype=np.float32)
    for z in axis:
        grid = np.stack(np.meshgrid([z], axis, axis, indexing="ij"), -1).reshape(-1, 3)
        waved = grid + 6 * np.stack([np.sin(grid[:, (i + 1) % 3] / 9 + i) for i in range(3)], -1)
        labels = tree.query(waved)[1].astype(np.uint16) + 1
        labels[np.linalg.norm(grid - side / 2, axis=1) > side * 0.475] = 0
        plane = labels.reshape(len(axis), len(axis)).repeat(2, 0).repeat(2, 1)
        yield np.stack([plane, plane])


def write_atlas(folder: Path, side: int, regions: int) -> Path:
    """Write labels and their table, and ingest them; return the library."""
    image: Any = nib.Nifti1Image
    header = image(np.zeros((1, 1, 1), np.uint16), np.diag([0.05, 0.05, 0.05, 1])).header
    header.set_data_shape((side, side, side))
    with (folder / "l.nii").open("wb") as file:
        header.write_to(file)
        file.write(b"\0" * (352 - file.tell()))
        for planes in label_planes(side, regions):
            file.write(planes.tobytes())
    lines = ["id,acronym,name,parent", "1000,root,root,"]
    lines += [f"{1001 + k},G{k},group {k},1000" for k in range(_GROUPS)]
    lines += [f"{i},R{i},region {i},{1001 + i % _GROUPS}" for i in range(1, regions + 1)]
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    command = ["ingest", str(folder / "l.nii"), "--as", "cube", "--labels", "--no-checksum",
               "--regions", str(folder / "table.csv"),
               "--library", str(folder / "library")]  # fmt: skip
    subprocess.run([sys.executable, "-m", "atlasview.cli", *command], check=True)
    return folder / "library"


def measured(command: list[str]) -> tuple[float, float, float, str]:
    """Return CPU seconds, seconds, peak megabytes of a command, and what it printed."""
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    cpu = used.ru_utime + used.ru_stime
    return cpu, time.monotonic() - start, used.ru_maxrss / 1024, said


def igneous_seconds(labels: Path, folder: Path) -> float | None:
    """Return what igneous takes for forge and merge; None where it is not installed."""
    python = os.environ.get("BENCH_IGNEOUS_PYTHON")
    if python is None:
        return None
    done = subprocess.run(
        [python, "-c", _IGNEOUS, str(labels), str(folder / "igneous")],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return float(done.stdout.split()[-1])


def main() -> None:
    """Run it and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--regions", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        library = write_atlas(folder, asked.side, asked.regions)
        cpu, seconds, peak, said = measured(
            [sys.executable, "-m", "atlasview.cli", "atlas", "meshes", "cube",
             "--library", str(library), "--progress", "none"]
        )  # fmt: skip
        size = sum(p.stat().st_size for p in library.rglob("*.shard")) / 1e6
        theirs = igneous_seconds(folder / "l.nii", folder)
    rows = [["AtlasView", f"{cpu:.1f}", f"{seconds:.1f}", f"{peak:.0f}", f"{size:.1f}"]]
    rows.append(["igneous", "not installed" if theirs is None else f"{theirs:.1f}", "", "", ""])
    print(said.strip())
    print(markdown(["tool", "CPU s", "s", "peak MB", "MB written"], rows))
    goals = [
        Outcome(f"{asked.regions} surfaces in {asked.side}³, CPU", GOAL_SECONDS, "s", cpu),
        Outcome(
            "… less than igneous", GOAL_RATIO, "×", theirs and theirs / cpu, False,
            f"{cpu:.1f} s", "" if theirs is None else f"igneous: {theirs:.1f} s",
        ),
    ]  # fmt: skip
    keep(goals)
    print(f"\n{table(goals)}")


if __name__ == "__main__":
    main()
