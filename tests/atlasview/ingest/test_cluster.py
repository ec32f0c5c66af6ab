"""The same blocks on Dask workers: of this machine, of a scheduler, and when some of them die."""

from __future__ import annotations

import os
import pickle
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

from atlasview import errors
from atlasview.errors import AtlasViewError, LibraryError, SourceError, TooLargeError
from atlasview.ingest import ingest_volume, labour

from .brains import affine_of, save_nifti
from .commands import ROOT, end, ingest, running, steps, tree, workers_of

pytestmark = pytest.mark.timeout(400)


def make_source(folder: Path) -> Path:
    """Enough for six blocks, of which none is done in an instant."""
    voxels = np.random.default_rng(0).integers(0, 40, (1030, 600, 300)).astype(np.uint8)
    return save_nifti(folder / "a.nii", voxels, affine_of("LAS"))


def command(source: Path, library: Path, *options: str) -> list[str]:
    return ingest(source, "--library", library, *options)


def result(library: Path) -> dict[str, bytes]:
    """The volume, and that nothing lies beside it."""
    assert [p.name for p in (library / "volumes").iterdir()] == ["a.ome.zarr"]
    return tree(library / "volumes" / "a.ome.zarr")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    source = make_source(folder)
    return source, tree(ingest_volume(source, folder / "a.ome.zarr"))


def a_block_is_kept(process: subprocess.Popen[str], folder: Path) -> None:
    """Wait for the first; what is told comes twice a second, when all may be done."""
    while not list(folder.rglob("tasks/*.npz")):
        assert process.poll() is None
        time.sleep(0.005)


def test_a_worker_killed_on_the_way_costs_its_block_only(undisturbed, tmp_path):
    source, whole = undisturbed
    with running(command(source, tmp_path, "--workers", "2")) as process:
        a_block_is_kept(process, tmp_path)
        victim = workers_of(process)[0]
        victim.send_signal(signal.SIGKILL)
        told = list(steps(process))
        assert end(process) == (0, f"a is in {tmp_path}; see it with «atlasview serve {tmp_path}».\n")  # fmt: skip
    assert not victim.is_running()
    assert told[-1]["done"] == told[-1]["total"]
    assert all(0 <= step["done"] <= step["total"] for step in told)
    assert result(tmp_path) == whole


def test_stopped_it_leaves_no_process(undisturbed, tmp_path):
    source, _ = undisturbed
    # As Ctrl-C at a terminal: the whole group hears it.
    with running(command(source, tmp_path, "--workers", "2")) as process:
        a_block_is_kept(process, tmp_path)
        helpers = workers_of(process)
        os.killpg(process.pid, signal.SIGINT)
        assert end(process) == (130, "Stopped.\n")
    assert helpers
    assert not psutil.wait_procs(helpers, 60)[1]


def test_killed_it_leaves_no_process_and_goes_on(undisturbed, tmp_path):
    source, whole = undisturbed
    line = command(source, tmp_path, "--workers", "2")
    with running(line) as process:
        a_block_is_kept(process, tmp_path)
        helpers = workers_of(process)
        process.kill()
        process.wait(60)
    assert helpers
    assert not psutil.wait_procs(helpers, 60)[1]
    assert (tmp_path / "volumes" / ".a.ome.zarr.partial").is_dir()

    with running(line) as process:
        told = list(steps(process))
        assert end(process)[0] == 0
    assert 0 < told[0]["done"] < told[0]["total"]
    assert result(tmp_path) == whole


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers without nannies, each a process of its own."""
    with ExitStack() as stack:

        def start(*line: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen([sys.executable, "-m", "dask", *line], cwd=folder,
                                       env={**os.environ, "PYTHONPATH": str(ROOT)},
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
            stack.callback(process.wait, 60)
            stack.callback(process.kill)
            return process

        told = folder / "scheduler.json"
        start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
              "--scheduler-file", str(told))  # fmt: skip
        workers = [
            start("worker", "--scheduler-file", str(told), "--no-nanny", "--no-dashboard",
                  "--nthreads", "1", "--memory-limit", "0", "--host", "127.0.0.1")
            for _ in range(2)
        ]  # fmt: skip
        from distributed import Client

        with Client(scheduler_file=str(told), set_as_default=False, timeout=120) as client:
            client.wait_for_workers(2, timeout=120)
            address = client.scheduler.address
        yield address, workers


def test_a_scheduler_and_its_workers_elsewhere(undisturbed, tmp_path):
    """A packed stream of labels, whose planes come once, is unpacked where all workers see it."""
    labels = (np.indices((600, 530, 90)).sum(0) // 50).astype(np.uint32)
    packed = save_nifti(tmp_path / "l.nii.gz", labels, affine_of("RAS"))
    whole = tree(ingest_volume(packed, tmp_path / "whole.ome.zarr", kind="labels", name="l"))
    source, picture = undisturbed
    with cluster(tmp_path) as (address, workers):
        found = ingest_volume(packed, tmp_path / "l.ome.zarr", kind="labels", scheduler=address)
        assert tree(found) == whole
        assert not list(tmp_path.glob(".*"))
        cut = tmp_path / "cut.mgh"
        cut.write_bytes(b"\0" * 500)
        with pytest.raises(SourceError, match=r"cut\.mgh"):
            ingest_volume(cut, tmp_path / "cut.ome.zarr", scheduler=address)
        with running(command(source, tmp_path / "lib", "--scheduler", address)) as process:
            a_block_is_kept(process, tmp_path / "lib")
            workers[0].kill()
            list(steps(process))
            assert end(process)[0] == 0
        assert result(tmp_path / "lib") == picture


def test_what_a_worker_finds_wrong_is_told_as_one_sentence(tmp_path):
    import h5py

    voxels = np.random.default_rng(0).integers(0, 99, (600, 550, 64)).astype(np.uint16)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("v", data=voxels, chunks=(64, 64, 64), compression="gzip")
    with (tmp_path / "a.h5").open("r+b") as file:
        file.seek(-4_000_000, os.SEEK_END)
        file.write(b"\x55" * 1_000_000)
    line = command(tmp_path / "a.h5", tmp_path / "lib", "--workers", "1", "--voxel-size", "1,1,1")
    with running([*line, "--orientation", "RAS"]) as process:
        list(steps(process))
        code, said = end(process)
    assert code == 1
    assert re.fullmatch(r".*a\.h5: it is truncated or damaged \(.*\); copy.*\n", said), said
    assert not [p for p in (tmp_path / "lib").rglob("*") if p.is_file()]


def test_workers_of_another_version_or_place_say_so(tmp_path):
    packet = labour.Packet("token", "0.0.1", None, )  # type: ignore[arg-type]  # fmt: skip
    with pytest.raises(LibraryError, match=r"and the command 0\.0\.1"):
        labour.do(packet, None, None)  # type: ignore[arg-type]


def test_nobody_at_the_address_and_both_ways_at_once(undisturbed, tmp_path):
    source, _ = undisturbed
    for options, said in (
        (["--scheduler", "tcp://127.0.0.1:9"], "No Dask scheduler answers at tcp://127.0.0.1:9"),
        (["--scheduler", "nonsense://x"], "it takes tcp://host:port"),
        (["--scheduler", "tcp://127.0.0.1:9", "--workers", "2"], "give one of the two"),
    ):
        done = subprocess.run(command(source, tmp_path, *options), capture_output=True, text=True,
                              cwd=ROOT, env={**os.environ, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "3s"})  # fmt: skip
        assert done.returncode in (1, 2)
        assert said in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr


def test_without_dask_the_sentence_says_how_to_install_it(undisturbed, tmp_path):
    source, _ = undisturbed
    script = (
        "import sys; sys.modules['distributed'] = None\n"
        "from atlasview.cli import main\n"
        f"sys.argv = {command(source, tmp_path, '--workers', '2')[2:]!r}\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr == (
        "Workers need Dask, which is not installed: pip install 'atlasview[cluster]'.\n"
    )


def test_errors_travel_between_processes():
    examples = [
        SourceError("a.nii", "it is empty"),
        TooLargeError("box", 7, 5, "voxels"),
        errors.NotFoundError("volume", "x", ["a", "b"]),
        errors.InvalidParameterError("--fill", 3, "none"),
    ]
    for error in examples:
        again = pickle.loads(pickle.dumps(error))
        assert isinstance(again, AtlasViewError)
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again) == vars(error)
