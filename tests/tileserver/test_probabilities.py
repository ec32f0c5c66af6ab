"""Probability maps as a parcellation: made, asked, and looked at; nibabel is the witness."""

from __future__ import annotations

import csv
import io
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import nibabel as nib
import numpy as np
import pytest
from phantoms import SAMPLE
from PIL import Image
from scipy.ndimage import gaussian_filter
from serving import serving
from typer.testing import CliRunner

from atlasview import Client
from atlasview.cli import app
from atlasview.clientline import ServerError
from atlasview.errors import AtlasViewError, InvalidParameterError, NotFoundError, SourceError
from atlasview.library import open_library
from atlasview.regiontable import read_region_table
from atlasview.volume import read

T1, DSEG = SAMPLE / "icbm152_2009a_sym_t1_brain.nii.gz", SAMPLE / "desikan_killiany_dseg.nii.gz"
ATLAS = "likely"
ACRONYMS = ("L.caudate", "L.putamen", "L.pallidum", "L.thalamusproper", "R.putamen", "R.caudate")


@dataclass(frozen=True)
class Made:
    root: Path
    maps: Path
    table: Path
    values: np.ndarray  # x, y, z, map
    affine: np.ndarray
    labels: list[int]
    acronyms: list[str]


def run(*words: str | Path) -> str:
    done = CliRunner().invoke(app, [str(w) for w in words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("maps")
    image = nib.load(DSEG)
    data = np.asarray(image.dataobj)[::2, ::2, ::2]
    affine = image.affine @ np.diag([2, 2, 2, 1.0])
    terms = read_region_table(SAMPLE / "desikan_killiany_structures.json")
    regions = sorted((terms.find(a) for a in ACRONYMS), key=lambda r: r.label)
    maps = [gaussian_filter((data == r.label).astype(np.float32), 1.2) for r in regions]
    values = np.stack(maps, axis=-1)
    values[values < 0.01] = 0
    path = folder / "maps.nii.gz"
    nib.save(nib.Nifti1Image(values, affine), path)
    table = folder / "regions.csv"
    # one label for each map, in the order of the maps, and a region that only groups
    with table.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "acronym", "name", "parent", "label"])
        rows.writerow([900, "BG", "basal ganglia", "", ""])
        for i, r in enumerate(regions, 1):
            rows.writerow([100 + i, r.acronym, r.name, 900, i])
    root = folder / "library"
    run("atlas", "create", ATLAS, "--template", T1, "--maps", path, "--regions", table,
        "--species", "Homo sapiens", "--midline", "0", "--library", root, "--progress", "none")  # fmt: skip
    labels = list(range(1, len(regions) + 1))
    return Made(root, path, table, values, affine, labels, [r.acronym for r in regions])


@pytest.fixture(scope="module")
def url(made: Made) -> Iterator[str]:
    with serving([made.root]) as found:
        yield found


@pytest.fixture
def web(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    some = np.random.default_rng(5).uniform([-45, -40, -25], [45, 30, 30], (10_000, 3))
    some[:50] *= 10  # some outside
    return some


def witness(made: Made, points: np.ndarray) -> np.ndarray:
    at = np.floor(nib.affines.apply_affine(np.linalg.inv(made.affine), points) + 0.5).astype(int)
    inside = ((at >= 0) & (at < made.values.shape[:3])).all(axis=1)
    out = np.zeros((len(points), made.values.shape[3]), np.float32)
    out[inside] = made.values[tuple(at[inside].T)]
    return out


@pytest.mark.parametrize("threshold", [0.0, 0.3])
def test_ten_thousand_points_agree_with_nibabel(
    made: Made, url: str, points: np.ndarray, threshold: float
) -> None:
    expected = witness(made, points)
    assert (expected > 0.3).any(axis=1).sum() > 300
    with Client(url) as client:
        found = client.assign(ATLAS, points, threshold=threshold or None)
    for row, item in zip(expected, found, strict=True):
        got = [(a["region"]["acronym"], a["probability"]) for a in item["assignments"]]
        chances = [p for _, p in got]
        assert chances == sorted(chances, reverse=True)
        wanted = {made.acronyms[k]: v for k, v in enumerate(row.tolist()) if v > threshold}
        assert dict(got) == pytest.approx(wanted, abs=1e-6)
        assert all(a["ancestors"][-1]["acronym"] == "BG" for a in item["assignments"])


def test_the_labels_are_the_most_probable_regions(made: Made) -> None:
    library = open_library([made.root])
    volume = library.volumes[library.atlases[ATLAS].parcellations[0].labels]
    maps = library.atlases[ATLAS].parcellations[0].maps
    assert maps is not None
    assert (maps.threshold, maps.unit, list(maps.labels)) == (0.25, 1.0, made.labels)
    # the maps have voxels of 2 mm and the template of 1 mm: labels keep the grid of the maps
    z, y, x = np.meshgrid(*(np.arange(0, n, 3) for n in volume.levels[0].shape), indexing="ij")
    index = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    from atlasview.geometry import Box

    whole = read(volume.levels[0], Box((0, 0, 0), volume.levels[0].shape))
    got = whole[tuple(index[:, ::-1].T)]
    chances = witness(made, nib.affines.apply_affine(volume.affine, index))
    expected = np.where(chances.max(axis=1) >= 0.25, chances.argmax(axis=1) + 1, 0)
    np.testing.assert_array_equal(got, expected)
    assert set(np.unique(got)) == {0, *made.labels}


def test_the_atlas_tells_of_its_maps_and_each_can_be_seen(made: Made, web: httpx.Client) -> None:
    atlas = web.get(f"/api/atlases/{ATLAS}").json()
    told = atlas["parcellations"][0]["probabilities"]
    assert told["labels"] == made.labels
    assert told["threshold"] == 0.25
    assert told["volume"] not in atlas["templates"]
    volume = web.get(f"/api/volumes/{told['volume']}").json()
    assert volume["channels"] == len(made.labels)
    region = web.get(f"/api/atlases/{ATLAS}/regions/L.putamen").json()["probability_map"]
    assert region["channel"] == made.acronyms.index("L.putamen")
    picture = web.get(region["links"]["picture"] + "&center=-26,6,0")
    assert picture.status_code == 200
    assert np.asarray(Image.open(io.BytesIO(picture.content)))[..., :3].max() > 200
    cut = web.get(region["links"]["cutout"] + "&format=npy")
    np.testing.assert_array_equal(
        np.load(io.BytesIO(cut.content)).squeeze(),
        made.values[..., region["channel"]].transpose(2, 1, 0),
    )
    assert web.get(f"/api/atlases/{ATLAS}/regions/BG").json()["probability_map"] is None


def test_one_point_and_a_table(made: Made, web: httpx.Client, tmp_path: Path) -> None:
    point = "-21,8,4"
    one = web.get(f"/api/atlases/{ATLAS}/assign", params={"point": point}).json()
    several = one["assignments"]
    assert len(several) > 1
    assert several[0]["probability"] > several[1]["probability"] > 0
    assert one["hemisphere"] == "left"
    few = web.get(
        f"/api/atlases/{ATLAS}/assign", params={"point": point, "threshold": several[1]["probability"]}
    ).json()  # fmt: skip
    assert few["assignments"] == several[:1]
    file = tmp_path / "points.csv"
    file.write_text(f"name,x,y,z\na,{point}\nb,0,0,500\nc,,,\n")
    rows = list(csv.DictReader(run("regions", file, "--library", made.root).splitlines()))
    assert rows[0]["region_acronym"] == several[0]["region"]["acronym"]
    assert float(rows[0]["probability"]) == pytest.approx(several[0]["probability"], abs=1e-5)
    pairs = dict(p.split(":") for p in rows[0]["probabilities"].split("|"))
    assert list(pairs) == [a["region"]["acronym"] for a in several]
    assert [r["probabilities"] for r in rows[1:]] == ["", ""]
    over_http = web.post(
        f"/api/atlases/{ATLAS}/assign", content=file.read_bytes(), headers={"Content-Type": "text/csv"}
    ).text  # fmt: skip
    assert list(csv.DictReader(over_http.splitlines())) == rows
    few_rows = run("regions", file, "--library", made.root, "--threshold", "0.99").splitlines()
    assert few_rows[1].endswith(",,,,,,left")


def test_a_hundred_thousand_points_in_one_request(made: Made, web: httpx.Client) -> None:
    many = np.random.default_rng(6).uniform([-45, -40, -25], [45, 30, 30], (100_000, 3))
    body = json.dumps({"points": many.tolist()})
    found = web.post(f"/api/atlases/{ATLAS}/assign?format=compact", content=body).json()
    best = witness(made, many)
    first = [r["acronym"] for r in found["regions"]]
    for k in (0, 17, 99_999):
        got = found["probabilities"][k]
        assert (found["region"][k] is None) == (best[k].max() == 0)
        if got:
            assert first[got[0][0]] == made.acronyms[int(best[k].argmax())]
    assert len(found["probabilities"]) == 100_000


def test_a_threshold_needs_maps(http: httpx.Client) -> None:
    asked = {"point": "0,0,0", "threshold": "0.5"}
    response = http.get("/api/atlases/icbm152-desikan-killiany/assign", params=asked)
    assert response.status_code == 400
    assert "no probability maps" in response.json()["detail"]


def test_a_folder_of_maps_is_added_to_an_atlas_in_per_cent(
    made: Made, sample_library: Path, tmp_path: Path
) -> None:
    root = tmp_path / "library"
    root.mkdir()
    for room in sample_library.iterdir():
        if room.name != "marks":
            (root / room.name).mkdir()
            for part in room.iterdir():
                if room.name == "atlases" or part.is_file():
                    continue
                (root / room.name / part.name).symlink_to(part)
    import shutil

    shutil.copytree(sample_library / "atlases", root / "atlases", dirs_exist_ok=True)
    name, folder = "icbm152-desikan-killiany", tmp_path / "maps"
    folder.mkdir()
    for k, acronym in enumerate(made.acronyms):
        per_cent = np.round(made.values[..., k] * 100).astype(np.uint8)
        nib.save(nib.Nifti1Image(per_cent, made.affine), folder / f"label-{k + 1}_probseg.nii.gz")
        if k == 0:
            (folder / f"label-{k + 1}_probseg.nii.gz").rename(folder / f"{acronym}.nii.gz")
    arguments = ("--maps", folder, "--regions", made.table, "--threshold", "0.5",
                 "--library", root, "--progress", "none")  # fmt: skip
    said = run("atlas", "add", name, *arguments, "--template", T1)
    assert f"Added to the atlas {name}" in said
    library = open_library([root])
    assert library.problems == ()
    atlas = library.atlases[name]
    first, second = atlas.parcellations
    assert first.maps is None
    assert second.maps is not None
    assert (second.maps.unit, second.maps.threshold) == (100, 0.5)
    assert len(atlas.templates) == 2
    assert "6 probability maps" in run("atlas", "info", name, "--library", root)
    table = tmp_path / "p.csv"
    table.write_text("x,y,z\n-26,6,0\n")
    row = next(csv.DictReader(run("regions", table, "--library", root, "--atlas", name,
                                  "--parcellation", second.id).splitlines()))  # fmt: skip
    expected = witness(made, np.array([[-26.0, 6, 0]])).max()
    assert float(row["probability"]) == pytest.approx(np.round(expected * 100) / 100)
    with pytest.raises(AtlasViewError, match="already"):
        run("atlas", "add", name, *arguments)


def test_brainglobe_opens_labels_made_of_maps(made: Made, tmp_path: Path) -> None:
    """On the grid of the template, as its reader wants it; hemispheres lie beside."""
    small, affine = made.values[::2, ::2, ::2], made.affine @ np.diag([2, 2, 2, 1.0])
    for name, values in (("maps", small), ("image", small.sum(axis=-1))):
        nib.save(nib.Nifti1Image(values, affine), tmp_path / f"{name}.nii.gz")
    home = tmp_path / "home"
    root = home / "brainglobe-atlasapi"
    run("atlas", "create", "small", "--template", tmp_path / "image.nii.gz", "--maps",
        tmp_path / "maps.nii.gz", "--regions", made.table, "--midline", "0", "--threshold", "0.1",
        "--library", root, "--progress", "none")  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from brainglobe_atlasapi import BrainGlobeAtlas

        opened = BrainGlobeAtlas("small", brainglobe_dir=home, check_latest=False)
        found = np.asarray(opened.annotation)[::-1, ::-1, ::-1].transpose(2, 0, 1)
    expected = np.where(small.max(axis=-1) >= 0.1, small.argmax(axis=-1) + 1, 0)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("three dimensions", "3 dimensions"),
        ("too many", "maps, and the region table names 6"),
        ("above", "reach 255"),
        ("below", "above 0"),
        ("no file", "no such file"),
        ("nameless", "called after no region"),
        ("grid", "its grid is not that of"),
        ("empty", "holds no NIfTI"),
    ],
)
def test_what_cannot_be_maps(made: Made, tmp_path: Path, change: str, told: str) -> None:
    small = made.values[::6, ::6, ::6]
    path = tmp_path / "maps.nii.gz"
    folder = tmp_path / "folder"
    folder.mkdir()
    affine = made.affine @ np.diag([6, 6, 6, 1.0])

    def save(values: np.ndarray, place: Path = path) -> Path:
        nib.save(nib.Nifti1Image(values, affine), place)
        return place

    if change in ("nameless", "grid"):
        save(small[..., 0], folder / f"{made.acronyms[0]}.nii.gz")
        save(small[::2, ..., 1], folder / f"{made.acronyms[1] if change == 'grid' else 'x'}.nii.gz")
    source = {
        "three dimensions": lambda: save(small[..., 0]),
        "too many": lambda: save(np.concatenate([small, small], axis=-1)),
        "above": lambda: save(small * 255 / small.max()),
        "below": lambda: save(small - 0.5),
        "no file": lambda: tmp_path / "absent.nii.gz",
    }.get(change, lambda: folder)()
    root = tmp_path / "library"
    with pytest.raises(SourceError, match=told):
        run("atlas", "create", "bad", "--template", T1, "--maps", source, "--regions", made.table,
            "--library", root, "--progress", "none")  # fmt: skip
    assert not (root / "atlases").exists()


def test_what_cannot_be_added(made: Made, tmp_path: Path) -> None:
    for more, error in (
        ((), InvalidParameterError),
        (("--maps", made.maps), InvalidParameterError),
        (("--maps", made.maps, "--regions", made.table), NotFoundError),
    ):
        with pytest.raises(error):
            run("atlas", "add", "nothing", *more, "--library", made.root, "--progress", "none")
    with pytest.raises(ServerError), serving([made.root]) as url, Client(url) as client:
        client.assign(ATLAS, [0, 0, 0], threshold=2)
