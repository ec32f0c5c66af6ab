"""``atlasview ingest``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from atlasview.atlascommands import keep_meshes
from atlasview.batch import Job, plan_jobs, run_jobs
from atlasview.cliparts import (
    LibraryOption,
    MeshesOption,
    ProgressKind,
    default_library,
    make_progress,
    option,
)
from atlasview.errors import InvalidParameterError, LibraryError
from atlasview.layout import atlas_place


def ingest(
    source: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders of sections, https:// or s3://; bigbrain: is the computed brain.",
            show_default=False,
        ),
    ],
    as_: Annotated[
        list[str] | None,
        typer.Option(
            "--as",
            envvar="ATLASVIEW_AS",
            metavar="ID",
            help="What to call it, once for each source; by default after the file's name.",
            show_default=False,
        ),
    ] = None,
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
        str | None,
        option(
            "VOXEL_SIZE", "x,y,z in mm, or one of all three, where the file is silent or wrong."
        ),
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
    """Take brain files into the library as multiresolution volumes."""
    from atlasview.adding import add_to_library

    root = (library or default_library()).expanduser()
    if meshes and regions is None:
        raise InvalidParameterError("--meshes", "", "it goes with --labels and --regions")
    jobs = plan_jobs(source, as_ or [])
    several = len(jobs) > 1
    for flag, value in (("--name", name), ("--regions", regions), ("--output", output)):
        if several and value is not None:
            raise InvalidParameterError(
                flag, value, f"it goes with one source, and there are {len(jobs)}"
            )
    if meshes and not overwrite and atlas_place(root, jobs[0].id).is_file():
        raise LibraryError(
            f"The atlas {jobs[0].id} is there already: «atlasview atlas meshes {jobs[0].id}» makes "
            "the surfaces that it lacks, --overwrite takes it in anew."
        )
    size, extents, number = _voxel_size(voxel_size), _shape(shape), _number(fill)

    def take(job: Job) -> None:
        warnings = add_to_library(
            root,
            job.id,
            job.source,
            output=output,
            title=name,
            labels=labels,
            regions=regions,
            template=template,
            licence=licence,
            citation=citation,
            space=space,
            voxel_size=size,
            orientation=orientation,
            dataset=dataset,
            shape=extents,
            dtype=dtype,
            box=box,
            threads=threads,
            workers=workers,
            scheduler=scheduler,
            memory_bytes=memory << 20,
            fill=number,
            checksum=checksum,
            overwrite=overwrite,
            resume=resume,
            spool=spool,
            progress=make_progress(progress, job.id if several else None),
        )
        for text in warnings:
            typer.echo(f"Warning: {job.id + ': ' if several else ''}{text}", err=True)

    failures = run_jobs(jobs, take)
    if failures and not several:
        raise failures[0].error
    aside = progress is not ProgressKind.bar
    if output is not None:
        from atlasview.catalogfile import entry_text

        typer.echo(
            f"{output} is written; name it in a catalog.toml:\n\n{entry_text(jobs[0].id, output)}",
            nl=False,
            err=aside,
        )
        return
    if meshes:
        keep_meshes(root, jobs[0].id, progress)
    failed = [failure.job for failure in failures]
    done = [job.id for job in jobs if job not in failed]
    if done:
        what = f"{', '.join(done)} {'are' if len(done) > 1 else 'is'} in {root}; see"
        typer.echo(
            f"{what} {'them' if len(done) > 1 else 'it'} with «atlasview serve {root}».", err=aside
        )
    for failure in failures:
        typer.echo(f"{failure}", err=True)
    if failures:
        typer.echo(f"{len(failures)} of {len(jobs)} could not be taken in.", err=True)
        raise typer.Exit(1)


def _voxel_size(text: str | None) -> tuple[float, float, float] | None:
    if text is None:
        return None
    try:
        sizes = [float(part) for part in text.split(",")]
    except ValueError:
        sizes = []
    if len(sizes) == 1:
        sizes *= 3
    if len(sizes) != 3 or not all(0 < v < 1e6 for v in sizes):
        raise InvalidParameterError(
            "--voxel-size",
            text,
            "it takes x,y,z in mm, such as 0.02,0.02,0.02, or one of all three",
        )
    return sizes[0], sizes[1], sizes[2]


def _shape(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    parts = text.replace("x", ",").split(",")
    if not 3 <= len(parts) <= 4 or not all(p.strip().isdecimal() and int(p) > 0 for p in parts):
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
