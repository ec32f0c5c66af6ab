"""Boxes of files that hold plain voxels, and what a small one does not load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlasview.geometry import Box
from atlasview.ingest import rawbytes


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("plain") / "file.nii"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_boxes_of_a_plain_file_are_what_numpy_cuts(file, data):
    """Any type, order of axes and of bytes; read or mapped, in pieces of any length."""
    draw = data.draw
    shape = draw(st.tuples(*[st.integers(1, 12)] * 3))
    channels, interleaved = draw(st.integers(1, 3)), draw(st.booleans())
    dtype = np.dtype(draw(st.sampled_from(["u1", "<u2", ">i2", "<f4", ">f8"])))
    count = int(np.prod(shape)) * channels
    stored = (
        np.arange(count)
        .astype(dtype)
        .reshape((*shape, channels) if interleaved else (channels, *shape))
    )
    offset = draw(st.integers(0, 400))
    file.write_bytes(b"\1" * offset + stored.tobytes())
    voxels = np.moveaxis(stored, -1, 0) if interleaved else stored
    spans = [sorted(draw(st.lists(st.integers(0, n), min_size=2, max_size=2, unique=True)))
             for n in (channels, *shape)]  # fmt: skip
    wanted = voxels[tuple(slice(*span) for span in spans)]
    out = np.zeros(wanted.shape, draw(st.sampled_from([dtype, dtype.newbyteorder("=")])))
    into = out[:, :: draw(st.sampled_from([1, -1])), :, :: draw(st.sampled_from([1, -1]))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rawbytes, "_CAN_READ", draw(st.booleans()))
        patch.setattr(rawbytes, "_READ", draw(st.sampled_from([8, 64, 1 << 18])))
        patch.setattr(rawbytes, "_PIECE", draw(st.sampled_from([8, 64, 4 << 20])))
        source = rawbytes.PlainVoxels(file, offset, shape, channels, dtype, interleaved=interleaved)
        (_, *box) = spans
        source.read_into(slice(*spans[0]), Box(*zip(*box, strict=True)), into)
        source.close()
    np.testing.assert_array_equal(into, wanted)


def test_a_file_needs_no_large_library(tmp_path):
    """What takes longer to load than the work takes, in the second stage too."""
    path = tmp_path / "brain.nii"
    nib.save(nib.Nifti1Image(np.zeros((1030, 3, 3), np.int16), np.diag([-2.0, 2, 2, 1])), path)
    text = (
        "import sys; from atlasview.ingest import ingest_volume; "
        f"ingest_volume({str(path)!r}, {str(tmp_path / 'out.ome.zarr')!r}); "
        "print({'numba', 'tensorstore', 'zarr', 'asyncio'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
