"""The command line: ``atlasview demo | serve | ingest | atlas | regions | space | view | …``."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from atlasview.atlascommands import atlas_app, regions
from atlasview.cliparts import (
    LibraryOption,
    ProgressKind,
    default_library,
    make_progress,
    option,
)
from atlasview.counted import counted
from atlasview.errors import AtlasViewError, InvalidParameterError
from atlasview.ingestcommand import ingest
from atlasview.markcommands import backup, restore, view_app
from atlasview.samples import DemoSize
from atlasview.spacecommands import space_app
from atlasview.version import __version__

app = typer.Typer(
    name="atlasview",
    help="Google Maps for brains: ingest brain volumes, and serve them to browsers and programs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(atlas_app, name="atlas")
app.command()(regions)
app.add_typer(space_app, name="space")
app.add_typer(view_app, name="view")
app.command()(backup)
app.command()(restore)

HostOption = Annotated[str, typer.Option(envvar="ATLASVIEW_HOST", help="Address to listen at.")]
PortOption = Annotated[
    int, typer.Option(envvar="ATLASVIEW_PORT", min=0, max=65535, help="0 takes any free port.")
]
WorkersOption = Annotated[
    int, typer.Option(envvar="ATLASVIEW_WORKERS", min=1, max=64, help="Server processes.")
]
BrowserOption = Annotated[
    bool,
    typer.Option("--no-browser", envvar="ATLASVIEW_NO_BROWSER", help="Do not open a browser."),
]


@app.command()
def demo(
    size: Annotated[
        DemoSize,
        option("DEMO_SIZE", "sample is real and small; bigbrain is computed, of BigBrain's size."),
    ] = DemoSize.sample,
    library: LibraryOption = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    workers: WorkersOption = 1,
    no_browser: BrowserOption = False,
) -> None:
    """Put the sample brain into the library once, serve it, and open it in a browser."""
    from atlasview.demo import demo_view, make

    root = (library or default_library()).expanduser()
    if make(size, root, make_progress(ProgressKind.bar)):
        typer.echo(f"The {size} brain is in {root}.")
    _serve([root], host, port, workers, no_browser, view=demo_view(size))


@app.command()
def serve(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]…",
            help="Libraries, BrainGlobe folders, OME-Zarr, catalog.toml; your library if none.",
            show_default=False,
        ),
    ] = None,
    library: LibraryOption = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    workers: WorkersOption = 1,
    no_browser: BrowserOption = False,
) -> None:
    """Serve libraries and volumes to browsers and programs."""
    _serve(paths or [library or default_library()], host, port, workers, no_browser)


app.command()(ingest)


@app.command()
def verify(
    volume: Annotated[str, typer.Argument(metavar="ID", help="Id of a volume, or its folder.")],
    library: LibraryOption = None,
    progress: Annotated[
        ProgressKind, option("PROGRESS", "bar for people, json for programs.")
    ] = ProgressKind.bar,
) -> None:
    """Re-read a volume and prove every level from the one below."""
    from atlasview.ingest.verify import verify_volume
    from atlasview.library import find_volume

    root = (library or default_library()).expanduser()
    report = verify_volume(find_volume(root, volume), progress=make_progress(progress))
    for text in report.unproved:
        typer.echo(f"Not proved: {text}", err=True)
    for text in report.problems:
        typer.echo(text, err=True)
    if not report.ok:
        raise typer.Exit(1)
    levels = counted(report.levels, "level", "levels")
    typer.echo(f"{volume}: {levels}, {report.voxels} voxels, all as they should be.")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"atlasview {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Google Maps for brains."""


def _serve(
    paths: list[Path], host: str, port: int, workers: int, no_browser: bool, view: str = ""
) -> None:
    # The library never imports the server; the command line finds it by name.
    runner: Any = import_module("tileserver.run")
    runner.run(paths, host=host, port=port, workers=workers, browser=not no_browser, view=view)


def _fail(text: str, code: int) -> NoReturn:
    sys.stderr.write(text.rstrip() + "\n")
    sys.stderr.flush()
    raise SystemExit(code)


#: What Typer raises on wrong use; of its classes it names only this one's child in public.
_WrongUse: Any = typer.BadParameter.__mro__[1]
_INTERRUPTED = 130


def main() -> None:
    """Run the command line; failures are one sentence on standard error."""
    try:
        code = app(standalone_mode=False)
    except _WrongUse as exc:
        text = exc.format_message()
        _fail(text if "\n" in text else f"{text.rstrip('.')}. See «atlasview --help».", 2)
    except InvalidParameterError as exc:
        _fail(str(exc), 2)
    except AtlasViewError as exc:
        _fail(str(exc), 1)
    except (KeyboardInterrupt, typer.Abort):
        _fail("Stopped.", _INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    if code == _INTERRUPTED:  # which Typer makes of Ctrl-C
        _fail("Stopped.", code)
    raise SystemExit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
