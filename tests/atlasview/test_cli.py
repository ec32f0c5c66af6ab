"""The command line, run as people run it: what it makes, what it says, how it exits."""

from __future__ import annotations

import gzip
import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import nibabel as nib
import numpy as np
import pytest
from phantoms import SAMPLE
from serving import serving_apart
from typer.testing import CliRunner, Result

from atlasview.cli import app
from atlasview.errors import InvalidParameterError, LibraryError
from atlasview.library import open_library


def run(*arguments: object, library: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "atlasview.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "ATLASVIEW_LIBRARY": str(library), **environment},
        check=False,
    )


def test_a_brain_and_its_labels_become_an_atlas(tmp_path: Path) -> None:
    root = tmp_path / "library"
    done = run("ingest", SAMPLE / "icbm152_2009a_sym_t1_brain.nii.gz", "--as", "t1", library=root)
    assert done.returncode == 0, done.stderr
    done = run(
        "ingest", SAMPLE / "desikan_killiany_dseg.nii.gz", "--as", "dk", "--labels",
        "--regions", SAMPLE / "desikan_killiany_structures.json", "--template", "t1", library=root,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    library = open_library([root])
    assert set(library.volumes) == {"t1", "dk"}
    assert library.problems == ()
    assert library.atlases["dk"].templates == ("t1",)
    assert len(library.atlases["dk"].parcellations[0].terminology) == 95
    done = run("verify", "dk", library=root)
    assert done.returncode == 0, done.stderr
    with serving_apart([root], "--workers", "2") as url:
        found = httpx.get(f"{url}/api/atlases/dk/assign?point=-26,6,0", timeout=60).json()
        assert found["assignments"][0]["region"]["name"] == "left putamen"
        tile = httpx.get(f"{url}/tiles/t1/horizontal/80/0/0/0.png?labels=dk", timeout=60)
        assert tile.status_code == 200
        counted = both_workers(url)
    assert counted["cache_limit_bytes"] == 2 * (256 << 20)
    assert counted["cache_used_bytes"] > 0
    assert counted["memory_bytes"] > 100 << 20


def both_workers(url: str) -> dict[str, float]:
    """What /metrics tells now, once both workers have told what they hold."""
    end = time.monotonic() + 150
    while time.monotonic() < end:
        lines = httpx.get(f"{url}/metrics", timeout=60).text.splitlines()
        found = re.findall(r"^atlasview_(\w+) (\S+)$", "\n".join(lines), flags=re.M)
        counted = {name: float(value) for name, value in found}
        if counted["workers"] == 2 and counted["cache_limit_bytes"] == 2 * (256 << 20):
            return counted
    pytest.fail("the second worker has not told what it holds")


def test_a_sheared_affine_is_told(tmp_path: Path) -> None:
    affine = np.diag([1.0, 2.0, 3.0, 1.0])
    affine[0, 1] = 1.0
    image = nib.Nifti1Image(np.ones((20, 19, 18), np.uint8), None)
    image.header.set_sform(affine, 1)
    nib.save(image, tmp_path / "a.nii")
    done = run("ingest", tmp_path / "a.nii", "--as", "a", library=tmp_path / "L")
    assert done.returncode == 0
    assert done.stderr.startswith("Warning: Its axes are sheared, at 63.4° to each other")
    np.testing.assert_allclose(open_library([tmp_path / "L"]).volumes["a"].affine, affine)


def test_of_several_files_the_good_ones_are_taken_in(tmp_path: Path) -> None:
    root, folder = tmp_path / "library", tmp_path / "files"
    folder.mkdir()
    voxels = np.random.default_rng(0).integers(0, 99, (20, 19, 18)).astype(np.uint8)
    for name in ("One.nii.gz", "bad.nii", "two.nii"):
        nib.save(nib.Nifti1Image(voxels, np.eye(4)), folder / name)
    (folder / "bad.nii").write_bytes((folder / "bad.nii").read_bytes()[:-9])
    np.save(folder / "bare.npy", voxels)
    given = [folder / name for name in ("One.nii.gz", "bad.nii", "bare.npy", "two.nii")]
    done = run("ingest", *given, "--progress", "json", library=root)
    assert done.returncode == 1
    said = done.stderr.splitlines()
    assert said[0] == f"one, two are in {root}; see them with «atlasview serve {root}»."
    assert said[1].startswith(f"{folder / 'bad.nii'}: it is truncated")
    assert "bare.npy" in said[2]
    assert "--voxel-size" in said[2]
    assert said[3:] == ["2 of 4 could not be taken in."]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    for name in ("one", "two"):
        last = [line for line in told if line["volume"] == name][-1]
        assert last["done"] == last["total"]
    assert set(open_library([root]).volumes) == {"one", "two"}
    assert sorted(p.name for p in (root / "volumes").iterdir()) == ["one.ome.zarr", "two.ome.zarr"]

    done = run("ingest", given[0], given[3], "--as", "a", "--as", "b", library=root)
    assert done.returncode == 0, done.stderr
    assert set(open_library([root]).volumes) == {"a", "b", "one", "two"}


def test_labels_and_table_are_compared_both_ways(tmp_path: Path) -> None:
    done = run(*small_atlas(tmp_path), library=tmp_path / "L")
    assert done.returncode == 0
    assert "1 label with voxels is not in the table: 9." in done.stderr
    assert "1 region of the table has no voxels: 2." in done.stderr


def small_atlas(folder: Path) -> list[object]:
    """A command that makes an atlas."""
    labels = np.zeros((5, 5, 5), np.uint8)
    labels[1], labels[2] = 1, 9
    nib.save(nib.Nifti1Image(labels, np.eye(4)), folder / "l.nii")
    (folder / "t.csv").write_text("id,name\n1,one\n2,two\n")
    return ["ingest", folder / "l.nii", "--as", "l", "--labels", "--regions", folder / "t.csv"]


def test_killed_before_the_atlas_was_complete_the_same_command_goes_on(tmp_path: Path) -> None:
    command = [*map(str, small_atlas(tmp_path)), "--library", str(tmp_path / "L")]
    assert CliRunner().invoke(app, command).exit_code == 0
    manifest = tmp_path / "L" / "atlases" / "l" / "1_0" / "manifest.json"
    before = manifest.read_bytes()
    manifest.unlink()  # it is written last
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert manifest.read_bytes() == before
    for more, words in (([], "--overwrite"), (["--meshes"], "atlasview atlas meshes l")):
        again = CliRunner().invoke(app, [*command, *more])
        assert isinstance(again.exception, LibraryError)
        assert words in str(again.exception)


def broken(tmp_path: Path) -> dict[str, Path]:
    good = SAMPLE / "desikan_killiany_dseg.nii.gz"
    out = {"truncated.nii.gz": good.read_bytes()[:5000], "text.nii": b"not an image", "empty.nii.gz": b""}  # fmt: skip
    out["raw.nii.gz"] = gzip.compress(b"x" * 100)
    for name, body in out.items():
        (tmp_path / name).write_bytes(body)
    five = nib.Nifti1Image(np.zeros((3, 3, 3, 2, 2), np.uint8), np.eye(4))
    nib.save(five, tmp_path / "five.nii")
    return {name: tmp_path / name for name in [*out, "five.nii", "missing.nii"]}


@pytest.mark.parametrize("name", ["truncated.nii.gz", "text.nii", "empty.nii.gz", "raw.nii.gz", "five.nii", "missing.nii"])  # fmt: skip
def test_a_bad_file_is_one_sentence(tmp_path: Path, name: str) -> None:
    root = tmp_path / "L"
    done = run("ingest", broken(tmp_path)[name], "--as", "x", "--progress", "none", library=root)
    assert done.returncode == 1
    assert name in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (root / "volumes" / "x.ome.zarr").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ingest"], "source"),
        (["ingest", "x.nii", "--as", "Bad Name"], "lower-case"),
        (["ingest", "x.nii", "--as", "x", "--regions", "t.csv"], "--labels"),
        (["ingest", "x.nii", "--as", "x", "--voxel-size", "1,2"], "x,y,z"),
        (["ingest", "x.nii", "y.nii", "--as", "x"], "2 sources and 1 ids"),
        (["ingest", "x.nii", "a/x.nii.gz"], "x.nii and a/x.nii.gz"),
        (["ingest", "x.nii", "y.nii", "--name", "Two"], "one source"),
        (["serve", "--port", "abc"], "--port"),
        (["serve", "--port", "70000"], "--port"),
        (["nonsense"], "nonsense"),
        (["serve", "--nonsense"], "--nonsense"),
    ],
)
def test_wrong_use_exits_with_2(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = run(*arguments, library=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_be_served(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path, words in ((tmp_path / "none", "no such"), (tmp_path / "empty", "neither a library")):
        done = run("serve", path, "--port", 0, "--no-browser", library=tmp_path)
        assert done.returncode == 1
        assert words in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("CACHE_BYTES", "many"), ("CORS_ORIGINS", "https://x.org"), ("THREADS", "0")],
)
def test_a_bad_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    (tmp_path / "volumes").mkdir()
    variable = f"ATLASVIEW_{name}"
    done = run("serve", "--port", 0, "--no-browser", library=tmp_path, **{variable: value})
    assert done.returncode == 1
    assert variable in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    root = tmp_path / "L"
    (root / "volumes").mkdir(parents=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", root, "--port", port, "--no-browser", library=root)
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_library_that_is_named_counts_before_a_database_of_the_environment(
    tmp_path: Path,
) -> None:
    def backup(name: str, *more: str) -> Result:
        environment = {
            "ATLASVIEW_DATABASE_URL": f"sqlite:///{tmp_path / 'elsewhere.sqlite'}",
            "ATLASVIEW_LIBRARY": str(tmp_path),
        }
        return CliRunner().invoke(app, ["backup", str(tmp_path / name), *more], env=environment)

    named = "--library", str(tmp_path / "L")
    assert (
        f"{tmp_path / 'L' / 'marks' / 'atlasview.sqlite'} are in" in backup("a.gz", *named).output
    )
    assert "elsewhere.sqlite are in" in backup("b.gz").output
    both = backup("c.gz", *named, "--database", "sqlite:///x")
    assert isinstance(both.exception, InvalidParameterError)
    assert "give one of them" in str(both.exception)
