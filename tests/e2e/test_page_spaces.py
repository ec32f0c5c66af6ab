"""Switching between atlases whose spaces are related or not, and coordinates in other frames."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from atlas_page import AtlasPage
from brain import Brain
from phantoms import encoded, write_ome_zarr
from PIL import Image
from playwright.sync_api import expect
from scipy.spatial.transform import Rotation
from turns import rotation

from atlasview.atlasfolder import AtlasSheet
from atlasview.atlasmaking import create_atlas

ICBM = "ICBM 2009a nonlinear symmetric (MNI152)"
SAMPLE = Path(__file__).parents[2] / "sample_data"
#: From the scanner to MNI: turned by 25° about the vertical, twice as large, shifted.
TURN = Rotation.from_euler("z", 25, degrees=True).as_matrix()
TO_MNI = np.eye(4)
TO_MNI[:3, :3], TO_MNI[:3, 3] = 2 * TURN, [4, -7, 3]
TOML = f"""
[[transform]]
name = "scan to MNI"
from = "scanner of subject 7"
to = "{ICBM}"
matrix = {TO_MNI.tolist()}
citation = "own measurement"
accuracy = "Half a millimetre at twelve landmarks."
"""


@pytest.fixture(scope="module")
def spaces(
    sample_library: Path, tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., object]
) -> Iterator[str]:
    """Serve the sample brain, the same in a related space, a mouse's, and some volumes."""
    folder = tmp_path_factory.mktemp("switching")
    root = folder / "library"
    root.mkdir()
    for room in sample_library.iterdir():
        if room.name == "marks" or room.is_file():
            continue
        (root / room.name).mkdir()
        for part in room.iterdir():
            (root / room.name / part.name).symlink_to(part)

    def save(name: str, values: np.ndarray, affine: np.ndarray) -> str:
        nib.save(nib.Nifti1Image(values, affine), folder / f"{name}.nii.gz")
        return str(folder / f"{name}.nii.gz")

    files = []
    for name, file in (
        ("scan", "icbm152_2009a_sym_t1_brain.nii.gz"), ("parts", "desikan_killiany_dseg.nii.gz"),
    ):  # fmt: skip
        image = nib.load(SAMPLE / file)
        affine = np.linalg.inv(TO_MNI) @ image.affine @ np.diag([2, 2, 2, 1])
        files.append(save(name, np.asarray(image.dataobj)[::2, ::2, ::2], affine))
    create_atlas(
        root, "subject-7", templates=files[:1], labels=files[1:],
        tables=[SAMPLE / "desikan_killiany_structures.json"], space="scanner of subject 7",
        sheet=AtlasSheet("Subject 7", "Homo sapiens"),
    )  # fmt: skip
    ball = (np.indices((40, 40, 40)) - 19.5) ** 2
    ball = (ball.sum(axis=0) < 300).astype(np.uint8)
    table = folder / "mouse.csv"
    table.write_text("id,acronym,name\n1,BS,Brain stem\n")
    create_atlas(
        root, "mouse", templates=[save("mouse", ball * 200, np.diag([0.2, 0.2, 0.2, 1]))],
        labels=[save("mouse-labels", ball, np.diag([0.2, 0.2, 0.2, 1]))], tables=[table],
        space="a mouse's", sheet=AtlasSheet("Small mouse", "Mus musculus"),
    )  # fmt: skip
    (root / "coordinate-spaces" / "spaces.toml").write_text(TOML)
    for number in range(6):  # so many choices that they are searched too
        write_ome_zarr(root / "volumes" / f"block-{number}.ome.zarr", [encoded((8, 8, 8))])
    with serve(root) as url:
        yield url


def told(page: AtlasPage) -> str:
    return page.page.locator(".notices .notice").last.inner_text()


def choose(page: AtlasPage, name: str) -> None:
    page.page.locator(".data-select").select_option(label=name)


def test_a_place_is_kept_where_spaces_are_related_and_told_where_not(
    new_page: Callable[..., AtlasPage], spaces: str, brain: Brain
) -> None:
    page = new_page(spaces).open(
        "#v=1&a=icbm152-desikan-killiany&at=-26,6,0&zoom=0.5&layout=coronal&sel=37,1001"
    )
    before = page.view
    assert brain.region_at((-26, 6, 0))["acronym"] == "L.putamen"
    groups = page.page.locator(".data-select optgroup")
    assert [g.get_attribute("label") for g in groups.all()] == [
        "Homo sapiens", "Mus musculus", "Volumes",
    ]  # fmt: skip
    choose(page, "Subject 7")
    page.wait_for("window.atlasview.state().view.data.atlas === 'subject-7'")
    page.settled()
    after = page.view
    there = np.linalg.inv(TO_MNI) @ [-26, 6, 0, 1]
    np.testing.assert_allclose(after["camera"]["at"], there[:3], atol=0.01)
    assert after["camera"]["zoom"] == pytest.approx(0.25)
    assert after["camera"]["zoom3d"] == pytest.approx(before["camera"]["zoom3d"] / 2, rel=1e-3)
    np.testing.assert_allclose(
        rotation(after["camera"]["turn"]), TURN.T @ rotation(before["camera"]["turn"]), atol=1e-3
    )
    # regions of the same name stay selected
    assert after["style"]["selected"] == ["37", "1001"]
    assert "by scan to MNI. Half a millimetre" in told(page)
    # what is drawn there is the same region
    box = page.panel("coronal")
    page.page.mouse.move(box["x"] + box["width"] / 2 - 3, box["y"] + box["height"] / 2 - 3)
    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.tooltip("left putamen")

    choose(page, "Small mouse")
    page.wait_for("window.atlasview.state().view.data.atlas === 'mouse'")
    page.settled()
    words = told(page)
    assert "nothing leads from the space scanner of subject 7 to a mouse's" in words
    assert "This is the whole of Small mouse." in words
    assert "left putamen" in words
    assert "no longer selected" in words
    mouse = page.view
    np.testing.assert_allclose(mouse["camera"]["at"], [3.9] * 3, atol=0.01)
    assert mouse["style"]["selected"] == []

    page.page.go_back()
    page.wait_for("window.atlasview.state().view.data.atlas === 'subject-7'")
    page.page.go_back()
    page.wait_for("window.atlasview.state().view.data.atlas === 'icbm152-desikan-killiany'")
    page.settled()
    assert page.view["camera"] == before["camera"]
    assert page.view["style"]["selected"] == ["37", "1001"]


def test_a_volume_of_a_related_space_is_compared_at_the_matching_place(
    new_page: Callable[..., AtlasPage], spaces: str
) -> None:
    page = new_page(spaces)
    space = "scanner of subject 7"
    volumes = page.page.request.get(f"{spaces}api/volumes").json()["volumes"]
    scan = next(v["id"] for v in volumes if v["space"] == space and v["kind"] == "image")
    page.open(
        "#v=1&a=icbm152-desikan-killiany&at=-26,6,0&zoom=0.5&layout=coronal&x=0&reg=0"
        f"&cmp={scan},beside,0.5"
    )
    said = page.page.locator(".notice", has_text="at the matching place of its own space")
    expect(said).to_contain_text("by scan to MNI. Half a millimetre")
    said.get_by_role("button", name="Dismiss").click()

    def pictures() -> list[np.ndarray]:
        boxes = [page.page.locator(of).bounding_box() for of in (".map", ".second")]
        shot = np.asarray(Image.open(io.BytesIO(page.page.screenshot())).convert("L")).astype(float)
        side = 150
        middles = [(b["y"] + b["height"] / 2, b["x"] + b["width"] / 2) for b in boxes if b]
        return [
            shot[int(y) - side : int(y) + side, int(x) - side : int(x) + side] for y, x in middles
        ]

    def alike() -> None:
        """Wait until both show the same part of the same brain."""
        end = time.monotonic() + 30
        while (likeness := np.corrcoef(*(picture.ravel() for picture in pictures()))[0, 1]) < 0.9:
            assert time.monotonic() < end, likeness
            page.drawn()

    alike()
    # A gesture on the second moves the first by as much of the brain as it moved there.
    box = page.page.locator(".second").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    page.page.mouse.move(x + 60, y + 20, steps=6)
    page.page.mouse.up()
    page.settled()
    assert page.view["camera"]["at"] == pytest.approx([-26 - 30, 6, 10], abs=4)
    alike()


def test_coordinates_are_read_and_typed_in_the_frame_that_is_chosen(
    new_page: Callable[..., AtlasPage], spaces: str
) -> None:
    page = new_page(spaces).open("#v=1&a=icbm152-desikan-killiany&at=-26,6,0&zoom=0.5")
    units = page.page.get_by_label("Coordinates in")
    typed = page.page.get_by_label("Position x, y, z")
    page.wait_for("document.querySelectorAll('.units option').length > 3")
    shown = units.locator("option").all_inner_texts()
    assert shown[:3] == ["mm", "voxel", "mm AC-PC"]
    assert "mm Talairach" in shown
    assert "mm scanner of subject 7" in shown
    # spaces of the same numbers are no choice
    assert not any("2009cAsym" in text for text in shown)
    assert typed.input_value() == "-26.0, 6.0, 0.0"
    units.select_option(label="voxel")
    assert typed.input_value() == "72.0, 140.0, 72.0"
    assert "in=voxel" in page.settled()
    typed.fill("73, 140, 72")
    typed.press("Enter")
    page.wait_for("window.atlasview.state().view.camera.at[0] === -25")

    units.select_option(label="mm Talairach")
    assert "Lancaster" in (units.get_attribute("title") or "") or "icbm_other2tal" in (
        units.get_attribute("title") or ""
    )
    search = page.page.get_by_role("combobox", name="Search a region")
    search.fill("-25.3531, 4.4126, 3.8309")
    page.page.locator(".hit", has_text="mm Talairach").wait_for()
    search.press("Enter")
    page.settled()
    np.testing.assert_allclose(page.view["camera"]["at"], [-26, 6, 0], atol=0.01)
    page.hover("coronal", (-26, 6, 0))
    page.page.locator(".status .cursor", has_text="mm Talairach").wait_for()

    link = page.settled()
    assert "in=space:talairach" in link
    again = new_page(spaces).open(link)
    again.wait_for("document.querySelector('.units').selectedIndex > 2")
    again.page.locator(".position-input").wait_for()
    assert again.page.locator(".position-input").input_value() == "-25.4, 4.4, 3.8"
    # in a space without that frame it is millimetres again, and said so
    choose(again, "Small mouse")
    again.page.locator(".notice", has_text="“space:talairach” are not known here").wait_for()
    assert again.page.get_by_label("Coordinates in").locator("option").all_inner_texts() == [
        "mm", "voxel",
    ]  # fmt: skip


def test_many_atlases_are_searched_by_species_and_name(
    new_page: Callable[..., AtlasPage], spaces: str
) -> None:
    page = new_page(spaces).open("#v=1&a=icbm152-desikan-killiany&at=-26,6,0&zoom=0.5")
    opener = page.page.get_by_role("button", name="Find an atlas or a volume")
    opener.press("Enter")
    dialog = page.page.get_by_role("dialog", name="Atlases and volumes")
    assert dialog.get_by_role("heading", level=3).all_inner_texts() == [
        "Homo sapiens", "Mus musculus", "Volumes",
    ]  # fmt: skip
    assert dialog.locator("[aria-current=true]").inner_text() == "Desikan-Killiany in ICBM 152"
    find = dialog.get_by_label("Find an atlas or a volume")
    find.fill("nothing like it")
    dialog.get_by_text("Nothing is called so here.").wait_for()
    find.fill("mus small")
    assert dialog.get_by_role("listitem").all_inner_texts() == ["Small mouse"]
    page.page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    opener.click()
    find.fill("mus")
    find.press("Enter")
    page.wait_for("window.atlasview.state().view.data.atlas === 'mouse'")
    dialog.wait_for(state="hidden")
    # a volume that names no space: it is said that the place is not kept
    page.page.locator(".data-select").select_option(label="block-3.ome.zarr")
    page.wait_for("window.atlasview.state().view.data.volume === 'block-3'")
    page.page.locator(".notice", has_text="does not say in which space it lies").wait_for()
