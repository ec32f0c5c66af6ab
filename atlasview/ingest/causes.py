"""What a library says of a file that it cannot read, in one line of ours."""

from __future__ import annotations


def short(exc: Exception) -> str:
    """Return what an error of a library says, in one line."""
    return str(exc).split("\n")[0].rstrip(".")[:200] or type(exc).__name__
