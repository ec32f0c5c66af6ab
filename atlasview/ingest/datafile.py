"""The file of voxels that a detached header names: MetaImage's and NRRD's."""

from __future__ import annotations

from pathlib import Path, PurePath, PureWindowsPath

from atlasview.errors import SourceError


def data_beside(path: Path, said: str) -> Path:
    """Return where the voxels of a header lie: beside it, or in a folder below.

    A header of a stranger must not bring any file of this machine into a volume.

    Raises
    ------
    SourceError
        It names several files, one that lies elsewhere, or one that is not there.
    """
    if said.upper().startswith("LIST") or "%" in said:
        raise SourceError(path, "its voxels lie in several files; join them into one")
    if PureWindowsPath(said).anchor or PurePath(said).anchor or ".." in PureWindowsPath(said).parts:
        raise SourceError(path, f"its data file {said} lies elsewhere; put it beside the header")
    data = path.parent / said
    if not data.is_file():
        raise SourceError(path, f"its data file {said} is missing")
    return data
