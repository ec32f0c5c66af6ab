"""Surfaces kept on disk: the same as made on demand, read by cloud-volume, whole or absent."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest
from serving import serving

from atlasview.adding import add_to_library
from atlasview.errors import StorageError
from atlasview.library import open_library
from atlasview.meshes import Mesh, is_closed
from atlasview.meshfiles import Multilod, multilod
from atlasview.meshmaking import MeshReport, store_atlas_meshes
from atlasview.meshshards import MeshSharding, data_bytes, read_surface, sharding_for, write_shards
from atlasview.meshstore import labels_seal, meshes_place, open_meshes
from atlasview.regionfacts import LabelIndex
from atlasview.regionmesh import region_surfaces
from atlasview.segments import all_segments

SIZE = (0.1, 0.2, 0.15)
TABLE = """id,acronym,name,parent
997,root,root,
500,left,left half,997
1,A,ball,500
2,B,around the ball,500
7,C,sheet,997
4294967299,D,far away,997
9,E,nothing,997
"""


def labels() -> npt.NDArray[np.uint64]:
    """A ball in a shell, a sheet of two voxels that touches the edge, a block of 64-bit label."""
    x, y, z = np.ogrid[:60, :50, :40]
    radius = np.sqrt((x - 20.0) ** 2 + (y - 24.0) ** 2 + (z - 20.0) ** 2)
    out = np.where(radius < 9, 1, np.where(radius < 16, 2, 0)).astype(np.uint64)
    out[45:47] = 7
    out[52:58, 10:20, 10:20] = 4294967299
    return out


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An atlas whose surfaces nobody has made."""
    folder = tmp_path_factory.mktemp("meshes")
    affine = np.diag([*SIZE, 1.0])
    affine[:3, 3] = -3, 4, 5
    nib.save(nib.Nifti1Image(labels(), affine, dtype=np.uint64), folder / "labels.nii")
    (folder / "table.csv").write_text(TABLE)
    add_to_library(
        folder / "library", "toy", folder / "labels.nii", labels=True, regions=folder / "table.csv"
    )
    return folder / "library"


@pytest.fixture
def library(bare: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(bare, tmp_path / "library"))


@pytest.fixture(scope="module")
def kept(bare: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with its surfaces."""
    root = Path(shutil.copytree(bare, tmp_path_factory.mktemp("kept") / "library"))
    assert store_atlas_meshes(root, "toy") == (MeshReport("toy", 6, 1, 6),)
    return root


def opened(root: Path) -> tuple[LabelIndex, dict[int, frozenset[int]], Path]:
    found = open_library([root])
    volume = found.volumes["toy"]
    place = meshes_place(volume.location)
    assert place is not None
    index, terms = LabelIndex(volume), found.atlases["toy"].parcellation().terminology
    return index, all_segments(terms, index.extents), place


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def test_kept_surfaces_are_those_made_on_demand(kept: Path) -> None:
    index, segments, place = opened(kept)
    assert sorted(segments) == [1, 2, 7, 9, 500, 997, 4294967299]
    found = open_meshes(place, labels_seal(index))
    assert found is not None
    for segment, values in segments.items():
        stored = found.surface(segment, values)
        if segment == 9:
            assert stored is None
            continue
        assert stored == multilod(region_surfaces(index, values), index.volume)
        assert len(stored.data) == data_bytes(stored.index)
    # a parent that means other labels now
    assert found.surface(500, frozenset([1])) is None


def test_cloud_volume_reads_the_shards(kept: Path) -> None:
    cloudvolume = pytest.importorskip("cloudvolume")
    _, segments, _ = opened(kept)
    with serving([kept]) as url:
        base = f"{url}/precomputed/toy"
        info = {**httpx.get(f"{base}/info").json(), "mesh": "meshes"}
        volume = cloudvolume.CloudVolume(
            f"precomputed://{base}", info=info, use_https=True, progress=False
        )
        voxel = float(np.prod(SIZE))
        field = labels()
        for segment, values in segments.items():
            if segment == 9:
                continue
            wanted = np.isin(field, list(values)).sum() * voxel
            for lod, near in ((0, 0.01), (1, 0.05)):
                try:
                    read: Any = volume.mesh.get(segment, lod=lod)
                except cloudvolume.exceptions.MeshDecodeError:
                    assert lod == 1  # too small to have a coarser one
                    continue
                read = read[segment] if isinstance(read, dict) else read
                faces = np.asarray(read.faces, np.uint32)
                assert is_closed(faces), (segment, lod)
                mesh = Mesh(read.vertices.astype(np.float64) / 1e6, faces, 1.0)
                assert mesh.volume_mm3 == pytest.approx(wanted, rel=near), (segment, lod)
        ball: Any = volume.mesh.get(1, lod=0)
        ball = ball[1] if isinstance(ball, dict) else ball
        middle = (ball.vertices.min(axis=0) + ball.vertices.max(axis=0)) / 2e6
        np.testing.assert_allclose(middle, (np.array([20, 24, 20]) + 0.5) * SIZE, atol=0.02)


def test_the_server_takes_kept_ones_and_notices_new_ones(library: Path) -> None:
    with serving([library]) as url, httpx.Client(base_url=url, timeout=60) as http:
        here = "/precomputed/toy/mesh/500"
        before = http.get(here)
        assert http.get("/precomputed/toy/meshes/info").status_code == 404
        store_atlas_meshes(library, "toy")
        after = http.get(here)
        assert after.content == before.content
        assert after.headers["etag"] != before.headers["etag"]
        info = http.get("/precomputed/toy/meshes/info")
        assert info.json()["sharding"]["@type"] == "neuroglancer_uint64_sharded_v1"
        place = opened(library)[2]
        shard = (place / "0.shard").read_bytes()
        answer = http.get("/precomputed/toy/meshes/0.shard", headers={"Range": "bytes=16-31"})
        assert (answer.status_code, answer.content) == (206, shard[16:32])
        for wanted, status in (("bytes=x", 200), ("bytes=0-1,5-6", 200), ("bytes=999999999-", 416)):
            answer = http.get("/precomputed/toy/meshes/0.shard", headers={"Range": wanted})
            assert answer.status_code == status
            assert status == 416 or answer.content == shard
        assert answer.headers["content-range"] == f"bytes */{len(shard)}"
        tag = {"If-None-Match": info.headers["etag"]}
        assert http.get("/precomputed/toy/meshes/info", headers=tag).status_code == 304
        for wrong in ("surfaces.json", "1.shard", "../toy/info", "x.shard"):
            assert http.get(f"/precomputed/toy/meshes/{wrong}").status_code == 404
        # a damaged shard is no empty brain
        (place / "0.shard").write_bytes(shard[:100])
        assert http.get("/precomputed/toy/mesh/2.index").status_code == 500
        # of other labels: as if they were not there
        said = json.loads((place / "surfaces.json").read_text())
        (place / "surfaces.json").write_text(json.dumps({**said, "labels_seal": "x"}))
        (place / "info").write_text((place / "info").read_text() + " ")
        assert http.get("/precomputed/toy/meshes/info").status_code == 404
        assert http.get(here).content == before.content


def test_files_that_lead_elsewhere_or_lie_are_not_served(kept: Path, tmp_path: Path) -> None:
    library = Path(shutil.copytree(kept, tmp_path / "library"))
    place = opened(library)[2]
    secret = tmp_path / "secret"
    secret.write_text("the operator's own")
    shard = place / "0.shard"
    shard.unlink()
    with serving([library]) as url, httpx.Client(base_url=url, timeout=60) as http:
        past, beyond = struct.pack("<Q", 1 << 63) * 8, struct.pack("<2Q", 0, 1 << 62) * 4
        spoils: list[tuple[Callable[[], object], int, int]] = [
            (lambda: shard.symlink_to(secret), 200, 404),  # as if it were not there: made anew
            (lambda: os.mkfifo(shard), 200, 404),
            (lambda: shard.write_bytes(past), 200, 200),  # it says that it holds nothing
            (lambda: shard.write_bytes(beyond), 500, 200),
        ]
        for spoil, surface, file in spoils:
            spoil()
            answers = [
                http.get(f"/precomputed/toy/{a}") for a in ("mesh/2.index", "meshes/0.shard")
            ]
            assert [a.status_code for a in answers] == [surface, file]
            assert not any(secret.read_bytes() in a.content for a in answers)
            shard.unlink()
        info = json.loads((place / "info").read_text())
        for bits in (10**9, -1, 1e400, "x"):
            info["sharding"]["shard_bits"] = bits
            (place / "info").write_text(json.dumps(info))
            assert http.get("/precomputed/toy/meshes/info").status_code == 500
        (place / "info").unlink()
        (place / "info").symlink_to(secret)
        assert http.get("/precomputed/toy/meshes/info").status_code == 404


def test_an_interrupted_run_leaves_nothing_and_is_gone_on_with(library: Path, kept: Path) -> None:
    class Killed(Exception):
        pass

    def killing(done: int, total: int, share: float) -> None:
        assert 0 <= share <= 1
        if done == 3:
            raise Killed

    place = opened(library)[2]
    with pytest.raises(Killed):
        store_atlas_meshes(library, "toy", progress=killing)
    assert not place.exists()
    told: list[tuple[int, int, float]] = []
    (report,) = store_atlas_meshes(
        library, "toy", threads=2, progress=lambda *step: told.append(step)
    )
    assert report == MeshReport("toy", 6, 1, 3)
    assert told[0][:2] == (3, 6)
    assert told[-1] == (6, 6, pytest.approx(1.0))
    assert digests(place) == digests(opened(kept)[2])
    assert [p.name for p in place.parent.iterdir() if p.name.startswith(".")] == []
    assert store_atlas_meshes(library, "toy")[0].made == 0
    assert store_atlas_meshes(library, "toy", overwrite=True)[0].made == 6


def test_new_labels_make_old_surfaces_void(library: Path, bare: Path) -> None:
    store_atlas_meshes(library, "toy")
    index, _, place = opened(library)
    assert open_meshes(place, labels_seal(index)) is not None
    moved = nib.load(bare.parent / "labels.nii")
    field = np.asarray(moved.dataobj).copy()
    field[52:58, 10:20, 10] = 0
    nib.save(nib.Nifti1Image(field, moved.affine, dtype=np.uint64), library.parent / "new.nii")
    add_to_library(
        library,
        "toy",
        library.parent / "new.nii",
        labels=True,
        regions=bare.parent / "table.csv",
        overwrite=True,
    )
    assert open_meshes(place, labels_seal(opened(library)[0])) is None
    assert store_atlas_meshes(library, "toy")[0].made == 6


def test_shards_of_many_segments(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)

    def surface(segment: int) -> Multilod:
        data = chance.bytes(segment % 50)
        index = np.zeros(24 + 4 + 4 + 12 + 4 + 16, np.uint8)
        index[24:28].view("<u4")[0] = 1
        index[-4:].view("<u4")[0] = len(data)
        return Multilod(index.tobytes(), data)

    segments = sorted({*range(1, 300, 3), 2**63 + 5, 2**40})
    made = {segment: surface(segment) for segment in segments}
    sharding = MeshSharding(3, 5)
    write_shards(tmp_path, sharding, segments, made.__getitem__)
    assert sorted(p.name for p in tmp_path.iterdir())[0] == "00.shard"
    for segment in segments:
        assert read_surface(tmp_path, sharding, segment) == made[segment]
    assert read_surface(tmp_path, sharding, 2) is None
    assert read_surface(tmp_path, MeshSharding(0, 9), 300) is None
    with (tmp_path / "00.shard").open("r+b") as file:
        file.truncate(40)
    with pytest.raises(StorageError):
        read_surface(tmp_path, sharding, 256)


def test_how_segments_are_spread() -> None:
    assert sharding_for(6, 10_000) == MeshSharding(0, 0)
    assert sharding_for(3000, 100 << 20) == MeshSharding(6, 0)
    spread = sharding_for(3000, 1 << 30)
    assert (1 << spread.shard_bits) * (256 << 20) >= 1 << 30
    assert MeshSharding(2, 0).file(0) == "0.shard"
