"""Programs that `make conformance` uses and cannot install by itself."""

from __future__ import annotations

import shutil

import pytest


def program(name: str, how: str) -> str:
    """Return the path of a program; the test is skipped, in words, where it is not."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not here; {how}")
    return found
