"""The picture that the IIIF validator knows: ten by ten squares of a colour each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import zarr

IDENTIFIER = "67352ccc-d1b0-11e1-89ae-279075081939"


def squares() -> np.ndarray:
    """Return the picture, shape (1000, 1000, 3)."""
    from iiif_validator.validator import ValidationInfo  # needs libmagic, which may be missing

    table = np.array(ValidationInfo().colorInfo, np.uint8)  # by column, then row
    return table.transpose(1, 0, 2).repeat(100, axis=0).repeat(100, axis=1)


def write_squares(folder: Path) -> Path:
    """Write the picture as a two-dimensional RGB OME-Zarr, y downward, with two coarser levels."""
    path = folder / f"{IDENTIFIER}.ome.zarr"
    group = zarr.open_group(str(path), mode="w", zarr_format=3)
    picture = squares().transpose(2, 0, 1)
    datasets = []
    for level in range(3):
        step = 2**level
        array = group.create_array(str(level), shape=(3, 1000 // step, 1000 // step), dtype="uint8", chunks=(1, 250, 250), dimension_names=["c", "y", "x"])  # fmt: skip
        array[...] = picture[:, ::step, ::step]
        datasets.append(
            {
                "path": str(level),
                "coordinateTransformations": [
                    {"type": "scale", "scale": [1.0, step, step]},
                    {"type": "translation", "translation": [0.0, (step - 1) / 2, (step - 1) / 2]},
                ],
            }
        )
    axes = [{"name": "c", "type": "channel"}]
    for name, word in (("y", "anterior-to-posterior"), ("x", "left-to-right")):
        orientation = {"type": "anatomical", "value": word}
        axes.append({"name": name, "type": "space", "unit": "micrometer", "orientation": orientation})  # fmt: skip
    group.attrs["ome"] = {
        "version": "0.5",
        "multiscales": [{"name": "squares", "axes": axes, "datasets": datasets}],
    }
    return path
