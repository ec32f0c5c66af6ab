"""Which brains the demo has, and where this installation keeps the files they are made of."""

from __future__ import annotations

from enum import StrEnum
from importlib import resources
from pathlib import Path

from atlasview.errors import LibraryError

T1 = "icbm152_2009a_sym_t1_brain.nii.gz"
GM_WM = "icbm152_2009a_sym_gm_wm.nii.gz"
DSEG = "desikan_killiany_dseg.nii.gz"
TABLE = "desikan_killiany_structures.json"


class DemoSize(StrEnum):
    """Which brain the demo shows."""

    sample = "sample"
    bigbrain = "bigbrain"


def sample_folder() -> Path:
    """Return where the sample brain's files lie: in the source tree, or in the installed package.

    Raises
    ------
    LibraryError
        They are in neither.
    """
    package = Path(str(resources.files("atlasview")))
    for folder in (package / "_sample_data", package.parent / "sample_data"):
        if (folder / T1).is_file():
            return folder
    raise LibraryError("The sample brain is missing from this installation; install it anew.")
