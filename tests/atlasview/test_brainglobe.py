"""BrainGlobe v3, both ways: what its packager makes we serve, what we make its reader opens."""

from __future__ import annotations

import io
import json
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nibabel as nib
import numpy as np
import pytest
from phantoms import SAMPLE, write_ome_zarr
from PIL import Image
from serving import serving
from typer.testing import CliRunner

from atlasview.atlasfolder import AtlasSheet
from atlasview.atlasmaking import create_atlas
from atlasview.chunks import ChunkReader
from atlasview.cli import app
from atlasview.errors import InvalidParameterError, LibraryError
from atlasview.geometry import Box
from atlasview.library import open_library
from atlasview.regionfacts import LabelIndex
from atlasview.regions import labels_at
from atlasview.volume import read

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.timeout(300),
]
T1, DSEG = SAMPLE / "icbm152_2009a_sym_t1_brain.nii.gz", SAMPLE / "desikan_killiany_dseg.nii.gz"
TABLE = SAMPLE / "desikan_killiany_structures.json"
REFERENCE = Path(__file__).parents[3] / "shared/data/reference_only/allen_human_2020"
STRUCTURES = [
    {"id": 997, "acronym": "root", "name": "root", "structure_id_path": [997], "rgb_triplet": [255, 255, 255]},
    {"id": 8, "acronym": "grey", "name": "Grey matter", "structure_id_path": [997, 8], "rgb_triplet": [1, 2, 3]},
    {"id": 10, "acronym": "A", "name": "Area a", "structure_id_path": [997, 8, 10], "rgb_triplet": [200, 2, 3]},
    {"id": 11, "acronym": "B", "name": "Area b", "structure_id_path": [997, 8, 11], "rgb_triplet": [100, 2, 3]},
    {"id": 70000, "acronym": "C", "name": "Area c", "structure_id_path": [997, 70000], "rgb_triplet": [0, 200, 3]},
]  # fmt: skip


@dataclass(frozen=True)
class Packed:
    """An atlas made by brainglobe-atlasapi, and the arrays (asr) that it was made of."""

    home: Path
    levels: list[np.ndarray]
    images: list[np.ndarray]
    nissl: list[np.ndarray]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    wrapup = pytest.importorskip(
        "brainglobe_atlasapi.atlas_generation.wrapup",
        reason="brainglobe-atlasapi[atlasgen] is not installed",
        exc_type=ImportError,
    )
    import meshio

    home = tmp_path_factory.mktemp("brainglobe")
    shape = (40, 24, 32)
    labels = np.zeros(shape, np.uint32)
    labels[4:20, 4:20, 2:16] = 10
    labels[4:20, 4:20, 16:30] = 11
    labels[22:36, 5:19, 4:29] = 70000
    image = (np.arange(np.prod(shape)) % 60_000).astype(np.uint16).reshape(shape)
    cube = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)], float)
    faces = [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6],
             [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]  # fmt: skip
    meshes: dict[int | str, str | Path] = {}
    for structure in STRUCTURES:
        path = home / f"{structure['id']}.obj"
        meshio.write(path, meshio.Mesh(cube * 1000 + 100, [("triangle", np.array(faces))]))
        meshes[int(str(structure["id"]))] = path

    def half(array: np.ndarray) -> np.ndarray:
        return array[::2, ::2, ::2]

    levels, images = [labels, half(labels)], [image, half(image)]
    nissl = [i // 2 for i in images]
    wrapup.wrapup_atlas_from_data(
        atlas_name="phantom_mouse",
        atlas_minor_version=0,
        citation="unpublished",
        atlas_link="http://example.org",
        species="Mus musculus",
        resolution=[(50, 50, 50), (100, 100, 100)],
        orientation="asr",
        root_id=997,
        reference_stack=images,
        annotation_stack=levels,
        structures_list=[dict(s) for s in STRUCTURES],
        meshes_dict=meshes,
        working_dir=home,
        additional_references={"nissl": nissl},
    )
    return Packed(home, levels, images, nissl)


@pytest.fixture(scope="module")
def packed_http(packed: Packed) -> Iterator[httpx.Client]:
    with serving([packed.home]) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def ras(asr: np.ndarray) -> np.ndarray:
    """Turn an array of brainglobe's order into (x, y, z) growing right, anterior, superior."""
    return asr[::-1, ::-1, ::-1].transpose(2, 0, 1)


def test_all_components_are_served_in_ras_order(packed: Packed) -> None:
    library = open_library([packed.home])
    assert library.problems == ()
    assert list(library.atlases) == ["phantom_mouse_50um"]
    atlas = library.atlases["phantom_mouse_50um"]
    assert atlas.aliases == ("phantom_mouse_100um",)
    assert atlas.templates[:2] == ("phantom_mouse-template", "phantom_mouse-nissl-template")
    parcellation = atlas.parcellation()
    assert parcellation.labels == "phantom_mouse-annotation"
    assert parcellation.hemispheres == "phantom_mouse-annotation-hemispheres"
    for name, levels in (
        ("phantom_mouse-annotation", packed.levels),
        ("phantom_mouse-template", packed.images),
        ("phantom_mouse-nissl-template", packed.nissl),
    ):
        volume = library.volumes[name]
        assert volume.assumed == ()
        assert len(volume.levels) == len(levels)
        for level, wanted in zip(volume.levels, levels, strict=True):
            whole = read(level, _whole(level.shape))
            np.testing.assert_array_equal(whole, ras(wanted).transpose(2, 1, 0))


def _whole(shape: Any) -> Any:
    from atlasview.geometry import Box

    return Box((0, 0, 0), shape)


def test_its_reader_and_we_agree_at_ten_thousand_points(
    packed: Packed, packed_http: httpx.Client
) -> None:
    from brainglobe_atlasapi import BrainGlobeAtlas

    theirs = BrainGlobeAtlas("phantom_mouse_50um", brainglobe_dir=packed.home, check_latest=False)
    rng = np.random.default_rng(7)
    index = np.stack([rng.integers(0, n, 10_000) for n in theirs.shape], axis=1)
    # Its axes run posterior, inferior, left, from the centre of its voxel 0.
    ap, si, rl = (index * 0.05).T
    points = np.stack([-rl, -ap, -si], axis=1)
    found = packed_http.post(
        "/api/atlases/phantom_mouse_50um/assign", json={"points": points.tolist()}
    ).json()["items"]
    for at, item in zip(index.tolist(), found, strict=True):
        value = int(theirs.structure_from_coords(at))
        own = [a["region"]["id"] for a in item["assignments"]]
        assert own == ([value] if value else [])
        assert item["hemisphere"] == theirs.hemisphere_from_coords(at, as_string=True)


def test_a_parcellation_and_a_template_are_added_to_what_others_made(
    packed: Packed, tmp_path: Path
) -> None:
    """Each resolution has a manifest of its own; brainglobe-atlasapi goes on opening them."""
    from brainglobe_atlasapi import BrainGlobeAtlas

    home = tmp_path / "home"
    shutil.copytree(packed.home, home)
    root = home / "brainglobe-atlasapi" if (home / "brainglobe-atlasapi").is_dir() else home
    before = open_library([root]).atlases["phantom_mouse_50um"]
    grid = open_library([root]).volumes[before.templates[0]]
    own = (ras(packed.levels[0]) > 0).astype(np.uint8) * 3
    for name, voxels in (("own", own), ("stain", own * 40)):
        nib.save(nib.Nifti1Image(voxels, grid.affine), tmp_path / f"{name}.nii.gz")
    table = tmp_path / "own.csv"
    table.write_text("id,acronym,name\n3,T,Tissue\n")
    write_ome_zarr(
        root / "volumes" / "alien.ome.zarr", [own], extra={"atlasview": {"space": "elsewhere"}}
    )
    done = CliRunner().invoke(
        app, ["atlas", "add", "phantom_mouse_50um", "--template", "alien", "--library", str(root)]
    )
    assert "alien lies in the space 'elsewhere'" in str(done.exception)
    assert open_library([root]).atlases["phantom_mouse_50um"].templates == before.templates
    done = CliRunner().invoke(app, [
        "atlas", "add", "phantom_mouse_100um", "--labels", str(tmp_path / "own.nii.gz"),
        "--regions", str(table), "--template", str(tmp_path / "stain.nii.gz"),
        "--library", str(root), "--progress", "none", "--meshes",
    ])  # fmt: skip
    assert done.exit_code == 0, done.output
    library = open_library([root])
    assert library.problems == ()
    assert list(library.atlases) == ["phantom_mouse_50um"]
    kept = [p.parent.parent.parent.name for p in root.rglob("surfaces.json")]
    assert kept == [library.atlases["phantom_mouse_50um"].parcellations[1].id]
    first, second = library.atlases["phantom_mouse_50um"].parcellations
    assert first.labels == before.parcellations[0].labels
    more = set(library.atlases["phantom_mouse_50um"].templates) - set(before.templates)
    assert len(more) == 1
    assert [r.name for r in second.terminology if r.label] == ["Tissue"]
    np.testing.assert_array_equal(
        read(library.volumes[second.labels].levels[0], Box((0, 0, 0), own.T.shape)), own.T
    )
    for resolution in (50, 100):
        theirs = BrainGlobeAtlas(
            f"phantom_mouse_{resolution}um", brainglobe_dir=home, check_latest=False
        )
        np.testing.assert_array_equal(theirs.annotation, packed.levels[resolution // 100])


def test_the_trees_and_volumes_agree(packed: Packed, packed_http: httpx.Client) -> None:
    from brainglobe_atlasapi import BrainGlobeAtlas

    theirs = BrainGlobeAtlas("phantom_mouse_50um", brainglobe_dir=packed.home, check_latest=False)
    ours = packed_http.get("/api/atlases/phantom_mouse_100um/regions").json()["regions"]
    assert {r["id"] for r in ours} == set(theirs.structures)
    for region in ours:
        structure = theirs.structures[region["id"]]
        assert region["path"] == structure["structure_id_path"]
        assert (region["acronym"], region["name"]) == (structure["acronym"], structure["name"])
        assert region["rgb"] == structure["rgb_triplet"]
        facts = packed_http.get(f"/api/atlases/phantom_mouse_50um/regions/{region['id']}").json()
        mask = theirs.get_structure_mask(region["id"]) != 0
        assert facts["voxels"] == mask.sum()
        for side, code in (("left", 1), ("right", 2)):
            wanted = int((mask & (theirs.hemispheres == code)).sum())
            assert facts["hemispheres"][side]["voxels"] == wanted
            half = packed_http.get(
                f"/api/atlases/phantom_mouse_50um/regions/{region['id']}?hemisphere={side}"
            ).json()
            assert half["voxels"] == wanted
            if wanted:
                x, y, z = half["centroid"]
                at = tuple(np.round(np.array([-y, -z, -x]) / 0.05).astype(int))
                assert mask[at]
                assert theirs.hemispheres[at] == code


@pytest.mark.parametrize(("side", "code"), [("left", 1), ("right", 2)])
def test_one_hemisphere_in_every_face(
    packed: Packed, packed_http: httpx.Client, side: str, code: int
) -> None:
    import cloudvolume
    from brainglobe_atlasapi import BrainGlobeAtlas

    theirs = BrainGlobeAtlas("phantom_mouse_50um", brainglobe_dir=packed.home, check_latest=False)
    wanted = ras(np.where(theirs.hemispheres == code, packed.levels[0], 0))
    assert 0 < (wanted > 0).sum() < (packed.levels[0] > 0).sum()
    # drawn: a slice of the labels, and the same over the template
    middle = wanted.shape[2] // 2
    base = f"horizontal/{middle}/0/0/0.png"
    body = packed_http.get(f"/tiles/phantom_mouse-annotation/{base}?hemisphere={side}").content
    drawn = np.asarray(Image.open(io.BytesIO(body)).convert("RGBA"))[..., 3] > 0
    here = wanted[:, ::-1, middle].T > 0
    np.testing.assert_array_equal(drawn[: here.shape[0], : here.shape[1]], here)
    lines = packed_http.get(
        f"/tiles/phantom_mouse-annotation/{base}?hemisphere={side}&outline=both"
    ).content
    filled = np.asarray(Image.open(io.BytesIO(lines)).convert("RGBA"))[..., 3] > 0
    np.testing.assert_array_equal(filled[: here.shape[0], : here.shape[1]], here)
    # precomputed, chunk by chunk
    info = packed_http.get(f"/precomputed/phantom_mouse-annotation.{side}/info").json()
    x, y, z = info["scales"][0]["size"]
    volume = cloudvolume.CloudVolume(
        f"precomputed://{packed_http.base_url}/precomputed/phantom_mouse-annotation.{side}",
        use_https=True,
        progress=False,
        fill_missing=False,
    )
    np.testing.assert_array_equal(np.asarray(volume[0:x, 0:y, 0:z])[..., 0], wanted)
    # counted, and as a surface only where there is something
    found = packed_http.get(
        f"/api/atlases/phantom_mouse_50um/regions?voxels=1&hemisphere={side}"
    ).json()["regions"]
    for region in found:
        below = [r["label"] for r in found if region["id"] in r["path"] and r["label"]]
        assert region["voxels"] == np.isin(wanted, below).sum()
        address = f"/precomputed/phantom_mouse-annotation.{side}/mesh/{region['id']}"
        if region["id"] in (10, 11, 70000):
            assert packed_http.get(address).status_code == (200 if region["voxels"] else 404)
    assert packed_http.get("/precomputed/phantom_mouse-template.left/info").status_code == 404


def test_its_own_surfaces_are_offered_in_their_place(
    packed: Packed, packed_http: httpx.Client
) -> None:
    from brainglobe_atlasapi import BrainGlobeAtlas

    said = packed_http.get("/api/atlases/phantom_mouse_50um/regions/10").json()
    link = said["brainglobe_mesh"]
    info = packed_http.get(f"{link['url']}/info").json()
    body = packed_http.get(f"{link['url']}/{link['segment']}").content
    DracoPy = pytest.importorskip("DracoPy")
    points = np.asarray(DracoPy.decode(body).points, np.float64)
    matrix = np.array(info["transform"]).reshape(3, 4)
    ours = (points @ matrix[:, :3].T + matrix[:, 3]) / 1e6  # mm from the corner of voxel 0
    theirs = BrainGlobeAtlas("phantom_mouse_50um", brainglobe_dir=packed.home, check_latest=False)
    micrometres = theirs.mesh_from_structure(10).points  # anterior, superior, right is 0
    extent = np.array(packed.levels[0].shape) * 0.05
    world = (extent - micrometres / 1000)[:, [2, 0, 1]]
    np.testing.assert_allclose(np.sort(ours, axis=0), np.sort(world, axis=0), atol=1e-4)
    assert packed_http.get(f"{link['url']}/{link['segment']}.index").status_code == 200
    part = packed_http.get(f"{link['url']}/10", headers={"Range": "bytes=0-4"})
    assert (part.status_code, part.content) == (206, b"DRACO")
    for wrong in ("5.index", "%2e%2e%2finfo", "surfaces.json"):
        assert packed_http.get(f"{link['url']}/{wrong}").status_code == 404


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample brain as an atlas by ``atlasview atlas create``."""
    home = tmp_path_factory.mktemp("made")
    result = CliRunner().invoke(
        app,
        ["atlas", "create", "dk_human", "--library", str(home / "brainglobe-atlasapi"),
         "--template", str(T1), "--labels", str(DSEG), "--regions", str(TABLE),
         "--species", "Homo sapiens", "--space", "MNI152", "--midline", "0", "--licence", "BSD-3"],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    return home


def test_what_we_make_its_reader_opens(made: Path) -> None:
    from brainglobe_atlasapi import BrainGlobeAtlas

    theirs = BrainGlobeAtlas("dk_human", brainglobe_dir=made, check_latest=False)
    raw = json.loads(TABLE.read_text())["structures"]
    assert theirs.resolution == (1000, 1000, 1000)
    assert {s["id"]: s["structure_id_path"] for s in theirs.structures_list} == {
        r["id"]: r["structure_id_path"] for r in raw
    }
    assert theirs.hierarchy.root is not None
    assert theirs.annotation.shape == theirs.template.shape == theirs.hemispheres.shape
    # The labels were filled up to the template's grid; the values are the file's.
    template = nib.load(T1)
    np.testing.assert_array_equal(ras(theirs.template), np.asarray(template.dataobj))
    labels = nib.load(DSEG)
    wanted = np.zeros(template.shape, int)
    x, y, z = np.round(np.linalg.inv(template.affine) @ labels.affine)[:3, 3].astype(int)
    data = np.asarray(labels.dataobj)
    wanted[x : x + data.shape[0], y : y + data.shape[1], z : z + data.shape[2]] = data
    np.testing.assert_array_equal(ras(theirs.annotation), wanted)


def test_ten_thousand_points_by_nibabel_brainglobe_and_us(made: Path) -> None:
    from brainglobe_atlasapi import BrainGlobeAtlas

    theirs = BrainGlobeAtlas("dk_human", brainglobe_dir=made, check_latest=False)
    library = open_library([made])
    parcellation = library.atlases["dk_human"].parcellation()
    volume = library.volumes[parcellation.labels]
    rng = np.random.default_rng(3)
    low, high = np.array([-98, -134, -72]), np.array([98, 98, 116])
    points = rng.uniform(low, high, (10_000, 3))
    labels = nib.load(DSEG)
    data = np.asarray(labels.dataobj)
    index = np.floor(points @ np.linalg.inv(labels.affine)[:3, :3].T + np.linalg.inv(labels.affine)[:3, 3] + 0.5).astype(int)  # fmt: skip
    inside = ((index >= 0) & (index < data.shape)).all(axis=1)
    expected = np.zeros(len(points), int)
    expected[inside] = data[tuple(index[inside].T)]
    ours = labels_at(ChunkReader(1 << 26), volume, points)
    np.testing.assert_array_equal(ours, expected)
    # theirs from the corner of the anterior, superior, right voxel, in micrometres
    corner = np.array([98.5, 98.5, 116.5])
    for point, value in zip(points, expected.tolist(), strict=True):
        right, front, top = (corner - point) * 1000
        assert theirs.structure_from_coords((front, top, right), microns=True) == value


def test_volumes_agree_with_the_file_exactly(made: Path) -> None:
    library = open_library([made])
    parcellation = library.atlases["dk_human"].parcellation()
    index = LabelIndex(library.volumes[parcellation.labels])
    data = np.asarray(nib.load(DSEG).dataobj)
    for region in parcellation.terminology:
        labels = parcellation.terminology.labels([region])
        assert index.facts(labels).voxels == np.isin(data, list(labels)).sum()


def test_list_and_info(made: Path) -> None:
    runner = CliRunner()
    listed = runner.invoke(app, ["atlas", "list", "--library", str(made)])
    assert "dk_human\t95 regions\tHomo sapiens" in listed.output
    told = runner.invoke(app, ["atlas", "info", "dk_human", "--library", str(made)])
    for text in ("MNI152", "BSD-3", "83 with a label", "hemispheres", "1 × 1 × 1 mm"):
        assert text in told.output


def test_several_parcellations_and_templates_from_ids(made: Path, tmp_path: Path) -> None:
    """Ids where volumes are there already, files where they are not, ids that are not labels."""
    root = made / "brainglobe-atlasapi"
    labels = nib.load(DSEG)
    data = np.asarray(labels.dataobj)
    sides = np.where(data == 0, 0, np.where(np.arange(data.shape[0])[:, None, None] > 72, 2, 1))
    nib.save(nib.Nifti1Image(sides.astype(np.uint8), labels.affine), tmp_path / "halves.nii.gz")
    (tmp_path / "halves.tsv").write_text(
        "index\tname\tabbreviation\tcolor\n0\tBackground\tbg\t#000000\n"
        "1\tLeft half\tL\t#ff0000\n2\tRight half\tR\t#00ff00\n"
    )
    (tmp_path / "ids.csv").write_text(
        "id,acronym,name,label,parent\n900000,top,Everything,,\n"
        "70001,l,Left,1,900000\n70002,r,Right,2,900000\n"
    )
    create_atlas(
        root, "both", templates=["dk_human-template", str(T1)],
        labels=["dk_human-annotation", str(tmp_path / "halves.nii.gz")],
        tables=[TABLE, tmp_path / "ids.csv"], sheet=AtlasSheet("Both"), space="MNI152",
    )  # fmt: skip
    library = open_library([made])
    atlas = library.atlases["both"]
    assert atlas.templates[:2] == ("dk_human-template", "both-icbm152_2009a_sym_t1_brain-template")
    assert [p.id for p in atlas.parcellations] == ["dk_human-annotation", "both-halves-annotation"]
    terms = atlas.parcellation("both-halves-annotation").terminology
    assert {r.id: (r.label, r.parent) for r in terms} == {
        900000: (None, None), 70001: (1, 900000), 70002: (2, 900000),
    }  # fmt: skip
    index = LabelIndex(library.volumes["both-halves-annotation"])
    assert index.facts(frozenset([2])).voxels == (sides == 2).sum()

    from brainglobe_atlasapi import BrainGlobeAtlas

    create_atlas(
        root, "halves_human", templates=[str(T1)], labels=[str(tmp_path / "halves.nii.gz")],
        tables=[tmp_path / "ids.csv"], sheet=AtlasSheet("Halves"),
    )  # fmt: skip
    theirs = BrainGlobeAtlas("halves_human", brainglobe_dir=made, check_latest=False)
    assert theirs.structures["l"]["id"] == 1  # for it, a voxel value is the id
    assert theirs.hierarchy.root is not None
    assert (theirs.annotation == 2).sum() == (sides == 2).sum()


def test_wrong_calls_leave_nothing(tmp_path: Path) -> None:
    def make(**more: Any) -> None:
        options: dict[str, Any] = {
            "templates": [str(T1)], "labels": [str(DSEG)], "tables": [TABLE],
            "sheet": AtlasSheet("x"),
        }  # fmt: skip
        create_atlas(tmp_path / "lib", "some", **{**options, **more})

    with pytest.raises(InvalidParameterError, match="one table for each"):
        make(tables=[TABLE, TABLE])
    with pytest.raises(LibraryError, match="no such file"):
        make(labels=[str(tmp_path / "none.nii.gz")])
    left = [p for p in (tmp_path / "lib").rglob("*") if p.is_file()] if (tmp_path / "lib").exists() else []  # fmt: skip
    assert left == []


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the Allen human atlas is not at hand")
def test_the_allen_human_atlas(tmp_path: Path) -> None:
    """141 labels, 12 levels deep, labelled parents, three regions without voxels."""
    from brainglobe_atlasapi import BrainGlobeAtlas

    root = tmp_path / "brainglobe-atlasapi"
    dseg = REFERENCE / "allen_human_2020_dseg_0.5mm.nii.gz"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = create_atlas(
            root, "allen_human_500um", templates=[str(dseg)], labels=[str(dseg)],
            tables=[REFERENCE / "structures.json"], sheet=AtlasSheet("Allen human"), space="MNI",
        )  # fmt: skip
    assert any("no voxels: 135, 136, 137" in text for text in told)
    library = open_library([root])
    parcellation = library.atlases["allen_human_500um"].parcellation()
    terms = parcellation.terminology
    index = LabelIndex(library.volumes[parcellation.labels])
    data = np.asarray(nib.load(dseg).dataobj)
    counts = np.bincount(data.ravel(), minlength=256)
    for region in terms:
        labels = terms.labels([region])
        assert index.facts(labels).voxels == counts[list(labels)].sum()
    theirs = BrainGlobeAtlas("allen_human_500um", brainglobe_dir=tmp_path, check_latest=False)
    assert len(theirs.structures) == len(terms)
    assert (np.bincount(theirs.annotation.ravel(), minlength=256) == counts).all()
