"""What is read here rather than by a library, beside the library: headers, orientations, boxes."""

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
from atlasview.ingest.nibabels import any_nifti_header
from atlasview.ingest.niftiheader import ordinary_header
from atlasview.ingest.placement import place
from atlasview.ingest.source import Header

TYPES = ("u1", "i2", "i4", "f4", "f8", "i1", "u2", "u4", "i8", "u8")


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("plain") / "file.nii"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_an_ordinary_header_says_what_nibabel_reads_in_it(file, data):
    """Numbers that nibabel mends or refuses are left to it, and all others read alike."""
    order = data.draw(st.sampled_from("<>"))
    header = nib.Nifti1Header(endianness=order)
    header.set_data_dtype(np.dtype(data.draw(st.sampled_from(TYPES))).newbyteorder(order))
    header.set_data_shape(data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=5)))
    number = st.floats(-50, 50, width=32)
    rows = np.reshape(data.draw(st.lists(number, min_size=12, max_size=12)), (3, 4))
    header.set_sform(np.vstack([rows, [0, 0, 0, 1]]), code=data.draw(st.integers(0, 5)))
    odd = st.one_of(number, st.sampled_from([0.0, np.nan, np.inf, -1.0]))
    header["pixdim"][1:4] = data.draw(st.lists(odd, min_size=3, max_size=3))
    header["scl_slope"], header["scl_inter"] = data.draw(odd), data.draw(odd)
    header["vox_offset"] = data.draw(st.sampled_from([0, 352, 360, 368]))
    header["qform_code"] = data.draw(st.integers(-1, 7))
    file.write_bytes(header.binaryblock + data.draw(st.sampled_from([b"\0\0\0\0", b"\1\0\0\0"])))
    mine = ordinary_header(file)
    if mine is None:
        return
    theirs = any_nifti_header(file)
    for name in ("version", "data", "dims", "dtype", "offset", "slope", "inter"):
        assert getattr(mine, name) == getattr(theirs, name), name
    for name in ("xyzt_units", "descrip", "sform_code", "qform_code"):
        assert mine.fields[name] == theirs.fields[name]
    np.testing.assert_array_equal(mine.fields["pixdim"][1:4], theirs.fields["pixdim"][1:4])
    np.testing.assert_array_equal(mine.sform, theirs.fields.get_sform())


def test_most_headers_are_ordinary(tmp_path):
    """As most tools write them; and one that is not, by each of its numbers."""
    path = tmp_path / "brain.nii"
    nib.save(nib.Nifti1Image(np.zeros((3, 4, 5), np.int16), np.diag([-2.0, 2, 2, 1])), path)
    assert ordinary_header(path) is not None
    whole = path.read_bytes()
    for at, byte in (
        (0, 9),
        (40, 0),
        (70, 128),
        (80, 0x80),
        (110, 0),
        (254, 0),
        (344, 0),
        (348, 1),
    ):
        spoilt = bytearray(whole)
        spoilt[at] = byte
        if at == 80:
            spoilt[80:84] = np.float32(-1).tobytes()
        path.write_bytes(spoilt)
        assert ordinary_header(path) is None, at


@settings(max_examples=200, deadline=None)
@given(
    st.permutations(range(3)),
    st.lists(st.sampled_from([-2.0, -0.1, 0.5, 3.0]), min_size=3, max_size=3),
    st.lists(st.integers(-30, 30), min_size=9, max_size=9),
)
def test_voxels_lie_as_nibabel_says(order, sizes, oblique):
    """Turned and sheared, but not so far that two axes are equally near."""
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3)[:, order] + np.reshape(oblique, (3, 3)) / 100) * sizes
    expected = "".join(nib.aff2axcodes(affine))
    header = Header("", (2, 3, 4), 0, np.dtype("u1"), affine, "sform")
    assert place(header, "x").orientation.code == expected


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


def test_a_small_file_needs_no_large_library(tmp_path):
    """What takes longer to load than the work takes: nibabel, numba, TensorStore, zarr."""
    path = tmp_path / "brain.nii"
    nib.save(nib.Nifti1Image(np.zeros((9, 9, 9), np.int16), np.diag([-2.0, 2, 2, 1])), path)
    text = (
        "import sys; from atlasview.ingest import ingest_volume; "
        f"ingest_volume({str(path)!r}, {str(tmp_path / 'out.ome.zarr')!r}); "
        "print({'nibabel', 'numba', 'tensorstore', 'zarr', 'asyncio'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
