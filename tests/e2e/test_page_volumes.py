"""Volumes of any orientation, tilt and number of channels: in the right place and colour."""

from __future__ import annotations

import io
import json
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import zarr
from atlas_page import AtlasPage
from phantoms import half, write_ome_zarr
from PIL import Image
from playwright.sync_api import expect
from turns import orientation, rotation

from atlasview.ingest.volume_ingest import ingest_volume

PLANES = ("horizontal", "coronal", "sagittal")
UPRIGHT = (1.0, 0.0, 0.0, 0.0)
#: Half a turn about a direction that no axis has.
TILTED = (0.9397, 0.2052, 0.1368, 0.2368)
SHAPE = (40, 32, 24)
SIZE = (0.02, 0.03, 0.05)
ORIGIN = (-0.41, 0.3, 0.77)
#: The centre of a voxel: across the plane too, the nearest one is then the one between neighbours.
MIDDLE = (-0.01, 0.78, 1.32)
STORED = [(code, version) for code in ("LPI", "PSR") for version in ("0.4", "0.5")]


def smooth(shape: tuple[int, int, int], dtype: str = "uint16") -> np.ndarray:
    """A slope in a direction of its own: (x, y, z) from their value, nearly always."""
    x, y, z = np.indices(shape)
    return (100 + 211 * x + 157 * y + 263 * z).astype(dtype)


def colours(shape: tuple[int, int, int]) -> list[np.ndarray]:
    """Red grows to the right, green to the front, blue upwards."""
    return [
        (20 + 200 * axis / (n - 1)).astype(np.uint8)
        for axis, n in zip(np.indices(shape), shape, strict=True)
    ]


def affine_of_phantom() -> np.ndarray:
    affine = np.diag([*SIZE, 1.0])
    affine[:3, 3] = ORIGIN
    return affine


def tilted_affine() -> np.ndarray:
    """Voxels stored to the left, to the front and down, and 17° away from any axis."""
    turn = rotation((*np.array([1.0, 2.0, -0.5]) / np.linalg.norm([1, 2, 0.5]) * np.sin(0.148), np.cos(0.148)))  # fmt: skip
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([-0.4, 0.5, -0.7])
    affine[:3, 3] = (9.0, -7.0, 8.0)
    return affine


def name_of(code: str, version: str) -> str:
    return f"{code.lower()}-{version}"


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory, serve: Callable) -> Iterator[str]:
    """Address of a server over volumes that other programs wrote, and one that was ingested."""
    root = tmp_path_factory.mktemp("volumes")
    affine, grey, rgb = affine_of_phantom(), smooth(SHAPE), colours(SHAPE)
    for code, version in STORED:
        write_ome_zarr(
            root / f"{name_of(code, version)}.zarr", [grey, half(grey)],
            affine=affine, code=code, version=version,
        )  # fmt: skip
    write_ome_zarr(root / "rgb.zarr", rgb[:1], channels=[rgb], affine=affine, code="SPL")
    together(write_ome_zarr(root / "rgb-together.zarr", rgb[:1], channels=[rgb], affine=affine))
    two = [grey, grey[::-1, ::-1, ::-1].copy()]
    write_ome_zarr(root / "two.zarr", [grey], channels=[two], affine=affine, code="LPI")
    nib.save(nib.Nifti1Image(smooth(SHAPE, "int16"), tilted_affine()), root / "oblique.nii.gz")
    ingest_volume(root / "oblique.nii.gz", root / "oblique.ome.zarr")
    (root / "oblique.nii.gz").unlink()
    with serve(*sorted(root.iterdir())) as url:
        yield url


def together(path: Path) -> Path:
    """Store all channels in each chunk, as some programs do with colours."""
    group = zarr.open_group(path)
    data = group["0"][...]
    names = group["0"].metadata.dimension_names
    group.create_array(
        "0", data=data, chunks=(len(data), 16, 16, 16), dimension_names=names, overwrite=True
    )
    return path


def asked(url: str, path: str, **query: object) -> bytes:
    with urllib.request.urlopen(f"{url}{path}?{urllib.parse.urlencode(query, safe=',')}") as answer:
        return answer.read()


def served_value(url: str, volume: str, point: np.ndarray) -> object:
    at = ",".join(f"{v:.6f}" for v in point)
    return json.loads(asked(url, f"api/volumes/{volume}/value", point=at))["value"]


def points_in(page: AtlasPage, plane: str, affine: np.ndarray, count: int) -> list[np.ndarray]:
    """Points of a panel, none of them near the border of a voxel, all within the volume."""
    camera, box = page.view["camera"], page.panel(plane)
    axes = rotation(orientation(camera["turn"], plane))
    random, inverse = np.random.default_rng(7), np.linalg.inv(affine)
    found: list[np.ndarray] = []
    for _ in range(20_000):
        across = random.uniform(-0.45, 0.45) * box["width"] * camera["zoom"]
        down = random.uniform(-0.4, 0.4) * box["height"] * camera["zoom"]
        point = np.array(camera["at"]) + axes[:, 0] * across + axes[:, 1] * down
        voxel = inverse[:3, :3] @ point + inverse[:3, 3]
        inside = (voxel > -0.5).all() and (voxel < np.array(SHAPE) - 0.5).all()
        if inside and np.abs(voxel - np.round(voxel)).max() < 0.25:
            found.append(point)
            if len(found) == count:
                return found
    raise AssertionError(f"{len(found)} points in the {plane} panel")


def hovered_value(page: AtlasPage, plane: str, point: np.ndarray) -> list[float]:
    """What the page says is under the cursor at a point of a panel, however that is turned."""
    camera, box = page.view["camera"], page.panel(plane)
    dx, dy, away = rotation(orientation(camera["turn"], plane)).T @ (point - camera["at"])
    assert abs(away) < 1e-9
    x = box["x"] + box["width"] / 2 + dx / camera["zoom"]
    y = box["y"] + box["height"] / 2 + dy / camera["zoom"]
    page.page.mouse.move(x - 2, y)
    page.page.mouse.move(x, y)
    text = page.page.locator(".cursor").inner_text()
    assert " · value " in text, text
    return [float(v) for v in text.split(" · value ")[1].split(",")]


def drawn_by_server(page: AtlasPage, url: str, volume: str, plane: str, **style: object) -> np.ndarray:  # fmt: skip
    """The server's picture of what a panel shows: RGBA, as large as the panel."""
    camera, box = page.view["camera"], page.panel(plane)
    picture = asked(
        url, f"planes/{volume}.png",
        center=",".join(map(repr, camera["at"])),
        orientation=",".join(f"{v:.9f}" for v in orientation(camera["turn"], plane)),
        mm_per_pixel=camera["zoom"], width=round(box["width"]), height=round(box["height"]), **style,
    )  # fmt: skip
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGBA"))[2:-2, 2:-2]


def assert_same_picture(page: AtlasPage, url: str, volume: str, plane: str, **style: object) -> None:  # fmt: skip
    """The engine draws the nearest voxel and the server mixes neighbours: the same up to a slope."""
    drawn = page.panel_of(page.picture(), plane).astype(int)
    wanted = drawn_by_server(page, url, volume, plane, **style)
    assert drawn.shape[:2] == wanted.shape[:2]
    # A pixel wide around the volume, and the scale bar, are left out.
    inside, outside = (wanted[..., 3] == full for full in (255, 0))
    for share in (inside, outside):
        share[:] = eroded(eroded(share))
        share[-60:, :200] = False
    assert inside.sum() > 5000
    assert drawn[outside].max(initial=0) == 0
    off = (drawn - wanted[..., :3])[inside]
    assert np.abs(off).max() <= 6, (plane, np.abs(off).max())
    assert np.abs(off.mean(axis=0)).max() < 0.3, (plane, off.mean(axis=0))


def eroded(mask: np.ndarray) -> np.ndarray:
    """Where all neighbours hold too."""
    out = np.zeros_like(mask)
    out[1:-1, 1:-1] = np.logical_and.reduce(
        [mask[1 + i : mask.shape[0] - 1 + i, 1 + j : mask.shape[1] - 1 + j]
         for i in (-1, 0, 1) for j in (-1, 0, 1)]
    )  # fmt: skip
    return out


def link(volume: str, at: tuple[float, ...], zoom: float, turn: tuple[float, ...], more: str) -> str:  # fmt: skip
    place = ",".join(map(str, at))
    q = ",".join(map(str, turn))
    return f"#v=1&vol={volume}&at={place}&zoom={zoom}&q={q}&x=0{more}"


@pytest.mark.parametrize("turn", [UPRIGHT, TILTED], ids=["upright", "tilted"])
@pytest.mark.parametrize(("code", "version"), STORED)
def test_a_volume_is_where_the_server_says(
    new_page: Callable[..., AtlasPage], volumes: str, code: str, version: str, turn: tuple
) -> None:
    volume, voxels, inverse = name_of(code, version), smooth(SHAPE), np.linalg.inv(affine_of_phantom())  # fmt: skip
    page = new_page(volumes).open(link(volume, MIDDLE, 0.0041, turn, "&win=0,20000"))
    for plane in PLANES:
        for point in points_in(page, plane, affine_of_phantom(), 8):
            [value] = hovered_value(page, plane, point)
            here = np.round(inverse[:3, :3] @ point + inverse[:3, 3]).astype(int)
            assert value == served_value(volumes, volume, point) == voxels[tuple(here)]
        assert_same_picture(page, volumes, volume, plane, window="0,20000")


@pytest.mark.parametrize("turn", [UPRIGHT, TILTED], ids=["upright", "tilted"])
def test_an_oblique_volume_stays_oblique(
    new_page: Callable[..., AtlasPage], volumes: str, turn: tuple
) -> None:
    voxels, affine = smooth(SHAPE), tilted_affine()
    inverse = np.linalg.inv(affine)
    middle = tuple(np.round(affine[:3, :3] @ (np.array(SHAPE) / 2) + affine[:3, 3], 2))
    page = new_page(volumes).open(link("oblique", middle, 0.07, turn, "&win=0,20000"))
    for plane in PLANES:
        for point in points_in(page, plane, affine, 8):
            [value] = hovered_value(page, plane, point)
            here = np.round(inverse[:3, :3] @ point + inverse[:3, 3]).astype(int)
            assert value == served_value(volumes, "oblique", point) == voxels[tuple(here)]
        assert_same_picture(page, volumes, "oblique", plane, window="0,20000")


def choose_channel(page: AtlasPage, name: str) -> None:
    page.open_beside("l")
    page.page.get_by_role("combobox", name="Channel").select_option(name)
    page.resized(page.page.get_by_role("button", name="Close the layers panel").click)


@pytest.mark.parametrize("volume", ["rgb", "rgb-together"])
def test_red_green_and_blue_are_drawn_in_colour(
    new_page: Callable[..., AtlasPage], volumes: str, volume: str
) -> None:
    voxels, inverse = colours(SHAPE), np.linalg.inv(affine_of_phantom())
    page = new_page(volumes).open(link(volume, MIDDLE, 0.0041, UPRIGHT, ""))
    for plane in PLANES:
        for point in points_in(page, plane, affine_of_phantom(), 8):
            here = tuple(np.round(inverse[:3, :3] @ point + inverse[:3, 3]).astype(int))
            value = hovered_value(page, plane, point)
            assert value == served_value(volumes, volume, point) == [c[here] for c in voxels]
        assert_same_picture(page, volumes, volume, plane)
    choose_channel(page, "Channel 1")
    page.wait_for("location.hash.includes('ch=1')")
    assert_same_picture(page, volumes, volume, "coronal", channel=1)
    choose_channel(page, "Colour")
    assert_same_picture(page, volumes, volume, "coronal")


def test_one_channel_of_several_is_chosen(new_page: Callable[..., AtlasPage], volumes: str) -> None:
    page = new_page(volumes).open(link("two", MIDDLE, 0.0041, UPRIGHT, ""))
    for channel in (0, 1):
        choose_channel(page, f"Channel {channel}")
        for plane in PLANES:
            for point in points_in(page, plane, affine_of_phantom(), 8):
                value = hovered_value(page, plane, point)
                assert value == [served_value(volumes, "two", point)[channel]]
            assert_same_picture(page, volumes, "two", plane, channel=channel)
    page.wait_for("location.hash.includes('ch=1') && window.atlasview.state().settled")
    again = new_page(volumes).open(page.hash)
    expect(again.page.get_by_role("combobox", name="Channel")).to_have_count(0)
    assert_same_picture(again, volumes, "two", "sagittal", channel=1)
    page.page.go_back()
    page.wait_for("!location.hash.includes('ch=')")


def test_a_link_to_a_channel_that_is_not_there_says_so(
    new_page: Callable[..., AtlasPage], volumes: str
) -> None:
    page = new_page(volumes).open("#v=1&vol=two&ch=7")
    expect(page.page.locator(".notice")).to_contain_text("channel 7")
    assert page.view["style"]["channel"] is None
