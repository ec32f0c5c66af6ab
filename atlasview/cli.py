"""The command line: ``atlasview demo | serve | ingest``."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from platformdirs import user_data_path

from atlasview.errors import AtlasViewError, InvalidParameterError
from atlasview.version import __version__

app = typer.Typer(
    name="atlasview",
    help="Google Maps for brains: ingest brain volumes, and serve them to browsers and programs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        envvar="ATLASVIEW_LIBRARY",
        help="Folder of volumes and atlases; by default under your data folder.",
        show_default=False,
    ),
]
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


class ProgressKind(StrEnum):
    """How progress is told."""

    bar = "bar"
    json = "json"
    none = "none"


def default_library() -> Path:
    """Return the library used when none is named."""
    return user_data_path("atlasview") / "library"


@app.command()
def demo(
    library: LibraryOption = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    workers: WorkersOption = 1,
    no_browser: BrowserOption = False,
) -> None:
    """Ingest the sample brain once, serve it, and open it in a browser."""
    from atlasview.demo import make_demo

    root = library or default_library()
    if make_demo(root, _progress(ProgressKind.bar)):
        typer.echo(f"The sample brain is in {root}.")
    _serve([root], host, port, workers, no_browser)


@app.command()
def serve(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]…",
            help="Libraries, BrainGlobe folders or OME-Zarr volumes; your library if none.",
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


@app.command()
def ingest(
    source: Annotated[Path, typer.Argument(help="The file to take in.", show_default=False)],
    as_: Annotated[
        str, typer.Option("--as", metavar="ID", help="What to call it.", show_default=False)
    ],
    library: LibraryOption = None,
    labels: Annotated[
        bool,
        typer.Option(
            "--labels", envvar="ATLASVIEW_LABELS", help="Voxels are labels, not grey values."
        ),
    ] = False,
    regions: Annotated[
        Path | None,
        typer.Option(envvar="ATLASVIEW_REGIONS", help="Region table of the labels: CSV or JSON."),
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(
            envvar="ATLASVIEW_TEMPLATE", help="Template in the library that the labels go with."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(envvar="ATLASVIEW_NAME", help="Name for people.")
    ] = None,
    space: Annotated[
        str | None, typer.Option(envvar="ATLASVIEW_SPACE", help="Name of the reference space.")
    ] = None,
    voxel_size: Annotated[
        str | None,
        typer.Option(
            envvar="ATLASVIEW_VOXEL_SIZE",
            metavar="X,Y,Z",
            help="In mm; where the file is silent or wrong.",
        ),
    ] = None,
    orientation: Annotated[
        str | None,
        typer.Option(
            envvar="ATLASVIEW_ORIENTATION",
            metavar="RAS",
            help="Where each axis of the file grows to.",
        ),
    ] = None,
    licence: Annotated[str | None, typer.Option(envvar="ATLASVIEW_LICENCE")] = None,
    citation: Annotated[str | None, typer.Option(envvar="ATLASVIEW_CITATION")] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", envvar="ATLASVIEW_OVERWRITE", help="Replace a volume of that id."
        ),
    ] = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume/--no-resume",
            envvar="ATLASVIEW_RESUME",
            help="Go on where a killed ingest stopped.",
        ),
    ] = True,
    progress: Annotated[
        ProgressKind,
        typer.Option(envvar="ATLASVIEW_PROGRESS", help="bar for people, json for programs."),
    ] = ProgressKind.bar,
) -> None:
    """Take a brain file into the library as a multiresolution volume."""
    from atlasview import atlasfolder
    from atlasview.ingest import ingest_volume
    from atlasview.library import check_id
    from atlasview.regiontable import read_region_table

    root = (library or default_library()).expanduser()
    check_id(as_)
    if regions is not None and not labels:
        raise typer.BadParameter("a region table goes with --labels", param_hint="--regions")
    # Read before the long work, so that a bad table costs nothing.
    table = read_region_table(regions) if regions is not None else None
    place = atlasfolder.labels_place if table is not None else atlasfolder.volume_place
    destination = place(root, as_)
    ingest_volume(
        source.expanduser(),
        destination,
        kind="labels" if labels else "image",
        name=name or as_,
        space=space,
        voxel_size=_voxel_size(voxel_size),
        orientation=orientation,
        licence=licence,
        citation=citation,
        overwrite=overwrite,
        resume=resume,
        progress=_progress(progress),
    )
    if table is not None:
        from atlasview.opening import open_volume

        for text in table.problems:
            typer.echo(f"Warning: {regions}: {text}", err=True)
        atlasfolder.write_atlas(
            root,
            as_,
            atlasfolder.AtlasSheet(
                title=name or as_, citation=citation or "", licence=licence or ""
            ),
            table,
            labels=as_,
            template=template,
            space=open_volume(destination, kind="labels").space,
        )
    typer.echo(
        f"{as_} is in {root}; see it with «atlasview serve {root}».",
        err=progress is not ProgressKind.bar,
    )


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


def _serve(paths: list[Path], host: str, port: int, workers: int, no_browser: bool) -> None:
    # The library never imports the server; the command line finds it by name.
    runner: Any = import_module("tileserver.run")
    runner.run(paths, host=host, port=port, workers=workers, browser=not no_browser)


def _progress(kind: ProgressKind) -> Any:
    from atlasview.ingest import progress

    return progress.make(kind.value)


def _voxel_size(text: str | None) -> tuple[float, float, float] | None:
    if text is None:
        return None
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        x = y = z = 0.0
    if not all(0 < v < 1e6 for v in (x, y, z)):
        raise InvalidParameterError(
            "--voxel-size", text, "it takes x,y,z in mm, such as 0.02,0.02,0.02"
        )
    return x, y, z


def _fail(text: str, code: int) -> NoReturn:
    sys.stderr.write(text.rstrip() + "\n")
    sys.stderr.flush()
    raise SystemExit(code)


def main() -> None:
    """Run the command line; failures are one sentence on standard error."""
    try:
        app()
    except InvalidParameterError as exc:
        _fail(str(exc), 2)
    except AtlasViewError as exc:
        _fail(str(exc), 1)
    except KeyboardInterrupt:
        _fail("Stopped.", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
