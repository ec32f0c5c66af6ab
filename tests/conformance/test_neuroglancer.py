"""Volumes as the stock Neuroglancer shows them, whose built viewer comes with its Python package."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from conformance.conftest import chromium
from phantoms import encoded, half, write_ome_zarr
from playwright.sync_api import sync_playwright
from serving import serving

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.filterwarnings("ignore"),  # of its server's
]
SHAPE = (64, 48, 32)
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, np.ndarray]]:
    voxels = (encoded(SHAPE, "uint32") * 2654435761 >> 24).astype(np.uint8)
    place = tmp_path_factory.mktemp("stock") / "v.zarr"
    with serving([write_ome_zarr(place, [voxels, half(voxels)], chunk=16, shard=32)]) as url:
        yield url, voxels


@pytest.mark.parametrize("source", ["precomputed://{}/precomputed/v", "zarr://{}/zarr/v"])
def test_a_slice_is_the_slice(server: tuple[str, np.ndarray], source: str) -> None:
    neuroglancer = pytest.importorskip("neuroglancer")
    url, voxels = server
    neuroglancer.set_server_bind_address("127.0.0.1")
    viewer = neuroglancer.Viewer()
    with viewer.txn() as state:
        millimetres = neuroglancer.CoordinateSpace(names=["x", "y", "z"], units="mm", scales=[1, 1, 1])  # fmt: skip
        state.dimensions = millimetres
        state.display_dimensions = ["x", "y", "z"]
        shader = "#uicontrol invlerp v(range=[0, 255])\nvoid main() { emitGrayscale(v()); }\n"
        state.layers["v"] = neuroglancer.ImageLayer(source=source.format(url), shader=shader)
        state.layout = "xy"
        state.cross_section_scale = 1
        state.show_axis_lines = state.show_scale_bar = state.show_default_annotations = False
        # A voxel's centre lies on a whole number of millimetres in OME-Zarr, its corner in the other.
        first = 0.0 if source.startswith("precomputed") else -0.5
        state.position = [first + 32, first + 24, first + 10.5]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 400, "height": 300})
        page.goto(viewer.get_viewer_url())
        shot = viewer.screenshot(size=[64, 48]).screenshot.image_pixels
        browser.close()
    neuroglancer.stop()
    np.testing.assert_array_equal(shot[..., 0], voxels[:, :, 10].T)
