"""Colours as region tables write them: hexadecimal, three numbers, fractions of 1, CSS names."""

from __future__ import annotations

import re
from collections.abc import Sequence

Rgb = tuple[int, int, int]
_NUMBER = r"\d*\.?\d+"
_NUMBERS = re.compile(rf"(?:rgba?)?[\s(\[{{]*{_NUMBER}(?:[\s,;/]+{_NUMBER}){{2,3}}[\s)\]}}]*", re.I)
#: RRGGBB with an opacity after it or not; RGB only where a # says what it is.
_HEX = re.compile(r"(?:#|0x)?([0-9a-f]{6})(?:[0-9a-f]{2})?|#([0-9a-f]{3})", re.I)
_BARE = re.compile(r"[0-9a-f]{6}", re.I)


def read_colours(said: Sequence[object]) -> list[Rgb | None]:
    """Read the colours of a whole table.

    What one colour means, the others may tell: ``1 0 0`` is red where others are ``0.5 0.2 0``, and
    ``99`` is 000099, of which a spreadsheet has dropped the zeros, where others are ``FFAA00``.

    Parameters
    ----------
    said : sequence
        Text or three numbers for each region; None for one that says none.

    Returns
    -------
    list of tuple of int or None
        None for what is no colour.
    """
    numbers = [_numbers(value) for value in said]
    flat = [n for triple in numbers if triple is not None for n in triple]
    fractions = any(n % 1 for n in flat) and max(flat) <= 1
    padded = any(_BARE.fullmatch(str(value).strip()) for value in said)
    return [
        _named(value, padded) if triple is None else _scaled(triple, 255 if fractions else 1)
        for value, triple in zip(said, numbers, strict=True)
    ]


def _numbers(value: object) -> tuple[float, float, float] | None:
    if isinstance(value, str):
        parts: Sequence[object] = re.findall(_NUMBER, value) if _NUMBERS.fullmatch(value) else ()
    else:
        parts = value if isinstance(value, Sequence) else ()
    if not 3 <= len(parts) <= 4:
        return None
    try:
        r, g, b = (float(str(part).replace(",", ".")) for part in parts[:3])
    except ValueError:
        return None
    return r, g, b


def _scaled(triple: tuple[float, float, float], scale: int) -> Rgb | None:
    if not all(0 <= n * scale <= 255 for n in triple):
        return None
    r, g, b = (round(n * scale) for n in triple)
    return r, g, b


def _named(value: object, padded: bool) -> Rgb | None:
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    text = str(value).strip()
    if padded and re.fullmatch(r"\d{1,5}", text):
        text = text.zfill(6)
    if found := _HEX.fullmatch(text):
        digits = found.group(1) or "".join(2 * digit for digit in found.group(2))
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    from PIL import ImageColor  # which only the names of colours need

    try:
        r, g, b = ImageColor.getrgb(text)[:3]
    except ValueError:
        return None
    return r, g, b
