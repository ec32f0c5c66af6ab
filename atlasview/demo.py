"""The sample brain: ingested once, through the same code as anybody's own."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from atlasview.atlasfolder import (
    AtlasSheet,
    atlas_place,
    labels_place,
    template_place,
    write_atlas,
)
from atlasview.errors import LibraryError
from atlasview.ingest import Progress, ingest_volume
from atlasview.library import is_volume
from atlasview.regiontable import read_region_table

ATLAS, TEMPLATE, LABELS = "icbm152-desikan-killiany", "icbm152-2009a-sym", "desikan-killiany"
SPACE = "ICBM 2009a nonlinear symmetric (MNI152)"
_T1 = "icbm152_2009a_sym_t1_brain.nii.gz"
_DSEG = "desikan_killiany_dseg.nii.gz"
_TABLE = "desikan_killiany_structures.json"


def sample_folder() -> Path:
    """Return where the sample brain's files lie: in the source tree, or in the installed package.

    Raises
    ------
    LibraryError
        They are in neither.
    """
    package = Path(str(resources.files("atlasview")))
    for folder in (package / "_sample_data", package.parent / "sample_data"):
        if (folder / _T1).is_file():
            return folder
    raise LibraryError("The sample brain is missing from this installation; install it anew.")


def make_demo(root: Path, progress: Progress | None = None) -> bool:
    """Put the sample brain into a library, unless it is there already.

    Parameters
    ----------
    root : Path
        The library.
    progress : Progress, optional

    Returns
    -------
    bool
        Whether there was anything to do.

    Raises
    ------
    LibraryError, SourceError
        It cannot be written.
    """
    template, labels = template_place(root, TEMPLATE), labels_place(root, LABELS)
    if is_volume(template) and is_volume(labels) and atlas_place(root, ATLAS).is_file():
        return False
    folder = sample_folder()
    if not is_volume(template):
        ingest_volume(
            folder / _T1,
            template,
            kind="image",
            name="ICBM 2009a T1 template",
            space=SPACE,
            licence="MNI permissive notice, see sample_data/NOTICE.md",
            citation="Fonov et al. 2011, doi:10.1016/j.neuroimage.2010.07.033",
            progress=progress,
        )
    if not is_volume(labels):
        ingest_volume(
            folder / _DSEG,
            labels,
            kind="labels",
            name="Desikan-Killiany (2006)",
            space=SPACE,
            licence="BSD-3-Clause, © 2018 Ross Markello",
            citation="Desikan et al. 2006, doi:10.1016/j.neuroimage.2006.01.021",
            progress=progress,
        )
    write_atlas(
        root,
        ATLAS,
        AtlasSheet(
            title="Desikan-Killiany in ICBM 152",
            species="Homo sapiens",
            citation="Desikan et al. 2006, doi:10.1016/j.neuroimage.2006.01.021; "
            "Fonov et al. 2011, doi:10.1016/j.neuroimage.2010.07.033",
            licence="BSD-3-Clause (labels); MNI notice (template)",
            link="https://doi.org/10.1016/j.neuroimage.2006.01.021",
        ),
        read_region_table(folder / _TABLE),
        labels=LABELS,
        template=TEMPLATE,
        space=SPACE,
    )
    return True
