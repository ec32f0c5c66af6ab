"""The computed brain on the page: whole, and down to its voxels, as the formula has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from atlas_page import AtlasPage
from playwright.sync_api import expect

from atlasview import bigbrain
from atlasview.demo import demo_view
from atlasview.geometry import Box
from atlasview.samples import DemoSize


def test_from_the_whole_brain_to_its_voxels(
    new_page: Callable[..., AtlasPage], serve: Callable[..., object], synthetic_library: Path
) -> None:
    with serve(synthetic_library) as address:  # type: ignore[attr-defined]
        page = new_page(address).open(f"#{demo_view(DemoSize.bigbrain)}")
        page.drawn()
        expect(page.page.locator("body")).to_contain_text("Synthetic")
        # a voxel of the left putamen, four pixels wide, without the regions over it
        voxel = np.round(
            np.linalg.inv(bigbrain.affine()) @ [*np.divide((-26, 6, 0), bigbrain.stretch()), 1]
        )[:3].astype(int)
        point = tuple(float(v) for v in (bigbrain.affine() @ [*voxel, 1])[:3])
        at = ",".join(f"{v:.5f}" for v in point)
        page.open(f"#{demo_view(DemoSize.bigbrain)}&at={at}&zoom=0.005&reg=0&win=0,255&x=0").drawn()
        picture = page.picture()
        x, y, z = voxel.tolist()
        for dx, dz in ((6, 6), (-8, 5), (9, -7), (-5, -9), (12, 3)):
            here = bigbrain.affine() @ [x + dx, y, z + dz, 1]
            grey = bigbrain.voxels(0, Box((z + dz, y, x + dx), (z + dz + 1, y + 1, x + dx + 1)))
            shown = page.color(picture, "coronal", tuple(float(v) for v in here[:3]))
            assert np.abs(np.subtract(shown[:3], int(grey[0, 0, 0]))).max() <= 3
        page.open(f"#{demo_view(DemoSize.bigbrain)}&at={at}")
        page.hover("coronal", point)
        expect(page.page.locator("body")).to_contain_text("left putamen")
