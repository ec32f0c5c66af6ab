"""One sentence that names the file and the fix, and nothing left that looks finished."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import nibabel as nib
import numpy as np
import pytest

from atlasview.errors import (
    AtlasViewError,
    InvalidParameterError,
    LibraryError,
    SourceError,
)
from atlasview.ingest import ingest_volume

from .brains import affine_of, levels, positions, save_nifti
from .commands import tree


def refuse(source, kind="image", error=SourceError, **options):
    """The sentence of a refusal, after which the folder is as it was."""
    before = sorted(source.parent.iterdir())
    with pytest.raises(error) as caught:
        ingest_volume(source, source.parent / "out.ome.zarr", kind=kind, **options)
    assert sorted(source.parent.iterdir()) == before
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    return text


@pytest.fixture
def good(tmp_path):
    return save_nifti(
        tmp_path / "good.nii", np.random.default_rng(0).integers(0, 9, (70, 60, 50), np.uint8),
        affine_of("LAS"),
    )  # fmt: skip


def test_an_absent_file(tmp_path):
    assert "there is no such file" in refuse(tmp_path / "none.nii.gz")


def test_a_truncated_file(good, tmp_path):
    short = tmp_path / "short.nii"
    short.write_bytes(good.read_bytes()[:-1000])
    assert "short.nii: it is truncated" in refuse(short)


@pytest.mark.parametrize("cut", [100, 20000, -4])
def test_a_truncated_gzip_file(good, tmp_path, cut):
    whole, short = tmp_path / "whole.nii.gz", tmp_path / "short.nii.gz"
    nib.save(nib.load(good), whole)
    short.write_bytes(whole.read_bytes()[:cut])
    assert "short.nii.gz" in refuse(short)


def test_a_gzip_file_with_a_flipped_bit(good, tmp_path):
    source = tmp_path / "bad.nii.gz"
    nib.save(nib.load(good), source)
    raw = bytearray(source.read_bytes())
    raw[-6] ^= 1  # in gzip's own checksum: all voxels can be read, and one of them is wrong
    source.write_bytes(raw)
    assert "damaged" in refuse(source)
    raw[len(raw) // 2] ^= 255
    source.write_bytes(raw)
    assert "damaged" in refuse(source)


@pytest.mark.parametrize("name", ["text.nii", "text.nii.gz", "text.hdr", "text.xyz"])
@pytest.mark.parametrize("text", [b"", b"hello", b"hello world" * 1000])
def test_not_an_image(tmp_path, name, text):
    (tmp_path / name).write_bytes(text)
    assert name in refuse(tmp_path / name)


def test_a_packed_file_that_is_not_named_so(good, tmp_path):
    nib.save(nib.load(good), tmp_path / "packed.nii.gz")
    (tmp_path / "packed.nii.gz").rename(tmp_path / "packed.nii")
    assert "name it packed.nii.gz" in refuse(tmp_path / "packed.nii")


@pytest.mark.parametrize("text", ["", " "])
def test_no_name_at_all(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidParameterError, match="it takes a path"):
        ingest_volume(text, tmp_path / "a.ome.zarr")
    assert not list(tmp_path.iterdir())


def test_what_is_no_volume_is_never_overwritten(good, tmp_path):
    file, folder, group = (tmp_path / name for name in ("mine.txt", "mine", "mine.zarr"))
    file.write_text("mine")
    for place in (folder, group):
        place.mkdir()
        (place / "notes.txt").write_text("mine")
    (group / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group", "attributes": {}}')
    before = tree(tmp_path)
    for place in (file, folder, group):
        for overwrite in (False, True):
            with pytest.raises(LibraryError, match="is no volume"):
                ingest_volume(good, place, overwrite=overwrite)
    assert tree(tmp_path) == before
    volume = ingest_volume(good, tmp_path / "a.ome.zarr")
    with pytest.raises(LibraryError, match="--overwrite"):
        ingest_volume(good, volume)
    assert tree(ingest_volume(good, volume, overwrite=True)).keys() == tree(volume).keys()


def test_a_refusal_leaves_no_empty_folders(good, tmp_path):
    short = tmp_path / "short.nii.gz"
    nib.save(nib.load(good), short)
    short.write_bytes(short.read_bytes()[:-5000])
    with pytest.raises(SourceError):
        ingest_volume(short, tmp_path / "new" / "library" / "a.ome.zarr")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["good.nii", "short.nii.gz"]


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "a.nii")
    assert "neither a file nor a folder" in refuse(tmp_path / "a.nii")


def test_a_dataset_of_what_holds_one_array(good):
    assert "--dataset" in refuse(good, error=InvalidParameterError, dataset="x")


def test_five_dimensions(tmp_path):
    voxels = np.zeros((5, 5, 5, 1, 3), np.float32)
    assert "5 dimensions" in refuse(save_nifti(tmp_path / "a.nii", voxels, affine_of("RAS")))


def test_complex_numbers(tmp_path):
    voxels = np.zeros((5, 5, 5), np.complex64)
    assert "complex64" in refuse(save_nifti(tmp_path / "a.nii", voxels, affine_of("RAS")))


def test_no_voxels(good, tmp_path):
    raw = bytearray(good.read_bytes())
    raw[42:44] = (0).to_bytes(2, "little")  # dim[1]
    (tmp_path / "empty.nii").write_bytes(raw)
    assert "no voxels" in refuse(tmp_path / "empty.nii")


@pytest.mark.parametrize("packed", [False, True])
def test_an_absurd_header(tmp_path, packed):
    source = tmp_path / ("a.nii.gz" if packed else "a.nii")
    image = nib.Nifti2Image(np.zeros((4, 4, 4), np.uint8), affine_of("RAS"))
    nib.save(image, tmp_path / "b.nii")
    raw = bytearray((tmp_path / "b.nii").read_bytes())
    raw[24:48] = np.array([2**31, 2**31, 2**31], "<i8").tobytes()
    (tmp_path / "b.nii").unlink()
    if packed:
        import gzip

        raw = gzip.compress(bytes(raw))
    source.write_bytes(raw)
    assert "header promises" in refuse(source)


def test_a_file_that_does_not_say_how_it_lies(tmp_path):
    image = nib.Nifti1Image(positions((9, 8, 7)), None)
    nib.save(image, tmp_path / "a.nii")
    text = refuse(tmp_path / "a.nii", error=InvalidParameterError)
    assert "--orientation" in text
    volume = ingest_volume(tmp_path / "a.nii", tmp_path / "a.ome.zarr", orientation="LPS")
    np.testing.assert_array_equal(levels(volume)[0], positions((9, 8, 7))[::-1, ::-1].T)


def test_options_that_make_no_sense(good):
    for options in (
        {"orientation": "RAX"},
        {"orientation": "RRS"},
        {"voxel_size": (0, 1, 1)},
        {"fill": 256},
        {"kind": "picture"},
    ):
        refuse(good, error=InvalidParameterError, **options)


def test_a_singular_affine(tmp_path):
    source = save_nifti(tmp_path / "a.nii", positions((9, 8, 7)), affine_of("RAS"))
    image = nib.load(source)
    image.header["srow_y"] = image.header["srow_x"]
    nib.save(nib.Nifti1Image(positions((9, 8, 7)), None, image.header), tmp_path / "b.nii")
    assert "--orientation" in refuse(tmp_path / "b.nii", error=AtlasViewError)


@pytest.mark.parametrize("packed", [".nii", ".nii.gz"])
def test_negative_labels(tmp_path, packed):
    voxels = positions((9, 8, 7)).astype(np.int16)
    voxels[8, 7, 6] = -3
    source = save_nifti(tmp_path / f"a{packed}", voxels, affine_of("RAS"))
    assert "negative label -3" in refuse(source, "labels")


def test_labels_that_are_not_whole_or_not_labels(tmp_path):
    for value, word in [
        (0.5, "whole"),
        (np.nan, "whole"),
        (2.0**24 + 2, "apart"),
        (-1, "negative"),
    ]:
        voxels = np.zeros((9, 8, 7), np.float32)
        voxels[3, 3, 3] = value
        source = save_nifti(tmp_path / "a.nii", voxels, affine_of("RAS"))
        assert word in refuse(source, "labels")
    series = save_nifti(tmp_path / "b.nii", np.zeros((5, 5, 5, 2), np.uint8), affine_of("RAS"))
    assert "labels are one" in refuse(series, "labels")


def test_numbers_beyond_float32(tmp_path):
    voxels = np.full((5, 5, 5), 1e300)
    source = save_nifti(tmp_path / "a.nii", voxels, affine_of("RAS"))
    assert "float32" in refuse(source)


def test_a_destination_that_cannot_be_written(good, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryError, match="is a file, not a folder"):
        ingest_volume(good, tmp_path / "file" / "a.ome.zarr")


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_no_permission(good, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(0o500)
    with pytest.raises(LibraryError, match="permission"):
        ingest_volume(good, closed / "a.ome.zarr")
    good.chmod(0)
    assert "permission" in refuse(good)


def test_a_disk_that_fills_up(good, tmp_path):
    """The system's limit on a file's length stands for the full disk."""
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from atlasview.errors import LibraryError\n"
        "from atlasview.ingest import ingest_volume\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, resource.RLIM_INFINITY))\n"
        "try:\n"
        "    ingest_volume(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "except LibraryError as exc:\n"
        "    print(exc)\n"
    )
    out = tmp_path / "a.ome.zarr"
    done = subprocess.run(
        [sys.executable, "-c", script, str(good), str(out)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "cannot be written" in done.stdout
    assert not out.exists()
    ingest_volume(good, out)
    assert levels(out)[0].shape == (50, 60, 70)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.ome.zarr", "good.nii"]


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None,
    reason="mounting needs root",
)
def test_a_disk_that_is_really_full(good, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(LibraryError, match="no space left"):
            ingest_volume(good, disk / "a.ome.zarr")
        assert not (disk / "a.ome.zarr").exists()
    finally:
        subprocess.run(["umount", str(disk)], check=True)
