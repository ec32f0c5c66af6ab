"""Whatever happens to a file's bytes: it is taken in, or refused in one sentence, and no more."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import h5py
import nibabel as nib
import nrrd
import numpy as np
import pytest
import tifffile
from nibabel.testing import data_path
from PIL import Image

from atlasview.errors import AtlasViewError
from atlasview.ingest import ingest_volume

from .brains import positions
from .test_formats import save_imaris

FORMATS = ["a.nii", "a.nii.gz", "b.nii", "a.mgh", "a.mgz", "a.nrrd", "b.nrrd", "a.mha", "a.tif",
           "b.tif", "a.png", "a.jpg", "a.npy", "a.h5", "a.ims", "tiny.mnc", "small.mnc"]  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """One small sound file of every format."""
    folder = tmp_path_factory.mktemp("sound")
    voxels, affine = positions((20, 15, 10)), np.diag([1.0, 2, 3, 1])
    nib.save(nib.Nifti1Image(voxels, affine), folder / "a.nii")
    nib.save(nib.Nifti1Image(voxels, affine), folder / "a.nii.gz")
    nib.save(nib.Nifti2Image(voxels, affine), folder / "b.nii")
    for name in ("a.mgh", "a.mgz"):
        image = nib.MGHImage(voxels.astype(np.int16), affine)
        image.to_filename(folder / name)
    header = {"space": "RAS", "space directions": np.eye(3), "space origin": [0, 0, 0]}
    nrrd.write(str(folder / "a.nrrd"), voxels, header)
    nrrd.write(str(folder / "b.nrrd"), voxels, {**header, "encoding": "raw"})
    text = (
        "NDims = 3\nDimSize = 20 15 10\nElementType = MET_USHORT\nElementSpacing = 1 2 3\n"
        "TransformMatrix = 1 0 0 0 1 0 0 0 1\nElementDataFile = LOCAL\n"
    )
    (folder / "a.mha").write_bytes(text.encode() + voxels.tobytes(order="F"))
    tifffile.imwrite(folder / "a.tif", voxels.T, photometric="minisblack")
    tifffile.imwrite(folder / "b.tif", voxels.T, compression="zlib", tile=(16, 16))
    for name in ("a.png", "a.jpg"):
        Image.fromarray(voxels[:, :, 0].astype(np.uint8)).save(folder / name)
    np.save(folder / "a.npy", voxels)
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_dataset("x", data=voxels, chunks=(4, 4, 4), compression="gzip")
    save_imaris(folder / "a.ims", [[voxels.T]])
    for name in ("tiny.mnc", "small.mnc"):
        shutil.copy(Path(data_path) / name, folder / name)
    return folder


def damage(raw: bytes, rng: random.Random) -> bytes:
    """Change some bytes of the header, or anywhere, or cut the end off."""
    out = bytearray(raw)
    way = rng.random()
    if way < 0.2:
        return bytes(out[: rng.randrange(len(out))])
    reach = min(len(out), 600) if way < 0.8 else len(out)
    for _ in range(rng.choice([1, 2, 4, 8])):
        out[rng.randrange(reach)] = rng.choice([0, 255, 1, 127, 128, rng.randrange(256)])
    return bytes(out)


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_bytes_are_taken_in_or_refused(sound, tmp_path, name):
    rng = random.Random(name)
    for _ in range(25):
        source = tmp_path / name
        source.write_bytes(damage((sound / name).read_bytes(), rng))
        options = rng.choice([{}, {"voxel_size": (1, 1, 1), "orientation": "LPS"}])
        try:
            ingest_volume(source, tmp_path / "out.ome.zarr", overwrite=True, **options)
        except AtlasViewError as exc:
            text = str(exc)
        else:
            text = "."
            shutil.rmtree(tmp_path / "out.ome.zarr")
        assert "\n" not in text
        assert text.endswith(".")
        assert [p.name for p in tmp_path.iterdir()] == [name]
