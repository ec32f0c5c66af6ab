"""Reference spaces: paths between them, origins, and the files that tell of them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from typer.testing import CliRunner

from atlasview.catalogfile import read_catalog, read_catalog_spaces
from atlasview.cli import app
from atlasview.errors import LibraryError, NotFoundError, UnrelatedSpacesError
from atlasview.frames import carrier
from atlasview.library import open_library
from atlasview.marks.carrying import carried_camera, carried_points, rotation_of
from atlasview.marks.viewdocument import Camera
from atlasview.spacefile import read_space_file, well_known
from atlasview.spaces import Definitions, Spaces, Transform, rigid_origin

ICBM = "ICBM 2009a nonlinear symmetric (MNI152)"
#: Lancaster et al. 2007, as www.brainmap.org publishes it.
OTHER = [[0.9357, 0.0029, -0.0072, -1.0423], [-0.0065, 0.9396, -0.0726, -1.3940], [0.0103, 0.0752, 0.8967, 3.6475]]  # fmt: skip
MINE = """
[[space]]
name = "scanner of subject 7"
aliases = ["s7"]

[[transform]]
name = "subject 7 to MNI"
from = "scanner of subject 7"
to = "MNI152NLin2009aSym"
matrix = [[0, -1, 0, 5], [1, 0, 0, -3], [0, 0, 2, 1], [0, 0, 0, 1]]
citation = "landmarks, own measurement"
accuracy = "2 mm"

[[origin]]
id = "implant"
name = "tip of the implant"
space = "s7"
at = [1, 2, 3]
citation = "own measurement"
accuracy = "unknown"
"""


def moved(name: str, source: str, target: str, matrix: np.ndarray) -> Transform:
    return Transform(name, source, target, matrix, "made up", "exact")


def test_a_path_is_the_product_of_its_transforms_and_can_be_undone() -> None:
    rng = np.random.default_rng(3)
    one, two = (np.vstack([rng.normal(size=(3, 4)), [0, 0, 0, 1]]) for _ in range(2))
    spaces = Spaces(
        ["a"],
        Definitions(transforms=(moved("ab", "a", "b", one), moved("cb", "c", "b", two))),
    )
    there, back = spaces.route("a", "c"), spaces.route("c", "a")
    assert [(s.transform.name, s.undone) for s in there.steps] == [("ab", False), ("cb", True)]
    np.testing.assert_allclose(there.matrix, np.linalg.inv(two) @ one, atol=1e-9)
    np.testing.assert_allclose(there.matrix @ back.matrix, np.eye(4), atol=1e-8)
    assert [r.target.name for r in spaces.related(spaces.find("a"))] == ["b", "c"]


def test_the_shortest_path_is_taken() -> None:
    far = np.diag([2.0, 2, 2, 1])
    spaces = Spaces(
        ["a", "alone"],
        Definitions(
            transforms=(
                moved("ab", "a", "b", far), moved("bc", "b", "c", far), moved("ca", "c", "a", np.eye(4)),
            )
        ),
    )  # fmt: skip
    assert [s.transform.name for s in spaces.route("a", "c").steps] == ["ca"]
    with pytest.raises(UnrelatedSpacesError, match=r"'alone'.*'c'.*atlasview space add"):
        spaces.route("alone", "c")
    with pytest.raises(NotFoundError, match="nowhere"):
        spaces.route("a", "nowhere")
    assert not spaces.same("unspecified", "unspecified ")


def test_only_what_leads_somewhere_from_here_is_shown() -> None:
    assert len(Spaces(["a brain of ours"], well_known())) == 1
    known = Spaces([ICBM], well_known())
    assert known.find("MNI152NLin2009aSym") is known.find(ICBM) is known.find("mni152nlin2009bsym")
    np.testing.assert_array_equal(known.route(ICBM, "talairach").matrix[:3], OTHER)
    # what shares one coordinate system is not led through a third
    assert len(known.route("MNI152NLin6Asym", ICBM).steps) == 1
    for transform in well_known().transforms:
        assert transform.citation
        assert transform.accuracy
        assert np.linalg.det(transform.matrix[:3, :3]) > 0.5


def test_bregma_is_counted_from_the_corner_of_the_framework() -> None:
    """As iblatlas has it, in the order that BrainGlobe stores: 0 at anterior, superior, right."""
    found = Spaces(["allen_mouse-space"], well_known()).find("Allen Mouse CCFv3").origin("bregma")
    np.testing.assert_allclose(found.matrix @ [-5.739, -5.4, -0.332, 1], [0, 0, 0, 1], atol=1e-12)
    # a millimetre in front of bregma, to the right and above
    np.testing.assert_allclose(found.matrix @ [-4.739, -4.4, 0.668, 1], [1, 1, 1, 1], atol=1e-12)
    assert "International Brain Laboratory" in found.citation


def test_an_origin_is_turned_but_never_stretched() -> None:
    ac, pc = [0.5, 2.5, -4.8], [0.1, -25.0, -2.1]
    matrix = rigid_origin(ac, pc)
    at = matrix @ np.array([[*ac, 1], [*pc, 1]], float).T
    np.testing.assert_allclose(at[:3, 0], 0, atol=1e-12)
    np.testing.assert_allclose(at[:3, 1], [0, -np.linalg.norm(np.subtract(ac, pc)), 0], atol=1e-12)
    np.testing.assert_allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-12)
    assert matrix[0, 0] > 0.99
    assert matrix[2, 2] > 0.99
    np.testing.assert_array_equal(rigid_origin([1, 2, 3])[:3, 3], [-1, -2, -3])


def test_a_library_tells_its_own_and_the_command_line_uses_it(
    sample_library: Path, tmp_path: Path
) -> None:
    root = tmp_path / "library"
    root.mkdir()
    for room in sample_library.iterdir():
        if room.name not in ("coordinate-spaces", "marks"):
            (root / room.name).symlink_to(room)
    file = tmp_path / "mine.toml"
    file.write_text(MINE)
    run = CliRunner().invoke
    done = run(app, ["space", "add", str(file), "--library", str(root)])
    assert done.exit_code == 0, done.output
    assert "subject 7 to MNI: scanner of subject 7 → MNI152NLin2009aSym" in done.output
    again = run(app, ["space", "add", str(file), "--library", str(root)])
    assert isinstance(again.exception, LibraryError)
    assert "'subject 7 to MNI' already" in str(again.exception)
    shown = run(app, ["space", "list", "--library", str(root)]).output
    assert "talairach by icbm_other2tal" in shown
    assert "scanner-of-subject-7 by subject 7 to MNI" in shown
    assert "Lancaster et al. 2007" in shown

    table = tmp_path / "points.csv"
    table.write_text("name,x,y,z\na,10,20,30\nb,,,\n")
    out = tmp_path / "out.csv"
    done = run(app, ["space", "carry", str(table), "--from", "s7", "--to", "Talairach",
                     "--library", str(root), "--output", str(out)])  # fmt: skip
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(out.read_text().splitlines()))
    mni = np.array([-20 + 5, 10 - 3, 2 * 30 + 1, 1])
    got = [float(rows[0][f"carried_{axis}"]) for axis in "xyz"]
    np.testing.assert_allclose(got, np.array(OTHER) @ mni, atol=1e-9)
    assert rows[1]["carried_x"] == ""

    named = run(app, ["regions", str(table), "--space", "s7", "--origin", "implant",
                      "--library", str(root), "--output", str(out)])  # fmt: skip
    assert named.exit_code == 0, named.output
    library = open_library([root])
    way = carrier(library, "s7", ICBM, origin="implant")
    np.testing.assert_allclose(way.carry(np.zeros(3)), [-2 + 5, 1 - 3, 7])


def test_a_catalogue_tells_of_spaces_too(tmp_path: Path) -> None:
    file = tmp_path / "catalog.toml"
    file.write_text('[[volume]]\nid = "v"\nlocation = "https://example.org/v"\n' + MINE)
    assert [e.id for e in read_catalog(file)] == ["v"]
    assert [t.name for t in read_catalog_spaces(file).transforms] == ["subject 7 to MNI"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('accuracy = "2 mm"\n', "", "transform 1: it does not say 'accuracy'"),
        ("[1, 0, 0, -3]", "[0, -1, 0, 5]", "cannot be undone"),
        ("[0, 0, 0, 1]]", "[0, 0, 0, 2]]", "the last 0, 0, 0, 1"),
        ("[0, 0, 0, 1]]", "[0, 0, 0]]", "four rows"),
        ('id = "implant"', 'id = "voxel"', "not voxel"),
        ("at = [1, 2, 3]", "at = [1, 2]", "three numbers"),
        ("at = [1, 2, 3]", "behind = [1, 2, 3]", "it takes at"),
        ("at = [1, 2, 3]", "at = [1, 2, 3]\nbehind = [5, 2, 3]", "beside"),
        ("[[origin]]", "[[origins]]", "no table 'origins'"),
        ("aliases", "alias", "no key 'alias'"),
        ('to = "MNI152NLin2009aSym"', 'to = "unspecified"', "is no space"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(
    tmp_path: Path, before: str, after: str, told: str
) -> None:
    assert before in MINE
    file = tmp_path / "mine.toml"
    file.write_text(MINE.replace(before, after, 1))
    with pytest.raises(LibraryError, match=told):
        read_space_file(file)


TURNS = st.tuples(*[st.floats(-3, 3)] * 3).map(lambda v: Rotation.from_rotvec(v).as_matrix())


@given(TURNS, st.floats(0.2, 5))
def test_a_camera_keeps_what_it_sees(turn: np.ndarray, scale: float) -> None:
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = scale * turn, [1, 2, 3]
    camera = Camera(at=(4, 5, 6), zoom=0.5, turn=(0.5, 0.5, -0.5, 0.5), zoom3d=200)
    there = carried_camera(camera, matrix)
    np.testing.assert_allclose(there.at, matrix[:3, :3] @ [4, 5, 6] + [1, 2, 3])
    assert there.zoom == pytest.approx(0.5 * scale)
    for axis in np.eye(3):
        np.testing.assert_allclose(
            Rotation.from_quat(there.turn).apply(axis),
            turn @ Rotation.from_quat(camera.turn).apply(axis),
            atol=1e-6,
        )


def test_the_rotation_part_of_a_mirrored_matrix_is_a_rotation() -> None:
    found = Rotation.from_quat(rotation_of(np.diag([-1.0, 1.0, 1.0]))).as_matrix()
    assert np.linalg.det(found) == pytest.approx(1)


@given(TURNS, st.integers(0, 1000))
def test_upright_shapes_hold_what_was_carried(turn: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = np.eye(4)
    matrix[:3, :3] = turn @ np.diag(rng.uniform(0.5, 2, 3))
    matrix[:3, 3] = rng.normal(size=3)
    low, radii = rng.normal(size=3), rng.uniform(0.5, 3, 3)
    inside = low + rng.uniform(size=(200, 3)) * radii
    box = np.array(carried_points("box", [tuple(low + radii), tuple(low)], matrix))
    there = inside @ matrix[:3, :3].T + matrix[:3, 3]
    assert (there >= box[0] - 1e-9).all()
    assert (there <= box[1] + 1e-9).all()
    on = rng.normal(size=(2000, 3))
    on = low + on / np.linalg.norm(on, axis=1, keepdims=True) * radii
    centre, half = np.array(carried_points("ellipsoid", [tuple(low), tuple(radii)], matrix))
    reach = np.abs(on @ matrix[:3, :3].T + matrix[:3, 3] - centre).max(axis=0)
    assert (reach <= half + 1e-9).all()
    np.testing.assert_allclose(reach, half, rtol=0.05)
