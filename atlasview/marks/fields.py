"""Members of documents that people write: checked, and told by name when they do not fit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from atlasview.errors import InvalidParameterError, TooLargeError

#: Characters that a field may hold.
TITLE, TEXT, AUTHOR = 300, 20_000, 200
#: Farther from the origin than this, in mm, lies no brain.
FARTHEST = 1e6


def only(document: Mapping[str, Any], known: Sequence[str], within: str = "") -> None:
    """Refuse members that are not known.

    Raises
    ------
    InvalidParameterError
    """
    for name in document:
        if name not in known:
            raise InvalidParameterError(
                f"{within}{str(name)[:60]}", document[name],
                "there is no such member; known are " + ", ".join(known),
            )  # fmt: skip


def read_object(name: str, value: object) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    InvalidParameterError
    """
    if not isinstance(value, dict):
        raise InvalidParameterError(name, value, "it takes an object")
    return value


def read_text(name: str, value: object, most: int, *, needed: bool = False) -> str:
    """Read text as it is; what it means is left to people, and it is never markup.

    Raises
    ------
    InvalidParameterError
        It is no text, or holds what no database keeps.
    TooLargeError
    """
    if value is None and not needed:
        return ""
    if not isinstance(value, str):
        raise InvalidParameterError(name, value, "it takes text")
    if len(value) > most:
        raise TooLargeError(name, len(value), most, "characters")
    if "\x00" in value:
        raise InvalidParameterError(name, "…", "text holds no NUL character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidParameterError(name, "…", "it is no valid Unicode text") from None
    if needed and not value.strip():
        raise InvalidParameterError(name, value, "it takes some text")
    return value


def read_flag(name: str, value: object) -> bool:
    """Read true or false.

    Raises
    ------
    InvalidParameterError
    """
    if value is None:
        return False
    if not isinstance(value, bool):
        raise InvalidParameterError(name, value, "it takes true or false")
    return value


def read_number(name: str, value: object, most: float = 1e30) -> float:
    """Read a finite number.

    Raises
    ------
    InvalidParameterError
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidParameterError(name, value, "it takes a number")
    if isinstance(value, int) and abs(value) > most:
        raise InvalidParameterError(name, str(value)[:60], f"it takes a number up to ±{most:g}")
    if not math.isfinite(value) or abs(value) > most:
        raise InvalidParameterError(name, value, f"it takes a finite number up to ±{most:g}")
    return float(value)


def read_choice(name: str, value: object, choices: Sequence[str]) -> str:
    """Read one of a few words.

    Raises
    ------
    InvalidParameterError
    """
    if not isinstance(value, str) or value not in choices:
        raise InvalidParameterError(name, value, "it takes " + ", ".join(choices))
    return value


def read_point(name: str, value: object) -> tuple[float, float, float]:
    """Read a point x, y, z in mm.

    Raises
    ------
    InvalidParameterError
    """
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise InvalidParameterError(name, value, "it takes a point [x, y, z] in mm")
    x, y, z = (read_number(name, v, FARTHEST) for v in value)
    return x, y, z
