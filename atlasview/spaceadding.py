"""Add transforms and origins to a library."""

from __future__ import annotations

from pathlib import Path

from atlasview.atlasfolder import write_whole
from atlasview.errors import LibraryError
from atlasview.spacefile import read_space_file, space_file
from atlasview.spaces import Definitions


def add_to_space_file(root: Path, source: Path) -> Definitions:
    """Put the tables of a file after those that a library has already.

    Parameters
    ----------
    root : Path
        The library.
    source : Path
        A file of ``[[space]]``, ``[[transform]]`` and ``[[origin]]`` tables.

    Returns
    -------
    Definitions
        What was added.

    Raises
    ------
    LibraryError
        The file cannot be read or adds nothing, a transform or origin of that name is there
        already, or the library cannot be written. What was there stays as it was.
    """
    added = read_space_file(source)
    if added == Definitions():
        raise LibraryError(
            f"{source}: it adds nothing; write [[transform]], [[origin]] or [[space]] tables."
        )
    place = space_file(root)
    before = read_space_file(place) if place.exists() else Definitions()
    have = {t.name for t in before.transforms} | {(o.space, o.id) for o in before.origins}
    twice = [t.name for t in added.transforms if t.name in have]
    twice += [f"{o.id} of {o.space}" for o in added.origins if (o.space, o.id) in have]
    if twice:
        raise LibraryError(f"{place}: there is {twice[0]!r} already; take it out there first.")
    old = place.read_text(encoding="utf-8").rstrip() + "\n\n" if place.exists() else ""
    try:
        write_whole(place, old + source.read_text(encoding="utf-8").strip() + "\n")
    except OSError as exc:
        raise LibraryError(f"{place}: it cannot be written ({exc.strerror}).") from exc
    return added
