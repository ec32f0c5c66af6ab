"""Locks of files, which the system frees when their holder dies."""

from __future__ import annotations

import sys
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt

    def take(lock: BinaryIO, *, wait: bool) -> None:
        """Take a lock; OSError where another holds it and is not waited for."""
        msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def take(lock: BinaryIO, *, wait: bool) -> None:
        """Take a lock; OSError where another holds it and is not waited for."""
        fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
