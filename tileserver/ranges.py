"""Range headers of one range (RFC 9110 §14.2)."""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """Read a Range header of one range.

    Returns
    -------
    tuple of int or None
        Half-open range; (0, −1) when the header is to be ignored (malformed, several ranges,
        another unit); None when it cannot be satisfied.
    """
    match = _RANGE.fullmatch(header.strip())
    if not match or match.group(0) == "bytes=-":
        return 0, -1
    first, last = match.groups()
    if not first:
        length = int(last)
        return (max(0, size - length), size) if length and size else None
    start = int(first)
    stop = min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return 0, -1
    return (start, stop) if start < size else None
