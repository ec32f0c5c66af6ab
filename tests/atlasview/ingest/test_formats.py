"""Every format against a witness that is not our code: nibabel, pynrrd, tifffile, Pillow, numpy."""

from __future__ import annotations

import gzip
import shutil
import zlib
from pathlib import Path

import h5py
import nibabel as nib
import nrrd
import numpy as np
import pytest
import tensorstore as ts
import tifffile
import zarr
from nibabel.testing import data_path
from PIL import Image

from atlasview.errors import InvalidParameterError, SourceError
from atlasview.ingest import ingest_volume

from .brains import affine_of, attributes, levels, nearest_ras, positions, save_nifti

NIBABEL = Path(data_path)
SHARED = Path(__file__).parents[4] / "shared" / "data"
SIZE = (0.1, 0.2, 0.3)


def take(source: Path, folder: Path, **options):
    """Level 0, the affine and the record of the source."""
    volume = ingest_volume(source, folder / "out.ome.zarr", overwrite=True, **options)
    own = attributes(volume)["atlasview"]
    return levels(volume)[0], np.array(own["affine"]), own["source"]


def turned(voxels: np.ndarray, affine: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What nibabel makes of an array (i, j, k) and its affine in RAS order: (z, y, x)."""
    image = nib.as_closest_canonical(nib.Nifti1Image(voxels, affine, dtype=voxels.dtype))
    return np.asarray(image.dataobj).T, image.affine


def agrees(found, voxels, affine):
    expected, where = turned(voxels, affine)
    np.testing.assert_array_equal(found[0], expected)
    np.testing.assert_allclose(found[1], where, atol=1e-5)


# --- nibabel's own files


@pytest.mark.parametrize(
    "name",
    ["anatomical.nii", "example4d.nii.gz", "example_nifti2.nii.gz", "functional.nii",
     "resampled_anat_moved.nii", "test.mgz", "standard.nii.gz", "scaled+tlrc.HEAD",
     "scaled+tlrc.BRIK", "example4d+orig.HEAD", "example4d+orig.BRIK.gz"],
)  # fmt: skip
def test_real_files_are_read_as_nibabel_reads_them(tmp_path, name):
    source = NIBABEL / name
    found, affine, record = take(source, tmp_path)
    image = nib.as_closest_canonical(nib.load(source))
    expected = image.get_fdata().T
    if expected.ndim == 4 and len(expected) == 1:  # AFNI's series of one volume
        expected = expected[0]
    # nibabel scales in double precision
    np.testing.assert_allclose(found, expected.astype(np.float32), rtol=1e-6)
    if getattr(nib.load(source).dataobj, "slope", 1) == 1:
        np.testing.assert_array_equal(found, expected.astype(found.dtype))
    np.testing.assert_allclose(affine, image.affine, atol=1e-4)
    assert record["file"] == name


MINC = ["tiny.mnc", "small.mnc", "minc1_1_scale.mnc", "minc1_4d.mnc", "minc2_1_scale.mnc",
        "minc2_4d.mnc", "minc2-no-att.mnc", "minc2-4d-d.mnc"]  # fmt: skip


@pytest.mark.parametrize("name", MINC)
def test_minc_is_read_as_nibabel_reads_it(tmp_path, name):
    source = NIBABEL / name
    image = nib.load(source)
    found, affine, record = take(source, tmp_path)
    data = image.get_fdata()
    if data.ndim == 4:  # time first
        data = np.moveaxis(data, 0, -1)
    canonical = nib.as_closest_canonical(nib.Nifti1Image(data, image.affine))
    np.testing.assert_allclose(found, canonical.get_fdata().T, rtol=1e-6, atol=1e-30)
    np.testing.assert_allclose(affine, canonical.affine, atol=1e-5)
    assert record["format"] in ("MINC1", "MINC2")


def test_a_real_minc2_with_cosines_and_negative_steps(tmp_path):
    source = SHARED / "reference_only/minc2_real/mincex_diff-FA.mnc"
    if not source.is_file():
        pytest.skip("the file is not at hand")
    image = nib.as_closest_canonical(nib.load(source))
    found, affine, _ = take(source, tmp_path)
    np.testing.assert_allclose(found, image.get_fdata().T, rtol=1e-6)
    np.testing.assert_allclose(affine, image.affine, atol=1e-6)


@pytest.mark.parametrize("make", [nib.Nifti1Pair, nib.Nifti2Pair])
@pytest.mark.parametrize("given", ["a.hdr", "a.img"])
def test_a_header_and_its_image(tmp_path, make, given):
    voxels, affine = positions((20, 30, 10)), affine_of("LPS", SIZE, tilt=10)
    nib.save(make(voxels, affine), tmp_path / "a.img")
    agrees(take(tmp_path / given, tmp_path), voxels, nib.load(tmp_path / "a.img").affine)
    (tmp_path / "a.img").unlink()
    with pytest.raises(SourceError, match=r"a\.(img|hdr)"):
        take(tmp_path / given, tmp_path)


# --- MGH


@pytest.mark.parametrize("ending", [".mgh", ".mgz"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32"])
def test_mgh(tmp_path, ending, dtype):
    voxels, affine = positions((20, 30, 10), dtype), affine_of("LIA", tilt=10)
    image = nib.MGHImage(voxels, affine)
    nib.save(image, tmp_path / f"a{ending}")
    found = take(tmp_path / f"a{ending}", tmp_path)
    agrees(found, voxels, image.affine)
    assert found[0].dtype == dtype


# --- AFNI


def save_afni(folder: Path, voxels: np.ndarray, name: str, **more: object) -> Path:
    """A dataset as AFNI writes it: 2 mm to the left, 3 mm forwards, 4 mm upwards (``LAS``)."""
    said = {
        "TYPESTRING": "3DIM_HEAD_ANAT", "BYTEORDER_STRING": "MSB_FIRST", "TEMPLATE_SPACE": "MNI",
        "DATASET_RANK": [3, voxels.shape[3]], "DATASET_DIMENSIONS": [*voxels.shape[:3], 0, 0],
        "BRICK_TYPES": [1] * voxels.shape[3], "DELTA": [2.0, -3.0, 4.0],
        "IJK_TO_DICOM_REAL": [2.0, 0.0, 0.0, -10.0, 0.0, -3.0, 0.0, 20.0, 0.0, 0.0, 4.0, -30.0],
        **more,
    }  # fmt: skip
    head = ""
    for key, value in said.items():
        kind = "string" if isinstance(value, str) else type(value[0]).__name__
        kind = {"int": "integer"}.get(kind, kind)
        told = f"'{value}~" if isinstance(value, str) else " ".join(map(str, value))
        head += f"\ntype = {kind}-attribute\nname = {key}\ncount = {len(value)}\n{told}\n"
    (folder / f"{name}.HEAD").write_text(head)
    (folder / f"{name}.BRIK").write_bytes(voxels.astype(">i2").tobytes(order="F"))
    return folder / f"{name}.HEAD"


def test_afni(tmp_path):
    voxels = np.stack([positions((20, 30, 10)), positions((20, 30, 10)) + 1], -1)
    source = save_afni(tmp_path, voxels, "a+tlrc", BRICK_FLOAT_FACS=[0.5, 0.5])
    found, affine, record = take(source, tmp_path)
    # DICOM's coordinates point to the left and backwards: the file's x falls as i rises
    expected, where = turned(voxels, affine_of("LAS", (2, 3, 4), (10, -20, -30)))
    np.testing.assert_array_equal(found, (expected * 0.5).astype(found.dtype))
    np.testing.assert_allclose(affine, where)
    assert record["format"] == "AFNI"
    own = attributes(tmp_path / "out.ome.zarr")["atlasview"]
    assert own["space"] == "mni152"


def test_bad_afni(tmp_path):
    voxels = np.stack([positions((9, 8, 7))] * 2, -1)
    source = save_afni(tmp_path, voxels, "a+orig", BRICK_FLOAT_FACS=[0.5, 0.25])
    with pytest.raises(SourceError, match="a factor of its own"):
        take(source, tmp_path)
    save_afni(tmp_path, voxels[..., :0], "b+orig", BRICK_TYPES=[1, 1], DATASET_RANK=[3, 2])
    (tmp_path / "c+orig.HEAD").write_text("nothing")
    (tmp_path / "c+orig.BRIK").write_bytes(b"12")
    save_afni(tmp_path, voxels, "d+orig")
    (tmp_path / "d+orig.HEAD").unlink()
    for name in ("b+orig.BRIK", "c+orig.BRIK", "d+orig.BRIK"):
        with pytest.raises(SourceError, match=name.replace("+", r"\+")):
            take(tmp_path / name, tmp_path)
    source.with_suffix(".BRIK").unlink()
    with pytest.raises(SourceError, match=r"a\+orig\.BRIK is missing"):
        take(source, tmp_path)


# --- NRRD


@pytest.mark.parametrize("encoding", ["raw", "gzip"])
@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("space", ["left-posterior-superior", "right-anterior-superior", "LAS"])
def test_nrrd(tmp_path, encoding, detached, space):
    voxels, affine = positions((20, 30, 10)), affine_of("LPS", SIZE, tilt=25)
    signs = {"l": -1, "r": 1, "L": -1}[space[0]], {"p": -1, "a": 1, "A": 1}[space.split("-")[1][0]
             if "-" in space else "A"], 1  # fmt: skip
    own = np.diag([*signs, 1.0]) @ affine
    header = {
        "space": space,
        "space directions": own[:3, :3].T,
        "space origin": own[:3, 3],
        "encoding": encoding,
    }
    source = tmp_path / ("a.nhdr" if detached else "a.nrrd")
    nrrd.write(str(source), voxels, header, detached_header=detached)
    agrees(take(source, tmp_path), voxels, affine)


def test_nrrd_with_colours(tmp_path):
    voxels = np.random.default_rng(0).integers(0, 256, (3, 20, 30, 10)).astype(np.uint8)
    affine = affine_of("RAS", SIZE)
    header = {
        "space": "RAS",
        "space directions": np.vstack([[np.nan] * 3, affine[:3, :3].T]),
        "space origin": affine[:3, 3],
        "kinds": ["vector", "domain", "domain", "domain"],
    }
    nrrd.write(str(tmp_path / "a.nrrd"), voxels, header)
    found, where, _ = take(tmp_path / "a.nrrd", tmp_path)
    np.testing.assert_array_equal(found, voxels.transpose(0, 3, 2, 1))
    np.testing.assert_allclose(where, affine)


def test_a_real_nrrd(tmp_path):
    source = SHARED / "reference_only/nrrd/FLAIR.nrrd"
    if not source.is_file():
        pytest.skip("the file is not at hand")
    voxels, header = nrrd.read(str(source))
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = header["space directions"].T, header["space origin"]
    agrees(take(source, tmp_path), voxels, np.diag([-1, -1, 1, 1]) @ affine)


def test_nrrd_that_says_only_its_spacing(tmp_path):
    voxels = positions((9, 8, 7))
    nrrd.write(str(tmp_path / "a.nrrd"), voxels, {"spacings": list(SIZE)})
    with pytest.raises(InvalidParameterError, match="--orientation"):
        take(tmp_path / "a.nrrd", tmp_path)
    found = take(tmp_path / "a.nrrd", tmp_path, orientation="RAS")
    agrees(found, voxels, affine_of("RAS", SIZE, (0, 0, 0)))


def test_bad_nrrd(tmp_path):
    voxels = np.random.default_rng(0).integers(0, 9, (40, 30, 20))
    nrrd.write(str(tmp_path / "a.nrrd"), voxels, {"encoding": "raw", "space": "RAS",
               "space directions": np.eye(3), "space origin": [0, 0, 0]})  # fmt: skip
    whole = (tmp_path / "a.nrrd").read_bytes()
    for raw in (whole[:-9], whole[:60], b"NRRD0004\nnothing\n\n", b"hello"):
        (tmp_path / "b.nrrd").write_bytes(raw)
        with pytest.raises(SourceError, match=r"b\.nrrd"):
            take(tmp_path / "b.nrrd", tmp_path)


# --- MetaImage


def write_metaimage(
    folder: Path, voxels, affine, *, packed=False, local=True, channels=1, msb=False
):
    lps = np.diag([-1, -1, 1, 1]) @ affine
    size = np.linalg.norm(lps[:3, :3], axis=0)
    directions = (lps[:3, :3] / size).T
    kinds = {"uint16": "MET_USHORT", "uint8": "MET_UCHAR", "float32": "MET_FLOAT"}
    raw = voxels.astype(voxels.dtype.newbyteorder(">" if msb else "<")).tobytes(order="F")
    raw = zlib.compress(raw) if packed else raw
    dims = voxels.shape[1:] if channels > 1 else voxels.shape
    text = "ObjectType = Image\nNDims = 3\nBinaryData = True\n"
    text += f"BinaryDataByteOrderMSB = {msb}\nCompressedData = {packed}\n"
    text += "TransformMatrix = " + " ".join(f"{v:.17g}" for v in directions.ravel()) + "\n"
    text += "Offset = " + " ".join(f"{v:.17g}" for v in lps[:3, 3]) + "\n"
    text += "ElementSpacing = " + " ".join(f"{v:.17g}" for v in size) + "\n"
    text += "DimSize = " + " ".join(map(str, dims)) + "\n"
    text += f"ElementNumberOfChannels = {channels}\n" if channels > 1 else ""
    text += f"ElementType = {kinds[voxels.dtype.name]}\n"
    if local:
        (folder / "a.mha").write_bytes(f"{text}ElementDataFile = LOCAL\n".encode() + raw)
        return folder / "a.mha"
    (folder / "a.zraw").write_bytes(raw)
    (folder / "a.mhd").write_text(f"{text}ElementDataFile = a.zraw\n")
    return folder / "a.mhd"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("msb", [False, True])
def test_metaimage(tmp_path, packed, local, msb):
    voxels, affine = positions((20, 30, 10)), affine_of("LAS", SIZE, tilt=30)
    source = write_metaimage(tmp_path, voxels, affine, packed=packed, local=local, msb=msb)
    agrees(take(source, tmp_path), voxels, affine)


def test_metaimage_with_colours(tmp_path):
    voxels = np.random.default_rng(0).integers(0, 256, (3, 20, 30, 10)).astype(np.uint8)
    source = write_metaimage(tmp_path, voxels, affine_of("RAS"), channels=3)
    np.testing.assert_array_equal(take(source, tmp_path)[0], voxels.transpose(0, 3, 2, 1))


def test_metaimage_as_simpleitk_writes_it(tmp_path):
    sitk = pytest.importorskip("SimpleITK")
    voxels, affine = positions((20, 30, 10)), affine_of("PSR", SIZE, tilt=30)
    nib.save(nib.Nifti1Image(voxels, affine), tmp_path / "a.nii")
    for name, packed in (("a.mha", False), ("b.mhd", True), ("c.nrrd", True), ("d.nrrd", False)):
        sitk.WriteImage(sitk.ReadImage(str(tmp_path / "a.nii")), str(tmp_path / name), packed)
        found = take(tmp_path / name, tmp_path)
        agrees(found, voxels, affine)


def test_bad_metaimage(tmp_path):
    noise = np.random.default_rng(0).integers(0, 9, (40, 30, 20)).astype(np.uint8)
    for packed in (False, True):
        whole = write_metaimage(tmp_path, noise, affine_of("RAS"), packed=packed).read_bytes()
        for raw in (whole[:-9], whole[:60], b"hello", whole.replace(b"MET_UCHAR", b"MET_BLA")):
            (tmp_path / "b.mha").write_bytes(raw)
            with pytest.raises(SourceError, match=r"b\.mha"):
                take(tmp_path / "b.mha", tmp_path)


@pytest.mark.parametrize("kind", ["mhd", "nhdr"])
def test_a_header_leads_to_no_other_folder(tmp_path, kind):
    voxels, affine = positions((20, 15, 10)), affine_of("RAS")
    folder = tmp_path / "own"
    folder.mkdir()
    if kind == "mhd":
        source = write_metaimage(folder, voxels, affine, local=False)
    else:
        source = folder / "a.nhdr"
        nrrd.write(str(source), voxels, {"space": "RAS", "space directions": np.eye(3),
                   "space origin": [0, 0, 0], "encoding": "raw"}, detached_header=True)  # fmt: skip
    (data,) = (p for p in folder.iterdir() if p != source)
    secret = tmp_path / "secret"
    secret.write_bytes(data.read_bytes())
    text = source.read_bytes()
    for other in (str(secret), "../secret", f"sub/../../{secret.name}"):
        source.write_bytes(text.replace(data.name.encode(), other.encode()))
        with pytest.raises(SourceError, match="lies elsewhere; put it beside"):
            take(source, tmp_path)
    (folder / "below").mkdir()
    data.rename(folder / "below" / data.name)
    source.write_bytes(text.replace(data.name.encode(), f"below/{data.name}".encode()))
    np.testing.assert_array_equal(take(source, tmp_path)[0], voxels.T)


# --- TIFF and sections


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "TIFF"),
        ({"bigtiff": True, "byteorder": ">"}, "BigTIFF"),
        ({"compression": "zlib", "tile": (16, 16)}, "TIFF"),
        ({"compression": "lzw", "rowsperstrip": 7}, "TIFF"),
    ],
)
@pytest.mark.parametrize("code", ["RAS", "RIA"])
def test_tiff(tmp_path, options, name, code):
    voxels = positions((20, 30, 10))  # columns, rows, sections
    tifffile.imwrite(tmp_path / "a.tif", voxels.T, photometric="minisblack", **options)
    with pytest.raises(
        InvalidParameterError,
        match=r"give --voxel-size and --orientation, such as --voxel-size 0\.1,0\.1,1 --orientation RAS\.",
    ):
        take(tmp_path / "a.tif", tmp_path)
    found = take(tmp_path / "a.tif", tmp_path, voxel_size=SIZE, orientation=code)
    size = SIZE if code == "RAS" else (SIZE[0], SIZE[2], SIZE[1])
    expected, affine = turned(voxels, affine_of(code, size, (0, 0, 0)))
    np.testing.assert_array_equal(found[0], expected)
    np.testing.assert_allclose(np.diag(found[1])[:3], SIZE)
    np.testing.assert_allclose(found[1][:3, 3], 0, atol=1e-12)
    np.testing.assert_allclose(found[1][:3, :3], affine[:3, :3], atol=1e-12)
    assert found[2]["format"] == name


def test_ome_tiff_says_its_voxel_size(tmp_path):
    voxels = np.random.default_rng(0).integers(0, 999, (2, 6, 20, 30)).astype(np.uint16)
    metadata = {"axes": "CZYX", "PhysicalSizeX": 20, "PhysicalSizeXUnit": "µm",
                "PhysicalSizeY": 21, "PhysicalSizeYUnit": "µm",
                "PhysicalSizeZ": 0.05, "PhysicalSizeZUnit": "mm"}  # fmt: skip
    for packed in (None, "zlib"):
        tifffile.imwrite(tmp_path / "a.ome.tif", voxels, metadata=metadata, compression=packed,
                         photometric="minisblack")  # fmt: skip
        found, affine, record = take(tmp_path / "a.ome.tif", tmp_path, orientation="RAS")
        np.testing.assert_array_equal(found, voxels)
        np.testing.assert_allclose(np.diag(affine)[:3], (0.02, 0.021, 0.05))
        assert record["format"] == "OME-TIFF"
        (tmp_path / "a.ome.tif").unlink()


def test_imagej_tiff_says_its_voxel_size(tmp_path):
    voxels = positions((20, 30, 6)).T
    tifffile.imwrite(tmp_path / "a.tif", voxels, imagej=True, resolution=(50, 25),
                     metadata={"spacing": 0.1, "unit": "mm", "axes": "ZYX"})  # fmt: skip
    found, affine, _ = take(tmp_path / "a.tif", tmp_path, orientation="RAS")
    np.testing.assert_array_equal(found, voxels)
    np.testing.assert_allclose(np.diag(affine)[:3], (0.02, 0.04, 0.1))


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("packed", [None, "zlib"])
def test_tiff_with_colours(tmp_path, planar, packed):
    voxels = np.random.default_rng(0).integers(0, 256, (5, 20, 30, 3)).astype(np.uint8)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page in voxels:
            file.write(page if planar == "contig" else np.moveaxis(page, -1, 0), photometric="rgb",
                       planarconfig=planar, compression=packed, contiguous=False)  # fmt: skip
    source = tmp_path / "a.tif"
    found = take(source, tmp_path, voxel_size=SIZE, orientation="RAS")[0]
    np.testing.assert_array_equal(found, np.moveaxis(voxels, -1, 0))


def test_a_real_tiff(tmp_path):
    source = SHARED / "committable/mouse_stpt/mouse_sample3d_half.tif"
    if not source.is_file():
        pytest.skip("the file is not at hand")
    found = take(source, tmp_path, voxel_size=(0.1, 0.1, 0.1), orientation="LIP")[0]
    expected = tifffile.imread(source)  # sections, rows, columns
    np.testing.assert_array_equal(found, turned(expected.T, affine_of("LIP"))[0])


def test_bad_tiff(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (6, 64, 64)).astype(np.uint8)
    for packed in (None, "zlib"):
        tifffile.imwrite(tmp_path / "a.tif", noise, compression=packed, photometric="minisblack")
        whole = (tmp_path / "a.tif").read_bytes()
        for raw in (whole[: len(whole) // 2], whole[:8], b"hello" * 9, whole[:-500]):
            (tmp_path / "b.tif").write_bytes(raw)
            with pytest.raises(SourceError, match=r"b\.tif"):
                take(tmp_path / "b.tif", tmp_path, voxel_size=SIZE, orientation="RAS")


def save_sections(folder: Path, voxels: np.ndarray, ending: str, first=7, step=1) -> Path:
    folder.mkdir()
    for k, plane in enumerate(voxels):
        name = folder / f"brain2_s{first + k * step:03d}{ending}"
        tifffile.imwrite(name, plane) if ending == ".tif" else Image.fromarray(plane).save(name)
    return folder


@pytest.mark.parametrize("ending", [".png", ".tif", ".jpg"])
@pytest.mark.parametrize("colours", [0, 3])
@pytest.mark.parametrize("code", ["RAS", "RIA"])
def test_a_folder_of_sections(tmp_path, ending, colours, code):
    shape = (5, 20, 30, colours)[: 4 if colours else 3]
    voxels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    folder = save_sections(tmp_path / "s", voxels, ending, step=10)
    if ending == ".jpg":
        voxels = np.stack([np.asarray(Image.open(p)) for p in sorted(folder.iterdir())])
    found = take(folder, tmp_path, voxel_size=SIZE, orientation=code)[0]
    for c in range(max(colours, 1)):
        one = voxels[..., c] if colours else voxels
        expected = turned(one.T, affine_of(code))[0]
        np.testing.assert_array_equal(found[c] if colours else found, expected)


def test_sections_of_16_bits(tmp_path):
    voxels = np.random.default_rng(0).integers(0, 65536, (3, 20, 30)).astype(np.uint16)
    folder = save_sections(tmp_path / "s", voxels, ".png")
    found = take(folder, tmp_path, voxel_size=SIZE, orientation="RAS")[0]
    np.testing.assert_array_equal(found, voxels)


def test_one_picture(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (300, 200), np.uint8)
    Image.fromarray(picture).save(tmp_path / "a.png")
    volume = ingest_volume(tmp_path / "a.png", tmp_path / "a.ome.zarr", voxel_size=SIZE,
                           orientation="RIA")  # fmt: skip
    assert levels(volume)[0].shape == (300, 1, 200)
    np.testing.assert_array_equal(levels(volume)[0][::-1, 0], picture)


def test_bad_sections(tmp_path):
    voxels = np.random.default_rng(0).integers(0, 256, (6, 20, 30)).astype(np.uint8)

    def refuse(folder):
        with pytest.raises(SourceError) as caught:
            take(folder, tmp_path, voxel_size=SIZE, orientation="RAS")
        assert not (tmp_path / "out.ome.zarr").exists()
        return str(caught.value)

    missing = save_sections(tmp_path / "missing", voxels, ".png")
    (missing / "brain2_s009.png").unlink()
    assert "are missing: 9" in refuse(missing)
    twice = save_sections(tmp_path / "twice", voxels, ".png")
    (twice / "copy9.png").write_bytes((twice / "brain2_s009.png").read_bytes())
    assert "both number 9" in refuse(twice)
    size = save_sections(tmp_path / "size", voxels, ".png")
    Image.fromarray(voxels[0, :, :29]).save(size / "brain2_s010.png")
    assert "brain2_s010.png: it is 29 × 20" in refuse(size)
    grey = save_sections(tmp_path / "grey", voxels, ".png")
    Image.fromarray(voxels[0]).convert("RGB").save(grey / "brain2_s010.png")
    assert "with 3 colours" in refuse(grey)
    cut = save_sections(tmp_path / "cut", voxels, ".png")
    (cut / "brain2_s010.png").write_bytes((cut / "brain2_s010.png").read_bytes()[:200])
    assert "brain2_s010.png: it is truncated" in refuse(cut)
    (tmp_path / "none").mkdir()
    assert "without sections" in refuse(tmp_path / "none")
    nameless = save_sections(tmp_path / "nameless", voxels, ".png")
    (nameless / "brain.png").write_bytes((nameless / "brain2_s009.png").read_bytes())
    assert "no number" in refuse(nameless)


# --- arrays


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<u2", ">i4", "<f8"])
def test_npy(tmp_path, order, dtype):
    voxels = positions((20, 30, 10)).astype(dtype)
    stored = np.asfortranarray(voxels) if order == "F" else np.ascontiguousarray(voxels.T)
    np.save(tmp_path / "a.npy", stored)
    found = take(tmp_path / "a.npy", tmp_path, voxel_size=SIZE, orientation="LPS")[0]
    np.testing.assert_array_equal(found, turned(positions((20, 30, 10)), affine_of("LPS"))[0])


def test_raw_voxels_need_a_shape_and_a_type(tmp_path):
    voxels = positions((20, 30, 10))
    source = tmp_path / "a.raw"
    source.write_bytes(voxels.astype(">u2").tobytes(order="F"))
    where = {"voxel_size": SIZE, "orientation": "RAS"}
    for options, word in [
        ({}, "--shape and --dtype"),
        ({"shape": (20, 30, 10)}, "--dtype"),
        ({"shape": (20, 30, 10), "dtype": "bla"}, "--dtype"),
        ({"shape": (20, 30), "dtype": "u2"}, "--shape"),
    ]:
        with pytest.raises(InvalidParameterError, match=word):
            take(source, tmp_path, **where, **options)
    with pytest.raises(SourceError, match="check both"):
        take(source, tmp_path, **where, shape=(20, 30, 11), dtype=">u2")
    found = take(source, tmp_path, **where, shape=(20, 30, 10), dtype=">u2")[0]
    np.testing.assert_array_equal(found, voxels.T)


@pytest.mark.parametrize(
    ("options", "told"),
    [({"shape": (20, 30, 10)}, "--shape='20,30,10'"), ({"dtype": "u2"}, "--dtype='u2'")],
)
def test_what_a_file_says_itself_is_not_said_again(tmp_path, options, told):
    np.save(tmp_path / "a.npy", np.zeros((10, 30, 20), np.uint16))
    with pytest.raises(InvalidParameterError, match="says that itself") as refused:
        take(tmp_path / "a.npy", tmp_path, voxel_size=SIZE, orientation="RAS", **options)
    assert told in str(refused.value)


def test_hdf5(tmp_path):
    voxels = positions((70, 30, 10)).T
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset("t0/volume", data=voxels, chunks=(4, 16, 16), compression="gzip")
        data.attrs["element_size_um"] = (300.0, 200.0, 100.0)
    found, affine, record = take(tmp_path / "a.h5", tmp_path, orientation="RAS")
    np.testing.assert_array_equal(found, voxels)
    np.testing.assert_allclose(np.diag(affine)[:3], SIZE)
    assert record["dataset"] == "t0/volume"
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["other"] = voxels + 1
    with pytest.raises(InvalidParameterError, match="--dataset"):
        take(tmp_path / "a.h5", tmp_path, orientation="RAS")
    where = {"voxel_size": SIZE, "orientation": "RAS"}
    found = take(tmp_path / "a.h5", tmp_path, dataset="/other", **where)[0]
    np.testing.assert_array_equal(found, voxels + 1)
    for raw in (b"hello", (tmp_path / "a.h5").read_bytes()[:3000]):
        (tmp_path / "b.h5").write_bytes(raw)
        with pytest.raises(SourceError, match=r"b\.h5"):
            take(tmp_path / "b.h5", tmp_path, **where)


def save_imaris(path: Path, moments: list[list[np.ndarray]], unit: str = "um") -> Path:
    """A file as Imaris lays it out, (z, y, x) padded to whole chunks of 8 × 16 × 16."""

    def told(group: h5py.Group, **said: object) -> None:
        for name, value in said.items():  # one character after the other, as Imaris has it
            group.attrs[name] = np.array([c.encode() for c in str(value)], "S1")

    shape = moments[0][0].shape
    with h5py.File(path, "w") as file:
        image = file.create_group("DataSetInfo/Image")
        told(image, X=shape[2], Y=shape[1], Z=shape[0], Unit=unit, ExtMin0="-100.0", ExtMin1="50",
             ExtMin2=0, ExtMax0=shape[2] * 100 - 100, ExtMax1=shape[1] * 200 + 50,
             ExtMax2=shape[0] * 300)  # fmt: skip
        for t, channels in enumerate(moments):
            for c, voxels in enumerate(channels):
                for level in range(2):
                    part = voxels[:: 1 + level, :: 1 + level, :: 1 + level]
                    group = file.create_group(
                        f"DataSet/ResolutionLevel {level}/TimePoint {t}/Channel {c}"
                    )
                    told(group, ImageSizeX=part.shape[2], ImageSizeY=part.shape[1],
                         ImageSizeZ=part.shape[0])  # fmt: skip
                    room = np.pad(
                        part, [(0, -n % m) for n, m in zip(part.shape, (8, 16, 16), strict=True)],
                        constant_values=7,
                    )  # fmt: skip
                    group.create_dataset("Data", data=room, chunks=(8, 16, 16), compression="gzip")
    return path


def test_imaris(tmp_path):
    voxels = positions((70, 30, 12)).T
    channels = [voxels + c for c in range(11)]  # the eleventh is «Channel 10», behind «Channel 9»
    source = save_imaris(tmp_path / "a.ims", [channels])
    with pytest.raises(InvalidParameterError, match="--orientation"):
        take(source, tmp_path)
    found, affine, record = take(source, tmp_path, orientation="RAS")
    np.testing.assert_array_equal(found, np.stack(channels))
    np.testing.assert_allclose(np.diag(affine)[:3], SIZE)
    assert record["format"] == "Imaris"
    source = save_imaris(tmp_path / "b.ims", [[voxels], [voxels + 1]], unit="mm")
    with pytest.raises(InvalidParameterError, match="time points is meant: give --dataset"):
        take(source, tmp_path, orientation="RAS")
    with pytest.raises(InvalidParameterError, match="TimePoint 0, TimePoint 1"):
        take(source, tmp_path, orientation="RAS", dataset="TimePoint 2")
    found, affine, _ = take(source, tmp_path, orientation="LPS", dataset="TimePoint 1")
    np.testing.assert_array_equal(found, turned(voxels.T + 1, affine_of("LPS"))[0])
    np.testing.assert_allclose(np.diag(affine)[:3], np.array(SIZE) * 1000)


def test_bad_imaris(tmp_path):
    voxels = positions((20, 16, 8)).T
    differing = save_imaris(tmp_path / "a.ims", [[voxels, voxels.astype(np.uint8)]])
    plain = tmp_path / "b.ims"
    with h5py.File(plain, "w") as file:
        file["x"] = voxels
    (tmp_path / "c.ims").write_bytes(differing.read_bytes()[:3000])
    for source in (differing, plain, tmp_path / "c.ims"):
        with pytest.raises(SourceError, match=source.name):
            take(source, tmp_path, voxel_size=SIZE, orientation="RAS")


@pytest.mark.parametrize("way", ["external", "virtual", "link"])
@pytest.mark.parametrize("kind", ["h5", "ims", "mnc"])
def test_a_strangers_hdf5_leads_to_no_other_file(tmp_path, kind, way):
    voxels = positions((20, 16, 8)).T
    secret = tmp_path / "secret"
    if way == "external":
        secret.write_bytes(voxels.tobytes())
    else:
        with h5py.File(secret, "w") as file:
            file["x"] = voxels
    source = tmp_path / f"a.{kind}"
    if kind == "ims":
        name = "DataSet/ResolutionLevel 0/TimePoint 0/Channel 0/Data"
        save_imaris(source, [[voxels]])
    elif kind == "mnc":
        name = "minc-2.0/image/0/image-max"
        shutil.copy(NIBABEL / "minc2_1_scale.mnc", source)
    else:
        name = "x"
        with h5py.File(source, "w") as file:
            file[name] = voxels
    with h5py.File(source, "a") as file:
        del file[name]
        if way == "external":
            file.create_dataset(
                name, voxels.shape, voxels.dtype, external=[(str(secret), 0, 1 << 20)]
            )
        elif way == "virtual":
            layout = h5py.VirtualLayout(voxels.shape, voxels.dtype)
            layout[...] = h5py.VirtualSource(str(secret), "x", voxels.shape)
            file.create_virtual_dataset(name, layout)
        else:
            file[name] = h5py.ExternalLink(str(secret), "x")
    options = {"dataset": "x"} if kind == "h5" else {}
    with pytest.raises(
        (SourceError, InvalidParameterError), match=f"a.{kind}.*(other files|holds no)"
    ):
        take(source, tmp_path, voxel_size=SIZE, orientation="RAS", **options)


@pytest.mark.parametrize("code", ["RAS", "PSR"])
@pytest.mark.parametrize("series", [False, True])
def test_our_own_ome_zarr_again(tmp_path, code, series):
    voxels = positions((66, 10, 70))
    voxels = np.stack([voxels, voxels + 1], -1) if series else voxels
    source = save_nifti(tmp_path / "a.nii", voxels, affine_of(code, SIZE, tilt=20))
    first = ingest_volume(source, tmp_path / "a.ome.zarr")
    found, affine, record = take(first, tmp_path)
    expected, where = nearest_ras(source)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(affine, where, atol=1e-6)
    assert record["format"] == "OME-Zarr 0.5"


@pytest.mark.parametrize("version", [2, 3])
def test_plain_zarr(tmp_path, version):
    voxels = positions((30, 20, 10)).T
    array = zarr.create_array(tmp_path / "a.zarr", shape=voxels.shape, chunks=(4, 8, 16),
                              dtype=voxels.dtype, zarr_format=version)  # fmt: skip
    array[...] = voxels
    with pytest.raises(InvalidParameterError, match="--voxel-size and --orientation"):
        take(tmp_path / "a.zarr", tmp_path)
    found = take(tmp_path / "a.zarr", tmp_path, voxel_size=SIZE, orientation="RAS")[0]
    np.testing.assert_array_equal(found, voxels)


def test_n5_and_precomputed(tmp_path):
    voxels = positions((30, 20, 10))
    n5 = ts.open(
        {
            "driver": "n5",
            "kvstore": {"driver": "file", "path": str(tmp_path / "a.n5/s0")},
            "metadata": {"dimensions": [30, 20, 10], "blockSize": [8, 8, 8], "dataType": "uint16",
                         "compression": {"type": "gzip"}, "units": ["um", "um", "um"],
                         "resolution": [100, 200, 300]},
            "create": True,
        }
    ).result()  # fmt: skip
    n5[...] = voxels
    with pytest.raises(InvalidParameterError, match="--dataset s0"):
        take(tmp_path / "a.n5", tmp_path, orientation="RAS")
    found, affine, _ = take(tmp_path / "a.n5", tmp_path, orientation="RAS", dataset="s0")
    np.testing.assert_array_equal(found, voxels.T)
    np.testing.assert_allclose(np.diag(affine)[:3], SIZE)
    pre = ts.open(
        {
            "driver": "neuroglancer_precomputed",
            "kvstore": {"driver": "file", "path": str(tmp_path / "pre")},
            "multiscale_metadata": {"type": "image", "data_type": "uint16", "num_channels": 1},
            "scale_metadata": {"size": [30, 20, 10], "voxel_offset": [5, 6, 7],
                               "resolution": [1e5, 2e5, 3e5], "encoding": "raw",
                               "chunk_size": [8, 8, 8]},
            "create": True,
        }
    ).result()  # fmt: skip
    pre[..., 0] = voxels
    found, affine, record = take(tmp_path / "pre", tmp_path, orientation="LPS")
    np.testing.assert_array_equal(found, turned(voxels, affine_of("LPS"))[0])
    np.testing.assert_allclose(np.diag(affine)[:3], SIZE)
    assert record["format"] == "Neuroglancer precomputed"


def test_a_damaged_zarr(tmp_path):
    voxels = np.random.default_rng(0).integers(0, 99, (20, 20, 20)).astype(np.uint8)
    zarr.create_array(tmp_path / "a.zarr", data=voxels, chunks=(10, 10, 10))
    chunk = tmp_path / "a.zarr/c/1/1/1"
    chunk.write_bytes(chunk.read_bytes()[:50])
    with pytest.raises(SourceError, match=r"a\.zarr"):
        take(tmp_path / "a.zarr", tmp_path, voxel_size=SIZE, orientation="RAS")


def test_a_gzip_file_under_a_plain_name_and_the_other_way(tmp_path):
    source = save_nifti(tmp_path / "a.nii", positions((9, 8, 7)), affine_of("LAS"))
    (tmp_path / "b.nii.gz").write_bytes(source.read_bytes())
    (tmp_path / "c.nii").write_bytes(gzip.compress(source.read_bytes()))
    for name in ("b.nii.gz", "c.nii"):
        try:
            found = take(tmp_path / name, tmp_path)[0]
        except SourceError as exc:
            assert name in str(exc)  # noqa: PT017 - either is right, nothing else
        else:
            np.testing.assert_array_equal(found, nearest_ras(source)[0])
