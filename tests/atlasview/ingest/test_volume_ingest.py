from __future__ import annotations

import hashlib
import json
import warnings

import nibabel as nib
import numpy as np
import pytest
import tensorstore as ts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atlasview.ingest import ingest_volume
from atlasview.ingest.plan import plan_levels
from atlasview.opening import open_volume
from atlasview.space import voxel_size

from .brains import (
    affine_of,
    attributes,
    exact_majority,
    fast_mean,
    levels,
    nearest_ras,
    positions,
    save_nifti,
)


@pytest.fixture(params=["small", "large"])
def way(request, monkeypatch):
    """The two ways of a volume: by numpy where it is small, else by compiled loops."""
    if request.param == "large":
        none = dict.fromkeys((1, 2, 4, 8), 0)
        monkeypatch.setattr("atlasview.ingest.volume_ingest.SMALL", {"image": none, "labels": none})
    return request.param


CODES = ["RAS", "LAS", "LPS", "PSR", "RAI", "IPL", "SAR"]


def check_levels(found, voxels, affine, kind="image"):
    """Every level, against numpy's own."""
    np.testing.assert_array_equal(found[0], voxels)
    plan = plan_levels(voxels.shape[-3:], voxel_size(affine)[::-1])
    assert len(found) == len(plan)
    join = fast_mean if kind == "image" else exact_majority
    for below, above, level in zip(found[:-1], found[1:], plan[1:], strict=True):
        stacks = (below, above) if below.ndim == 4 else (below[None], above[None])
        for low, high in zip(*stacks, strict=True):
            np.testing.assert_array_equal(high, join(low, level.factors))


def tensorstore_reads(volume, path="0"):
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(volume / path)}}
    return ts.open(spec).result().read().result()


@pytest.mark.parametrize("packed", [".nii", ".nii.gz"])
@pytest.mark.parametrize("tilt", [0.0, 20.0])
@pytest.mark.parametrize("code", CODES)
def test_any_orientation_is_turned_as_nibabel_turns_it(tmp_path, code, tilt, packed):
    source = tmp_path / f"a{packed}"
    save_nifti(source, positions((30, 40, 20)), affine_of(code, (1.0, 1.5, 2.0), tilt=tilt))
    volume = ingest_volume(source, tmp_path / "a.ome.zarr")
    voxels, affine = nearest_ras(source)
    np.testing.assert_array_equal(levels(volume)[0], voxels)
    np.testing.assert_array_equal(tensorstore_reads(volume), voxels)
    own = attributes(volume)["atlasview"]
    np.testing.assert_allclose(own["affine"], affine, atol=1e-6)
    assert own["source"]["affine_from"] == "sform"
    assert own["source"]["orientation"] == "".join(nib.aff2axcodes(nib.load(source).affine))
    np.testing.assert_allclose(own["source"]["affine"], nib.load(source).affine)
    opened = open_volume(volume)
    np.testing.assert_allclose(opened.affine, affine, atol=1e-6)
    assert opened.assumed == ()


@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    shape=st.tuples(*[st.integers(1, 150)] * 3),
    code=st.sampled_from(CODES),
    size=st.tuples(*[st.sampled_from([0.5, 1.0, 2.0])] * 3),
    packed=st.sampled_from([".nii", ".nii.gz"]),
)
def test_every_level_is_the_mean_of_the_one_below(way, tmp_path_factory, shape, code, size, packed):
    folder = tmp_path_factory.mktemp("shape")
    source = save_nifti(folder / f"a{packed}", positions(shape), affine_of(code, size))
    volume = ingest_volume(source, folder / "a.ome.zarr")
    check_levels(levels(volume), *nearest_ras(source))


def test_a_volume_of_several_stages_and_tasks(tmp_path):
    rng = np.random.default_rng(0)
    shape = (1100, 70, 600)  # i, j, k
    voxels = rng.integers(0, 256, shape, np.uint8)
    voxels[:600] = 0
    source = save_nifti(tmp_path / "a.nii", voxels, affine_of("LPS"))
    told = []
    volume = ingest_volume(
        source,
        tmp_path / "a.ome.zarr",
        memory_bytes=1 << 20,
        threads=2,
        progress=lambda *step: told.append(step),
    )
    found = levels(volume)
    check_levels(found, *nearest_ras(source))
    assert told[0][1] == 0
    assert told[-1][1:] == (sum(v.size for v in found),) * 2
    assert [t[1] for t in told] == sorted(t[1] for t in told)
    np.testing.assert_array_equal(tensorstore_reads(volume), found[0])


@pytest.mark.parametrize("code", ["RAS", "PSR"])
def test_memory_and_order_of_reading_do_not_change_a_byte(tmp_path, code):
    voxels = np.random.default_rng(0).integers(0, 256, (90, 530, 70), np.uint8)
    save_nifti(tmp_path / "a.nii", voxels, affine_of(code))
    save_nifti(tmp_path / "b.nii.gz", voxels, affine_of(code))
    one = ingest_volume(tmp_path / "a.nii", tmp_path / "one.ome.zarr", memory_bytes=1 << 16)
    two = ingest_volume(tmp_path / "b.nii.gz", tmp_path / "two.ome.zarr")
    for path in one.rglob("*"):
        if path.is_file() and path.name != "zarr.json":
            assert path.read_bytes() == (two / path.relative_to(one)).read_bytes(), path
    here, there = (attributes(v)["atlasview"] for v in (one, two))
    assert here["statistics"] == there["statistics"]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32"])
def test_big_endian_in_little_endian_stored(tmp_path, dtype):
    voxels = positions((20, 30, 10), dtype)
    source = save_nifti(tmp_path / "a.nii", voxels.astype(np.dtype(dtype).newbyteorder(">")),
                        affine_of("LAS"))  # fmt: skip
    image = nib.Nifti1Image(voxels, affine_of("LAS"))
    swapped = nib.Nifti1Image(voxels, affine_of("LAS"), image.header.as_byteswapped(">"))
    nib.save(swapped, source)
    assert nib.load(source).header.endianness == ">"
    volume = ingest_volume(source, tmp_path / "a.ome.zarr")
    assert levels(volume)[0].dtype == dtype
    np.testing.assert_array_equal(levels(volume)[0], nearest_ras(source)[0])


@pytest.mark.parametrize(
    ("dtype", "slope", "inter", "stored"),
    [
        ("int16", 1.0, -1024.0, "int16"),  # real values still fit
        ("uint8", 2.0, 0.0, "uint16"),
        ("int16", 0.25, 3.0, "float32"),
        ("uint16", -1.0, 0.0, "int16"),
        ("float32", 2.0, 1.0, "float32"),
    ],
)
def test_scaling_widens_no_more_than_it_must(tmp_path, dtype, slope, inter, stored):
    voxels = (np.arange(20 * 30 * 10) % 251).reshape(20, 30, 10).astype(dtype)
    image = nib.Nifti1Image(voxels, affine_of("RAS"))
    image.header.set_slope_inter(slope, inter)
    nib.save(image, tmp_path / "a.nii.gz")
    raw = bytearray(_unpacked(tmp_path / "a.nii.gz"))
    raw[352:] = voxels.tobytes(order="F")  # as nibabel would have divided the scaling out
    (tmp_path / "a.nii").write_bytes(raw)
    volume = ingest_volume(tmp_path / "a.nii", tmp_path / "a.ome.zarr")
    found = levels(volume)[0]
    assert found.dtype == stored
    np.testing.assert_allclose(found, nib.load(tmp_path / "a.nii").get_fdata().T)
    record = attributes(volume)["atlasview"]["source"]
    assert (record["scl_slope"], record["scl_inter"]) == (slope, inter)


def _unpacked(path):
    import gzip

    return gzip.decompress(path.read_bytes())


@pytest.mark.parametrize("packed", [".nii", ".nii.gz"])
def test_a_series_becomes_channels(way, tmp_path, packed):
    voxels = np.stack([positions((66, 10, 70)), positions((66, 10, 70))[::-1]], axis=-1)
    source = save_nifti(tmp_path / f"a{packed}", voxels, affine_of("LAS"))
    volume = ingest_volume(source, tmp_path / "a.ome.zarr")
    found = levels(volume)
    check_levels(found, *nearest_ras(source))
    assert found[0].shape == (2, 70, 10, 66)
    assert [a["name"] for a in attributes(volume)["ome"]["multiscales"][0]["axes"]] == list("czyx")


@pytest.mark.parametrize("packed", [".nii", ".nii.gz"])
@pytest.mark.parametrize("code", ["RAS", "PSR"])
def test_colours_become_channels(tmp_path, code, packed):
    rgb = np.zeros((70, 20, 30), np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))
    planes = np.random.default_rng(0).integers(0, 256, (3, 70, 20, 30), np.uint8)
    for name, plane in zip("RGB", planes, strict=True):
        rgb[name] = plane
    source = save_nifti(tmp_path / f"a{packed}", rgb, affine_of(code))
    volume = ingest_volume(source, tmp_path / "a.ome.zarr")
    for c in range(3):
        one = save_nifti(tmp_path / "one.nii", planes[c], affine_of(code))
        np.testing.assert_array_equal(levels(volume)[0][c], nearest_ras(one)[0])


@pytest.mark.parametrize(
    ("dtype", "stored"),
    [("float64", "float32"), ("float16", "float32"), ("int64", "int32"), ("uint64", "uint32")],
)
def test_types_that_viewers_cannot_read_are_turned_into_ones_they_can(tmp_path, dtype, stored):
    voxels = positions((20, 10, 5)).astype(np.float32 if dtype == "float16" else dtype)
    source = save_nifti(tmp_path / "a.nii", voxels, affine_of("RAS"))
    volume = ingest_volume(source, tmp_path / "a.ome.zarr")
    assert levels(volume)[0].dtype == stored
    np.testing.assert_array_equal(levels(volume)[0], nearest_ras(source)[0])
    assert ("note" in attributes(volume)["atlasview"]["source"]) == (dtype != "float16")


def test_nan_and_infinity_are_kept_and_left_out_of_the_statistics(tmp_path):
    voxels = positions((70, 10, 5)).astype(np.float32)
    voxels[:3], voxels[5, 5, 2] = np.nan, np.inf
    source = save_nifti(tmp_path / "a.nii.gz", voxels, affine_of("RAS"))
    volume = ingest_volume(source, tmp_path / "a.ome.zarr")
    np.testing.assert_array_equal(levels(volume)[0], voxels.T)
    said = attributes(volume)["atlasview"]["statistics"]
    finite = voxels[np.isfinite(voxels)]
    assert said["value_range"] == [finite.min(), finite.max()]
    assert said["percentiles"]["50"] == pytest.approx(np.percentile(finite, 50))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16"])
def test_statistics_of_short_numbers_are_numpys(way, tmp_path, dtype):
    rng = np.random.default_rng(0)
    voxels = rng.integers(-50 if dtype == "int16" else 0, 200, (70, 66, 65)).astype(dtype)
    source = save_nifti(tmp_path / "a.nii.gz", voxels, affine_of("RAS"))
    volume = ingest_volume(source, tmp_path / "a.ome.zarr")
    said = attributes(volume)["atlasview"]["statistics"]
    assert said["value_range"] == [voxels.min(), voxels.max()]
    assert sum(said["histogram"]["counts"]) == voxels.size
    assert said["sampled"] is False
    for q, value in said["percentiles"].items():
        assert value == pytest.approx(np.percentile(voxels, float(q)))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "uint64"])
@pytest.mark.parametrize("packed", [".nii", ".nii.gz"])
def test_labels_are_majorities_and_counted(way, tmp_path, dtype, packed):
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 90, (23, 9, 12))
    voxels = coarse.repeat(3, 0).repeat(3, 1).repeat(3, 2)[:67, :25, :34].astype(dtype)
    if dtype == "uint64":
        voxels[voxels > 0] += np.uint64(2**53)  # neighbours that no float64 tells apart
    voxels[rng.random(voxels.shape) < 0.3] = 0
    source = save_nifti(tmp_path / f"a{packed}", voxels, affine_of("LPS"))
    volume = ingest_volume(source, tmp_path / "a.ome.zarr", kind="labels")
    expected, affine = nearest_ras(source)
    found = levels(volume)
    assert found[0].dtype == f"uint{8 * np.dtype(dtype).itemsize}"
    check_levels(found, expected.astype(found[0].dtype), affine, "labels")
    entries = json.loads((volume / "labels.json").read_text())["labels"]
    assert entries.keys() == {str(v) for v in np.unique(expected) if v}
    for label, entry in entries.items():
        at = np.argwhere(expected == np.array(int(label), expected.dtype))[:, ::-1]
        assert entry["voxels"] == len(at)
        assert entry["box"] == [at.min(axis=0).tolist(), (at.max(axis=0) + 1).tolist()]
        assert entry["sum"] == at.sum(axis=0).tolist()
    said = attributes(volume)
    assert "image-label" in said["ome"]
    assert sum(said["atlasview"]["statistics"]["histogram"]["counts"]) == voxels.size


def test_labels_kept_as_real_numbers_come_back_whole(tmp_path):
    voxels = positions((20, 10, 5)).astype(np.float32)
    source = save_nifti(tmp_path / "a.nii.gz", voxels, affine_of("RAS"))
    volume = ingest_volume(source, tmp_path / "a.ome.zarr", kind="labels")
    assert levels(volume)[0].dtype == np.uint16
    np.testing.assert_array_equal(levels(volume)[0], voxels.T)


def test_the_metadata_tell_where_it_comes_from(tmp_path):
    source = save_nifti(
        tmp_path / "a.nii.gz", positions((20, 10, 5)), affine_of("LPS"), sform_code=4
    )
    volume = ingest_volume(
        source, tmp_path / "b.ome.zarr", name="A brain", licence="CC0", citation="Me 2024"
    )
    own = attributes(volume)["atlasview"]
    assert (own["version"], own["kind"], own["name"]) == (1, "image", "A brain")
    assert (own["licence"], own["citation"], own["space"]) == ("CC0", "Me 2024", "mni152")
    record = own["source"]
    assert record["file"] == "a.nii.gz"
    assert record["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert record["bytes"] == source.stat().st_size
    assert (record["shape"], record["dtype"]) == ([20, 10, 5], "<u2")


def test_units_are_turned_into_millimetres(tmp_path):
    source = save_nifti(tmp_path / "a.nii", positions((9, 8, 7)), affine_of("RAS", (20, 20, 20)))
    image = nib.load(source)
    image.header.set_xyzt_units("micron")
    image.to_filename(tmp_path / "um.nii")
    own = attributes(ingest_volume(tmp_path / "um.nii", tmp_path / "a.ome.zarr"))["atlasview"]
    np.testing.assert_allclose(np.diag(own["affine"])[:3], 0.02)
    assert own["source"]["units"] == "micrometer"
    assert own["source"]["affine"][0][0] == 20


def test_a_qform_alone_places_a_volume(tmp_path):
    image = nib.Nifti1Image(positions((9, 8, 7)), None)
    image.header.set_qform(affine_of("LPS", tilt=30), 1)
    nib.save(image, tmp_path / "a.nii.gz")
    own = attributes(ingest_volume(tmp_path / "a.nii.gz", tmp_path / "a.ome.zarr"))["atlasview"]
    np.testing.assert_allclose(own["affine"], nearest_ras(tmp_path / "a.nii.gz")[1], atol=1e-5)
    assert own["source"]["affine_from"] == "qform"


def test_the_checkers_find_no_fault(tmp_path):
    from ome_zarr_models import open_ome_zarr
    from yaozarrs import validate_zarr_store

    series = np.stack([positions((70, 10, 5))] * 2, axis=-1)
    for i, voxels in enumerate([positions((70, 10, 5)), series]):
        source = save_nifti(tmp_path / f"{i}.nii.gz", voxels, affine_of("LPS", tilt=10))
        for kind in ("image", "labels")[: 2 - i]:
            volume = ingest_volume(source, tmp_path / f"{i}{kind}.ome.zarr", kind=kind)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                validate_zarr_store(volume)
                import zarr

                assert open_ome_zarr(zarr.open_group(volume, mode="r"), version="0.5")


def test_the_same_volume_twice_is_an_error_unless_told_to(tmp_path):
    from atlasview.errors import LibraryError

    source = save_nifti(tmp_path / "a.nii", positions((9, 8, 7)), affine_of("RAS"))
    ingest_volume(source, tmp_path / "a.ome.zarr")
    with pytest.raises(LibraryError, match="--overwrite"):
        ingest_volume(source, tmp_path / "a.ome.zarr")
    save_nifti(source, positions((9, 8, 7)) + 1, affine_of("RAS"))
    ingest_volume(source, tmp_path / "a.ome.zarr", overwrite=True)
    np.testing.assert_array_equal(levels(tmp_path / "a.ome.zarr")[0], nearest_ras(source)[0])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.nii", "a.ome.zarr"]


def test_the_fill_value_is_kept(tmp_path):
    voxels = np.full((130, 65, 70), 255, np.uint8)
    voxels[:3, :3, :3] = 7
    source = save_nifti(tmp_path / "a.nii", voxels, affine_of("RAS"))
    volume = ingest_volume(source, tmp_path / "a.ome.zarr", fill=255)
    check_levels(levels(volume), *nearest_ras(source))
    assert (volume / "0/c/0/0/0").stat().st_size < 2000
