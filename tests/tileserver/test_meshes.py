"""Surfaces of regions: closed, as large as their voxels, read by others' readers."""

from __future__ import annotations

import itertools
import json
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import zarr
from scipy import ndimage

from atlasview.geometry import Box
from atlasview.library import open_library
from atlasview.meshes import Mesh, is_closed, simpler
from atlasview.opening import open_volume
from atlasview.regionfacts import LabelIndex
from atlasview.regionmesh import region_mesh, region_surfaces
from atlasview.shell import outer_mask, outer_surface, outer_threshold
from atlasview.volume import read

ATLAS = "icbm152-desikan-killiany"


@pytest.fixture(scope="module")
def sample(sample_library: Path) -> tuple[LabelIndex, Any]:
    library = open_library([sample_library])
    return LabelIndex(library.volumes["desikan-killiany"]), library.atlases[ATLAS].parcellation()


def test_every_region_and_parent_is_closed_and_of_its_size(sample: tuple[LabelIndex, Any]) -> None:
    index, parcellation = sample
    terms = parcellation.terminology
    for region in [*list(terms)[::6], *map(terms.find, ("L.putamen", "subctx", "ctx"))]:
        labels = terms.labels([region])
        meshes, facts = region_surfaces(index, labels), index.measure(labels)
        assert 1 < len(meshes) <= 4, region.acronym
        for lod, mesh in enumerate(meshes):
            assert is_closed(mesh.faces), region.acronym
            near = 0.01 if lod == 0 else 0.05
            assert mesh.volume_mm3 == pytest.approx(facts.volume_mm3, rel=near), region.acronym
        counts = [len(mesh.faces) for mesh in meshes]
        assert all(b < a / 2 for a, b in itertools.pairwise(counts))
        mesh = meshes[0]
        assert facts.box is not None
        assert (mesh.vertices.min(axis=0) > np.array(facts.box[0]) - 2).all()
        assert (mesh.vertices.max(axis=0) < np.array(facts.box[1]) + 2).all()
    assert region_mesh(index, frozenset([250])) is None


def test_a_volume_without_a_pyramid_is_joined_block_by_block(tmp_path: Path) -> None:
    """BrainGlobe has volumes of one level; a box of seven million voxels is more than is meshed."""
    z, y, x = np.ogrid[:201, :203, :205]
    shell = (z - 100.0) ** 2 + (y - 101.0) ** 2 + (x - 102.0) ** 2
    labels = np.where(shell < 60**2, 7, np.where(shell < 96**2, 3, 0)).astype(np.uint16)
    group = zarr.create_group(tmp_path / "ball.ome.zarr", zarr_format=3)
    group.create_array("0", data=labels, chunks=(64, 64, 64))
    axes = [{"name": n, "type": "space", "unit": "millimeter"} for n in "zyx"]
    scale = [{"type": "scale", "scale": [0.5, 0.5, 0.5]}]
    datasets = [{"path": "0", "coordinateTransformations": scale}]
    group.attrs["ome"] = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}
    index = LabelIndex(open_volume(tmp_path / "ball.ome.zarr", kind="labels"))
    for wanted, spacing in ((frozenset([3]), 1.0), (frozenset([3, 7]), 1.0), (frozenset([7]), 0.5)):
        mesh = region_mesh(index, wanted)
        assert mesh is not None
        assert is_closed(mesh.faces)
        assert mesh.spacing_mm >= spacing
        voxels = np.isin(labels, list(wanted)).sum()
        assert mesh.volume_mm3 == pytest.approx(voxels / 8, rel=0.01)
        a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
        parts = np.einsum("ij,ij->i", a, np.cross(b, c))
        middle = ((a + b + c) / 4 * parts[:, None]).sum(axis=0) / parts.sum()
        np.testing.assert_allclose(middle, [51, 50.5, 50], atol=0.1)


def test_a_ball_at_the_edge_is_capped() -> None:
    from atlasview.meshes import surface
    from atlasview.volume import Level

    z, y, x = np.ogrid[:20, :24, :28]
    ball = (z - 0) ** 2 + (y - 12) ** 2 + (x - 14) ** 2 < 100
    affine = np.diag([0.5, 0.5, 0.5, 1.0])
    affine[:3, 3] = 3, 4, 5
    level = Level(0, "0", "", (20, 24, 28), affine, (1, 1, 1), (0, 0, 0), (8, 8, 8), (), None)  # type: ignore[arg-type]
    mesh = surface(ball, level, (0, 0, 0))
    assert is_closed(mesh.faces)
    assert mesh.volume_mm3 == pytest.approx(ball.sum() / 8, rel=0.03)
    middle = (mesh.vertices.min(axis=0) + mesh.vertices.max(axis=0)) / 2
    np.testing.assert_allclose(middle[:2], [3 + 7, 4 + 6], atol=0.1)
    few = simpler(mesh, 200)
    assert is_closed(few.faces)
    assert len(few.faces) < len(mesh.faces) / 2
    assert not is_closed(np.array([[0, 1, 2]]))


def test_ply(http: httpx.Client, sample: tuple[LabelIndex, Any]) -> None:
    found = http.get(f"/api/atlases/{ATLAS}/regions/L.putamen").json()
    response = http.get(found["links"]["ply"])
    assert response.headers["content-type"] == "model/ply"
    head, _, body = response.content.partition(b"end_header\n")
    counts = [int(line.split()[-1]) for line in head.decode().splitlines() if line.startswith("element")]  # fmt: skip
    points = np.frombuffer(body, "<f4", 3 * counts[0]).reshape(-1, 3)
    low, high = found["bounding_box"]
    assert (points > np.array(low) - 1).all()
    assert (points < np.array(high) + 1).all()
    assert len(body) == 12 * counts[0] + 13 * counts[1]


def test_glb(http: httpx.Client) -> None:
    found = http.get(f"/api/atlases/{ATLAS}/regions/L.putamen").json()
    body = http.get(found["links"]["glb"]).content
    magic, version, size, length, kind = struct.unpack("<4sIII4s", body[:20])
    assert (magic, version, size, kind) == (b"glTF", 2, len(body), b"JSON")
    document = json.loads(body[20 : 20 + length])
    accessor = document["accessors"][0]
    assert document["nodes"][0]["name"] == found["name"]
    # x right, y superior, z posterior, metres: the left putamen lies at x below 0
    assert accessor["max"][0] < 0
    assert accessor["max"][0] * 1000 == pytest.approx(found["bounding_box"][1][0], abs=1)
    assert -accessor["min"][2] * 1000 == pytest.approx(found["bounding_box"][1][1], abs=1)


def test_a_region_without_voxels_has_no_surface(http: httpx.Client) -> None:
    assert http.get(f"/api/atlases/{ATLAS}/regions/none.ply").status_code == 404
    assert http.get("/precomputed/desikan-killiany/mesh/250.index").status_code == 404


def test_cloud_volume_reads_the_surfaces(
    http: httpx.Client, sample: tuple[LabelIndex, Any]
) -> None:
    cloudvolume = pytest.importorskip("cloudvolume")
    info = http.get("/precomputed/desikan-killiany/info").json()
    assert info["mesh"] == "mesh"
    volume = cloudvolume.CloudVolume(
        f"precomputed://{http.base_url}/precomputed/desikan-killiany",
        use_https=True,
        progress=False,
    )
    index, parcellation = sample
    for key in ("L.putamen", "subctx"):
        found = http.get(f"/api/atlases/{ATLAS}/regions/{key}").json()
        segment = found["mesh"]["segment"]
        own = region_mesh(index, parcellation.terminology.labels([parcellation.terminology.find(key)]))  # fmt: skip
        assert own is not None
        finest: Any = volume.mesh.get(segment, lod=0)
        finest = finest[segment] if isinstance(finest, dict) else finest
        # its positions are nm from the corner of voxel 0
        world = finest.vertices / 1e6 - 0.5 + index.volume.affine[:3, 3]
        there = Mesh(world, np.asarray(finest.faces, np.uint32), 1.0)
        assert len(finest.faces) == len(own.faces)
        assert there.volume_mm3 == pytest.approx(own.volume_mm3, rel=1e-3)
        np.testing.assert_allclose(world.min(axis=0), own.vertices.min(axis=0), atol=0.01)
        coarse: Any = volume.mesh.get(segment, lod=1)
        coarse = coarse[segment] if isinstance(coarse, dict) else coarse
        assert len(coarse.faces) < len(finest.faces)
        rough = Mesh(coarse.vertices / 1e6, np.asarray(coarse.faces, np.uint32), 1.0)
        assert rough.volume_mm3 == pytest.approx(own.volume_mm3, rel=0.05)


def test_ranges_and_tags(http: httpx.Client) -> None:
    whole = http.get("/precomputed/desikan-killiany/mesh/37")
    part = http.get("/precomputed/desikan-killiany/mesh/37", headers={"Range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.content == whole.content[10:20]
    tag = {"If-None-Match": whole.headers["etag"]}
    assert http.get("/precomputed/desikan-killiany/mesh/37", headers=tag).status_code == 304
    far = {"Range": "bytes=99999999-"}
    assert http.get("/precomputed/desikan-killiany/mesh/37", headers=far).status_code == 416


def test_the_outer_surface_of_a_template(http: httpx.Client, sample_library: Path) -> None:
    template = open_library([sample_library]).volumes["icbm152-2009a-sym"]
    folder = http.get("/api/volumes/icbm152-2009a-sym").json()["links"]["surface"]
    info = http.get(f"{folder}/info").json()
    assert info["@type"] == "neuroglancer_multilod_draco"
    found = outer_surface(template)
    assert found is not None
    mesh, threshold = found
    assert info["atlasview"] == {"segment": 1, "threshold": threshold}
    assert is_closed(mesh.faces)
    # one piece, without hollows: what is above the threshold and what it shuts in
    brain = read(template.levels[0], Box((0, 0, 0), template.levels[0].shape)) > threshold
    assert mesh.volume_mm3 == pytest.approx(ndimage.binary_fill_holes(brain).sum(), rel=0.03)
    index = http.get(f"{folder}/1.index").content
    (lods,) = struct.unpack("<I", index[24:28])
    assert lods == 4
    sizes = struct.unpack(f"<{4 * lods}I", index[-16 * lods :])[3::4]
    assert len(http.get(f"{folder}/1").content) == sum(sizes)
    assert http.get(f"{folder}/2.index").status_code == 404
    higher = http.get(f"{folder}={threshold + 20:.1f}/info").json()["atlasview"]["threshold"]
    assert higher == pytest.approx(threshold + 20, abs=0.1)
    assert http.get(f"{folder}=300/1.index").status_code == 404
    assert http.get(f"{folder}=x/1.index").status_code == 404
    assert http.get("/precomputed/desikan-killiany/mesh=3/37.index").status_code == 404


def test_dark_tissue_on_white_has_the_same_surface() -> None:
    z, y, x = np.ogrid[:40, :40, :40]
    radius = np.sqrt((z - 20) ** 2 + (y - 20) ** 2 + (x - 20) ** 2)
    head = np.where((radius < 14) & (radius > 5), 200, 10).astype(np.uint8)
    head[2:4, 2:4, 2:4] = 200  # a speck beside it
    threshold = outer_threshold(head)
    assert threshold is not None
    assert 10 <= threshold < 200
    dark = outer_mask(255 - head, 255 - threshold - 1)
    np.testing.assert_array_equal(outer_mask(head, threshold), radius < 14)
    np.testing.assert_array_equal(dark, radius < 14)
    assert outer_threshold(np.full((3, 3, 3), np.nan)) is None


def test_surfaces_made_at_once_are_those_made_alone() -> None:
    from skimage.measure import marching_cubes

    def ball(size: int) -> Mesh:
        grid = np.indices((size,) * 3) - (size - 1) / 2
        inside = (np.linalg.norm(grid, axis=0) < size * 0.4).astype(np.float32)
        vertices, faces, _, _ = marching_cubes(inside, 0.5)  # type: ignore[no-untyped-call]
        return Mesh(vertices.astype(np.float64), faces.astype(np.uint32), 1.0)

    balls = [ball(size) for size in (16, 20, 24, 28)]
    alone = [simpler(b, len(b.faces) // 3) for b in balls]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda b: simpler(b, len(b.faces) // 3), balls * 20))
    finally:
        sys.setswitchinterval(before)
    for i, mesh in enumerate(together):
        np.testing.assert_array_equal(mesh.faces, alone[i % 4].faces)
        np.testing.assert_array_equal(mesh.vertices, alone[i % 4].vertices)
