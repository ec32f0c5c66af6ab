"""Keep what a block has freed for the next one."""

from __future__ import annotations

import ctypes
from contextlib import suppress

#: Names of glibc's parameters, and their values here, in bytes.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT, _SHARED = 32 << 20, 4 << 20


def keep_heap() -> None:
    """Have the C library keep some freed memory rather than give it back to the system at once.

    A compressed chunk needs a quarter of a megabyte for a moment, which glibc else takes from the
    system and gives back, thousands of times: having its pages cleared and mapped again took a
    fifth of the whole time of an ingest.
    """
    with suppress(OSError, AttributeError, TypeError):  # not every C library has it
        glibc = ctypes.CDLL(None)
        glibc.mallopt(_MMAP_THRESHOLD, _SHARED)
        glibc.mallopt(_TRIM_THRESHOLD, _KEPT)
