"""Who may do what with an annotation set: by its link alone, or by a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from atlasview.errors import ForbiddenError
from atlasview.marks.keys import opens

#: private: reading takes the read key. readable: reading takes the link. editable: so does marking.
ACCESS = ("private", "readable", "editable")


def may_read(row: Mapping[str, Any], key: str | None) -> bool:
    """Tell whether a key, or the link alone, lets somebody read a set."""
    return row["access"] != "private" or opens(key, row["read_hash"]) or owns(row, key)


def owns(row: Mapping[str, Any], key: str | None) -> bool:
    """Tell whether a key is the edit key of a set."""
    return opens(key, row["edit_hash"])


def check_read(row: Mapping[str, Any], key: str | None) -> None:
    """Let somebody read a set, or not.

    Raises
    ------
    ForbiddenError
    """
    if not may_read(row, key):
        raise ForbiddenError("read this annotation set", given=key is not None)


def check_mark(row: Mapping[str, Any], key: str | None) -> None:
    """Let somebody change annotations of a set, or not.

    Raises
    ------
    ForbiddenError
    """
    if row["access"] != "editable" and not owns(row, key):
        raise ForbiddenError("change annotations of this set", given=key is not None)


def check_own(row: Mapping[str, Any], key: str | None, what: str) -> None:
    """Let somebody change the set itself, or not.

    Raises
    ------
    ForbiddenError
    """
    if not owns(row, key):
        raise ForbiddenError(what, given=key is not None)
