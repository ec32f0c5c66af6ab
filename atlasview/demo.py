"""The brains to try it on: a small real one, ingested like anybody's, and a large computed one."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from atlasview import bigbrain
from atlasview.atlasfolder import AtlasSheet, write_atlas, write_whole
from atlasview.computed import BIGBRAIN, computed_group
from atlasview.errors import LibraryError
from atlasview.ingest import Progress, ingest_volume
from atlasview.layout import atlas_place, is_volume, labels_place, template_place, volume_place
from atlasview.regiontable import read_region_table
from atlasview.samples import DSEG, T1, TABLE, DemoSize, sample_folder
from atlasview.spaceadding import add_to_space_file
from atlasview.spacefile import read_space_file, space_file
from atlasview.statistics import describe, statistics_json

ATLAS, TEMPLATE, LABELS = "icbm152-desikan-killiany", "icbm152-2009a-sym", "desikan-killiany"
SPACE = "ICBM 2009a nonlinear symmetric (MNI152)"
_SHEET = AtlasSheet(
    title="Desikan-Killiany in ICBM 152",
    species="Homo sapiens",
    citation="Desikan et al. 2006, doi:10.1016/j.neuroimage.2006.01.021; "
    "Fonov et al. 2011, doi:10.1016/j.neuroimage.2010.07.033",
    licence="BSD-3-Clause (labels); MNI notice (template)",
    link="https://doi.org/10.1016/j.neuroimage.2006.01.021",
)
_LABELS: dict[str, Any] = {
    "kind": "labels",
    "licence": "BSD-3-Clause, © 2018 Ross Markello",
    "citation": "Desikan et al. 2006, doi:10.1016/j.neuroimage.2006.01.021",
}
#: The computed brain: its volume and its atlas; its labels.
SYNTHETIC, SYNTHETIC_LABELS = "synthetic-bigbrain", "synthetic-desikan-killiany"

_STRETCH = "stretched to BigBrain's size"


def demo_view(size: DemoSize) -> str:
    """Return what the page's address has after #, so that it shows a demo's brain first."""
    return f"v=1&a={SYNTHETIC}" if size is DemoSize.bigbrain else ""


def make(size: DemoSize, root: Path, progress: Progress | None = None) -> bool:
    """Put the brain of a demo into a library, unless it is there already.

    Parameters
    ----------
    size : DemoSize
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
    return (make_demo if size is DemoSize.sample else make_synthetic)(root, progress)


def make_demo(root: Path, progress: Progress | None = None) -> bool:
    """Put the sample brain into a library; see `make`."""
    template, labels = template_place(root, TEMPLATE), labels_place(root, LABELS)
    if is_volume(template) and is_volume(labels) and atlas_place(root, ATLAS).is_file():
        return False
    folder = sample_folder()
    if not is_volume(template):
        ingest_volume(
            folder / T1,
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
            folder / DSEG,
            labels,
            name="Desikan-Killiany (2006)",
            space=SPACE,
            progress=progress,
            **_LABELS,
        )
    write_atlas(
        root,
        ATLAS,
        _SHEET,
        read_region_table(folder / TABLE),
        labels=LABELS,
        template=TEMPLATE,
        space=SPACE,
    )
    return True


def make_synthetic(root: Path, progress: Progress | None = None) -> bool:
    """Put the computed brain and its regions into a library; see `make`."""
    image, labels = volume_place(root, SYNTHETIC), labels_place(root, SYNTHETIC_LABELS)
    if is_volume(image) and is_volume(labels) and atlas_place(root, SYNTHETIC).is_file():
        return False
    folder = sample_folder()
    try:
        values = describe(bigbrain.sample(), sampled=True)
        said = {**bigbrain.SAID, "statistics": statistics_json(values)}
        write_whole(image / "zarr.json", computed_group(BIGBRAIN, said))
    except OSError as exc:
        raise LibraryError(f"{image}: it cannot be written ({exc.strerror}).") from exc
    if not is_volume(labels):
        with tempfile.TemporaryDirectory() as place:
            ingest_volume(
                _stretched(folder / DSEG, Path(place)),
                labels,
                name="Desikan-Killiany (2006), stretched",
                space=bigbrain.SPACE,
                progress=progress,
                **_LABELS,
            )
    _relate(root)
    write_atlas(
        root,
        SYNTHETIC,
        replace(
            _SHEET,
            title="Synthetic brain of BigBrain's size, with Desikan-Killiany regions",
            citation=f"{bigbrain.SAID['citation']}. Regions: {_LABELS['citation']}",
            licence="Synthetic: computed, not a scan of anybody. BSD-3-Clause (labels); MNI notice "
            "(tissue maps)",
        ),
        read_region_table(folder / TABLE),
        labels=SYNTHETIC_LABELS,
        template=SYNTHETIC,
        space=bigbrain.SPACE,
    )
    return True


def _relate(root: Path) -> None:
    """Tell the library how the computed brain's space follows from the template's."""
    place = space_file(root)
    if place.exists() and any(t.name == _STRETCH for t in read_space_file(place).transforms):
        return
    rows = np.diag([*(1 / factor for factor in bigbrain.stretch()), 1.0]).tolist()
    table = {
        "name": _STRETCH,
        "from": SPACE,
        "to": bigbrain.SPACE,
        "matrix": rows,
        "citation": "by definition: the computed brain is the template, stretched",
        "accuracy": "exact",
    }
    # JSON's text, numbers and lists are TOML's too
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "stretch.toml"
        source.write_text("\n".join(["[[transform]]", *lines]) + "\n", encoding="utf-8")
        add_to_space_file(root, source)


def _stretched(labels: Path, folder: Path) -> Path:
    """Write the sample's labels where they lie in the computed brain: the same voxels, smaller."""
    image: Any = nib.load(labels)
    affine = np.diag([*(1 / factor for factor in bigbrain.stretch()), 1.0]) @ image.affine
    smaller: Any = nib.Nifti1Image
    found = folder / labels.name
    nib.save(smaller(np.asarray(image.dataobj), affine), found)
    return found
