"""The sample brain read from its files with nibabel: the witness of what the page must show."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np


class Brain:
    """Labels and regions of the sample brain."""

    def __init__(self, folder: Path) -> None:
        image = nib.load(folder / "desikan_killiany_dseg.nii.gz")
        self.labels = np.asarray(image.dataobj)
        self.affine = image.affine
        table = json.loads((folder / "desikan_killiany_structures.json").read_text())
        self.regions = {region["id"]: region for region in table["structures"]}
        self.by_label = {
            region["label"]: region for region in table["structures"] if "label" in region
        }

    def label_at(self, point: tuple[float, float, float]) -> int:
        """Return the label of the voxel that holds a point in mm; 0 outside."""
        inverse = np.linalg.inv(self.affine)
        voxel = np.floor(inverse[:3, :3] @ point + inverse[:3, 3] + 0.5).astype(int)
        if (voxel < 0).any() or (voxel >= self.labels.shape).any():
            return 0
        return int(self.labels[tuple(voxel)])

    def region_at(self, point: tuple[float, float, float]) -> dict | None:
        """Return the region at a point in mm."""
        return self.by_label.get(self.label_at(point))

    def rgb_at(self, point: tuple[float, float, float]) -> tuple[int, int, int]:
        """Return the colour of the region at a point in mm; black outside all regions."""
        region = self.region_at(point)
        return (0, 0, 0) if region is None else tuple(region["rgb"])

    def voxels_in_plane(
        self, normal: int, at: float, seed: int, count: int, reach: float
    ) -> list[tuple[float, float, float]]:
        """Return the mm centres of some labelled voxels of one slice of the world."""
        grid = np.indices(self.labels.shape).reshape(3, -1)
        world = self.affine[:3, :3] @ grid + self.affine[:3, 3:]
        chosen = (
            (np.abs(world[normal] - at) < 0.25)
            & (self.labels.reshape(-1) > 0)
            & (np.abs(world) < reach).all(axis=0)
        )
        here = world[:, chosen].T
        picks = np.random.default_rng(seed).choice(len(here), count, replace=False)
        return [tuple(map(float, here[i])) for i in picks]

    def with_descendants(self, region: int) -> set[int]:
        """Return the labels of a region and of all below it."""
        return {
            r["label"]
            for r in self.regions.values()
            if "label" in r and region in r["structure_id_path"]
        }
