"""The command line: ``atlasview demo | serve | ingest | atlas | regions | space | view | …``."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from atlasview.atlascommands import atlas_app, keep_meshes, regions
from atlasview.cliparts import (
    LibraryOption,
    MeshesOption,
    ProgressKind,
    default_library,
    make_progress,
    option,
)
from atlasview.errors import AtlasViewError, InvalidParameterError
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


@app.command()
def ingest(
    source: Annotated[
        str,
        typer.Argument(
            help="File, folder of sections, https:// or s3://; bigbrain: is the computed brain.",
            show_default=False,
        ),
    ],
    as_: Annotated[
        str,
        typer.Option(
            "--as", envvar="ATLASVIEW_AS", metavar="ID", help="What to call it.", show_default=False
        ),
    ],
    library: LibraryOption = None,
    output: Annotated[
        str | None,
        option(
            "INGEST_OUTPUT", "Not into the library: a folder, or s3://bucket/prefix.", "--output"
        ),
    ] = None,
    labels: Annotated[
        bool, option("LABELS", "Voxels are labels, not grey values.", "--labels")
    ] = False,
    regions: Annotated[
        Path | None, option("REGIONS", "Region table of the labels: CSV or JSON.")
    ] = None,
    template: Annotated[
        str | None, option("TEMPLATE", "Image in the library that the labels go with.")
    ] = None,
    name: Annotated[str | None, option("NAME", "Name for people.")] = None,
    space: Annotated[str | None, option("SPACE", "Name of the reference space.")] = None,
    voxel_size: Annotated[
        str | None, option("VOXEL_SIZE", "x,y,z in mm, where the file is silent or wrong.")
    ] = None,
    orientation: Annotated[
        str | None, option("ORIENTATION", "Where each axis of the file grows to, such as RAS.")
    ] = None,
    dataset: Annotated[
        str | None, option("DATASET", "Which array of a file that holds several.")
    ] = None,
    shape: Annotated[
        str | None, option("SHAPE", "x,y,z of raw voxels, which tell nothing of themselves.")
    ] = None,
    dtype: Annotated[str | None, option("DTYPE", "Of raw voxels, such as uint8 or >i2.")] = None,
    box: Annotated[
        str | None, option("BOX", "x0:x1,y0:y1,z0:z1 in voxels, which part of bigbrain: is meant.")
    ] = None,
    licence: Annotated[str | None, option("LICENCE", "Kept with the volume.")] = None,
    citation: Annotated[str | None, option("CITATION", "Kept with the volume.")] = None,
    threads: Annotated[
        int, option("INGEST_THREADS", "Threads of each process.", "--threads", min=1, max=256)
    ] = 1,
    workers: Annotated[
        int,
        option("INGEST_WORKERS", "Dask workers to start here.", "--workers", min=0, max=1024),
    ] = 0,
    scheduler: Annotated[
        str | None, option("SCHEDULER", "Dask scheduler whose workers do it: tcp://host:8786.")
    ] = None,
    memory: Annotated[
        int, option("MEMORY", "MiB that each process may hold at a time.", "--memory", min=16)
    ] = 256,
    fill: Annotated[str, option("FILL", "Background: chunks of it only are not stored.")] = "0",
    checksum: Annotated[
        bool,
        option("CHECKSUM", "Keep the source's sha256 with the volume.", "--checksum/--no-checksum"),
    ] = True,
    overwrite: Annotated[
        bool, option("OVERWRITE", "Replace a volume of that id.", "--overwrite")
    ] = False,
    spool: Annotated[
        Path | None,
        option("SPOOL", "Folder for what must be copied to disk on its way from or to elsewhere."),
    ] = None,
    resume: Annotated[
        bool,
        option("RESUME", "Go on where a killed ingest stopped.", "--resume/--no-resume"),
    ] = True,
    meshes: MeshesOption = False,
    progress: Annotated[
        ProgressKind, option("PROGRESS", "bar for people, json for programs.")
    ] = ProgressKind.bar,
) -> None:
    """Take a brain file into the library as a multiresolution volume."""
    from atlasview.adding import add_to_library

    root = (library or default_library()).expanduser()
    if meshes and regions is None:
        raise InvalidParameterError("--meshes", "", "it goes with --labels and --regions")
    warnings = add_to_library(
        root,
        as_,
        source,
        output=output,
        title=name,
        labels=labels,
        regions=regions,
        template=template,
        licence=licence,
        citation=citation,
        space=space,
        voxel_size=_voxel_size(voxel_size),
        orientation=orientation,
        dataset=dataset,
        shape=_shape(shape),
        dtype=dtype,
        box=box,
        threads=threads,
        workers=workers,
        scheduler=scheduler,
        memory_bytes=memory << 20,
        fill=_number(fill),
        checksum=checksum,
        overwrite=overwrite,
        resume=resume,
        spool=spool,
        progress=make_progress(progress),
    )
    for text in warnings:
        typer.echo(f"Warning: {text}", err=True)
    if output is not None:
        from atlasview.catalogfile import entry_text

        typer.echo(
            f"{output} is written; name it in a catalog.toml:\n\n{entry_text(as_, output)}",
            nl=False,
            err=progress is not ProgressKind.bar,
        )
        return
    if meshes:
        keep_meshes(root, as_, progress)
    typer.echo(
        f"{as_} is in {root}; see it with «atlasview serve {root}».",
        err=progress is not ProgressKind.bar,
    )


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
    typer.echo(f"{volume}: {report.levels} levels, {report.voxels} voxels, all as they should be.")


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


def _shape(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    parts = text.split(",")
    if not 3 <= len(parts) <= 4 or not all(p.strip().isdigit() and int(p) > 0 for p in parts):
        raise InvalidParameterError(
            "--shape", text, "it takes x,y,z in voxels, such as 256,256,128"
        )
    return tuple(int(p) for p in parts)


def _number(text: str) -> float | int:
    for kind in (int, float):  # a large whole number is no float
        try:
            return kind(text)
        except ValueError:
            pass
    raise InvalidParameterError("--fill", text, "it takes a number, such as 0 or nan")


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
