"""Which format a file is of, told by its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from atlasview.errors import SourceError
from atlasview.ingest.source import Source


def _nifti(path: Path) -> Source:
    from atlasview.ingest.nifti import NiftiSource

    return NiftiSource(path)


#: End of the name → what opens it. Each reader is imported when it is needed.
FORMATS: dict[str, Callable[[Path], Source]] = {
    ".nii": _nifti,
    ".nii.gz": _nifti,
    ".hdr": _nifti,
    ".img": _nifti,
}


def open_source(path: Path) -> Source:
    """Open a file for ingest.

    Raises
    ------
    SourceError
        It is absent, may not be read, is of no known format, or is damaged.
    """
    try:
        if not path.exists():
            raise SourceError(path, "there is no such file")
        name = path.name.lower()
        for ending in sorted(FORMATS, key=len, reverse=True):
            if name.endswith(ending):
                if path.is_file() and path.stat().st_size == 0:
                    raise SourceError(path, "it is empty, 0 bytes; copy or download it again")
                return FORMATS[ending](path)
        raise SourceError(
            path, f"its format is not known; names end in {', '.join(sorted(FORMATS))}"
        )
    except PermissionError as exc:
        raise SourceError(path, "there is no permission to read it") from exc
    except OSError as exc:
        raise SourceError(path, f"it cannot be read ({exc.strerror or exc})") from exc
