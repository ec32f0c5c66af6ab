"""Shapes of ``/health`` and ``/ready``."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict


class Health(TypedDict):
    """The server is alive."""

    status: Literal["ok"]
    version: str


class Ready(TypedDict):
    """The server can serve."""

    status: Literal["ready"]
    volumes: int
    atlases: int
    problems: int
