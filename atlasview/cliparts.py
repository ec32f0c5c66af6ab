"""What the commands share: options that several have, and how progress is told."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from platformdirs import user_data_path

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        envvar="ATLASVIEW_LIBRARY",
        help="Folder of volumes and atlases; by default under your data folder.",
        show_default=False,
    ),
]


def option(variable: str, text: str, *names: str, **more: Any) -> Any:
    """Make an option with its environment variable."""
    return typer.Option(*names, envvar=f"ATLASVIEW_{variable}", help=text, **more)


class ProgressKind(StrEnum):
    """How progress is told."""

    bar = "bar"
    json = "json"
    none = "none"


ProgressOption = Annotated[ProgressKind, option("PROGRESS", "bar for people, json for programs.")]


def default_library() -> Path:
    """Return the library used when none is named."""
    return user_data_path("atlasview") / "library"


def make_progress(kind: ProgressKind) -> Any:
    """Return what tells progress in some way; None where nobody is to be told."""
    from atlasview.ingest import progress

    # A bar is for eyes; into a file or a pipe it would only mix with what is said.
    if kind is ProgressKind.none or (kind is ProgressKind.bar and not sys.stderr.isatty()):
        return None
    return progress.make(kind.value)
