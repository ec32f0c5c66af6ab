"""What the formats have in common whose files are HDF5.

An HDF5 file can name other files for its arrays to lie in. A file of a stranger would then bring
any file of this machine into a volume, so that only arrays of the file itself are read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py

from atlasview.errors import SourceError
from atlasview.ingest.causes import short

#: Bytes of decoded chunks that are kept.
_CACHE = 32 << 20


def open_hdf5(path: Path, format: str) -> Any:
    """Open an HDF5 file.

    Raises
    ------
    SourceError
        It is none, and so not of the format that is looked for.
    """
    try:
        return h5py.File(path, "r", rdcc_nbytes=_CACHE)
    except Exception as exc:  # h5py has no errors of its own
        raise SourceError(path, f"it cannot be read as {format} ({short(exc)})") from exc


def check_own(path: Path, file: Any, data: Any) -> None:
    """Refuse an array that lies in other files than the one it was looked for in.

    Raises
    ------
    SourceError
    """
    if data.file.filename != file.filename or data.is_virtual or data.external:
        raise SourceError(
            path, f"its array {data.name} lies in other files; save it into one file (h5repack)"
        )
