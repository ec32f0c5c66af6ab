"""Loaded by Dask into each worker started here, so that it never hears Ctrl-C.

A terminal sends it to every process of a command; the first one hears it and stops the others.
"""

from __future__ import annotations

import signal


def dask_setup(worker: object) -> None:
    """Do what Dask calls a module for when a worker starts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
