"""Make `icbm152_2009a_sym_gm_wm.nii.gz` from the maps that nilearn carries.

``python sample_data/make_gm_wm.py OUTPUT``, with nilearn installed: its grey and white matter maps,
cropped to where they hold anything and kept in 16 steps, which makes the file a third as large.
"""

from __future__ import annotations

import gzip
import sys
from importlib import resources
from pathlib import Path

import nibabel as nib
import numpy as np

NAME = "mni_icbm152_{}_tal_nlin_sym_09a_converted.nii.gz"
#: Values are multiples of 17, from 0 to 255.
STEP = 17
#: What is below one step in both maps is not kept.
LEAST = 9


def make(output: Path) -> None:
    """Write the two maps as the volumes of one NIfTI."""
    folder = Path(str(resources.files("nilearn"))) / "datasets" / "data"
    maps = [nib.load(folder / NAME.format(tissue)) for tissue in ("gm", "wm")]
    both = np.stack([np.asarray(m.dataobj) for m in maps], axis=-1).astype(np.float64)
    held = np.argwhere((both >= LEAST).any(axis=-1))
    low, high = held.min(axis=0), held.max(axis=0) + 1
    cut = both[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    steps = (np.round(cut / STEP) * STEP).astype(np.uint8)
    affine = maps[0].affine.copy()
    affine[:3, 3] += low
    image = nib.Nifti1Image(steps, affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code=4)
    # no name and no time in the stream: the same maps make the same bytes
    output.write_bytes(gzip.compress(image.to_bytes(), 9, mtime=0))


if __name__ == "__main__":
    make(Path(sys.argv[1]))
