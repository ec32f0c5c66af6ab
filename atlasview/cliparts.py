"""What the commands share: options that several have, and how progress is told."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from platformdirs import user_data_path

from atlasview.errors import LibraryError

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


MeshesOption = Annotated[
    bool,
    option(
        "MESHES",
        "Make and keep the surfaces of all regions at once, not when asked for.",
        "--meshes/--no-meshes",
    ),
]
ProgressOption = Annotated[ProgressKind, option("PROGRESS", "bar for people, json for programs.")]


def default_library() -> Path:
    """Return the library used when none is named."""
    return user_data_path("atlasview") / "library"


def make_surface_progress(kind: ProgressKind) -> Any:
    """Return what tells how many surfaces are made; None where nobody is to be told."""
    from atlasview.ingest import progress

    if kind is ProgressKind.json:
        return progress.SurfaceJson()
    shown = kind is ProgressKind.bar and sys.stderr.isatty()
    return progress.SurfaceBar() if shown else None


def make_progress(kind: ProgressKind, volume: str | None = None) -> Any:
    """Return what tells progress in some way; None where nobody is to be told.

    Parameters
    ----------
    kind : ProgressKind
    volume : str, optional
        Id of the one that is at work, where there are several.
    """
    from atlasview.ingest import progress

    # A bar is for eyes; into a file or a pipe it would only mix with what is said.
    if kind is ProgressKind.none or (kind is ProgressKind.bar and not sys.stderr.isatty()):
        return None
    return progress.make(kind.value, volume)


@contextmanager
def row_progress(title: str) -> Iterator[Any]:
    """Give what tells how many rows are done; None where nobody is to be told."""
    if not sys.stderr.isatty():
        yield None
        return
    from atlasview.ingest.progress import RowBar

    bar = RowBar(title)
    try:
        yield bar
    finally:
        bar.close()


def library_folder(library: Path | None) -> Path:
    """Return the folder of atlases and volumes that a library option means."""
    from atlasview.library import library_root

    given = (library or default_library()).expanduser()
    return library_root(given) or given


@contextmanager
def opened_text(path: Path) -> Iterator[TextIO]:
    """Open a text file to read; ``-`` is standard input.

    Raises
    ------
    LibraryError
        It cannot be read.
    """
    if str(path) == "-":
        yield sys.stdin
        return
    try:
        file = path.expanduser().open(encoding="utf-8-sig", newline="")
    except OSError as exc:
        raise LibraryError(f"{path} cannot be read ({exc.strerror}).") from exc
    with file:
        yield file


def write_text(output: Path | None, lines: Iterable[str]) -> None:
    """Write lines to a file, whole or not at all; to standard output where none is named.

    Raises
    ------
    LibraryError
        It cannot be written.
    """
    if output is None:
        for text in lines:
            sys.stdout.write(text)
        return
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as out:
            out.writelines(lines)
        part.replace(output)
    except OSError as exc:
        raise LibraryError(f"{output} cannot be written ({exc.strerror}).") from exc
    finally:
        part.unlink(missing_ok=True)
