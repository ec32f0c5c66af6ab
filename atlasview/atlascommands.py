"""``atlasview atlas create | list | info`` and ``atlasview regions``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from atlasview.cliparts import (
    LibraryOption,
    MeshesOption,
    ProgressKind,
    ProgressOption,
    library_folder,
    make_progress,
    make_surface_progress,
    opened_text,
    option,
    write_text,
)
from atlasview.counted import counted
from atlasview.errors import LibraryError, NotFoundError

atlas_app = typer.Typer(
    help="Make atlases of images, labels and region tables, and look at them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Id of the atlas.")]


RegionsOption = Annotated[
    list[Path],
    option("ATLAS_REGIONS", "Region table, one for each --labels, then each --maps.", "--regions"),
]
LabelsOption = Annotated[
    list[str] | None,
    option("ATLAS_LABELS", "Labels: an id in the library, or a file.", "--labels"),
]
MapsOption = Annotated[
    list[Path] | None,
    option(
        "ATLAS_MAPS", "Probability maps: a 4-D NIfTI, or a folder of one file a region.", "--maps"
    ),
]
ThresholdOption = Annotated[
    float,
    option(
        "MAPS_THRESHOLD",
        "Probability from which on a voxel is given its most probable region.",
        "--threshold",
        min=0,
        max=1,
    ),
]
MidlineOption = Annotated[
    float | None, option("MIDLINE", "x in mm that parts left from right; makes hemispheres.")
]


@atlas_app.command()
def create(
    name: NameArgument,
    template: Annotated[
        list[str], option("ATLAS_TEMPLATE", "Image: an id in the library, or a file.", "--template")
    ],
    regions: RegionsOption,
    labels: LabelsOption = None,
    maps: MapsOption = None,
    threshold: ThresholdOption = 0.25,
    library: LibraryOption = None,
    title: Annotated[str | None, option("ATLAS_TITLE", "Name for people.", "--title")] = None,
    species: Annotated[str, option("SPECIES", "Such as Homo sapiens.")] = "",
    citation: Annotated[str, option("CITATION", "How to cite it.")] = "",
    licence: Annotated[str, option("LICENCE", "What may be done with it.")] = "",
    link: Annotated[str, option("ATLAS_LINK", "Where it comes from.", "--link")] = "",
    space: Annotated[
        str | None, option("SPACE", "Name of the reference space; the template's if not said.")
    ] = None,
    midline: MidlineOption = None,
    overwrite: Annotated[
        bool, option("OVERWRITE", "Replace an atlas of that id.", "--overwrite")
    ] = False,
    meshes: MeshesOption = False,
    progress: ProgressOption = ProgressKind.bar,
) -> None:
    """Make an atlas of a template, labels and a region table; brainglobe-atlasapi opens it too."""
    from atlasview.atlasfolder import AtlasSheet
    from atlasview.atlasmaking import create_atlas

    root = library_folder(library)
    warnings = create_atlas(
        root,
        name,
        templates=template,
        labels=labels or [],
        maps=[path.expanduser() for path in maps or []],
        tables=[table.expanduser() for table in regions],
        threshold=threshold,
        sheet=AtlasSheet(title or name, species, citation, licence, link),
        space=space,
        midline=midline,
        overwrite=overwrite,
        progress=make_progress(progress),
    )
    for text in warnings:
        typer.echo(f"Warning: {text}", err=True)
    if meshes:
        keep_meshes(root, name, progress)
    typer.echo(f"The atlas {name} is in {root}; see it with «atlasview serve {root}».")


@atlas_app.command("meshes")
def meshes_(
    name: NameArgument,
    library: LibraryOption = None,
    parcellation: Annotated[
        str | None, option("PARCELLATION", "Id of a parcellation; all of the atlas if not said.")
    ] = None,
    threads: Annotated[
        int, option("INGEST_THREADS", "Surfaces made at a time.", "--threads", min=1, max=256)
    ] = 1,
    overwrite: Annotated[
        bool, option("OVERWRITE", "Make anew what is kept already.", "--overwrite")
    ] = False,
    progress: ProgressOption = ProgressKind.bar,
) -> None:
    """Make and keep the surfaces of all regions and of what groups them."""
    keep_meshes(
        library_folder(library),
        name,
        progress,
        parcellation=parcellation,
        threads=threads,
        overwrite=overwrite,
    )


def keep_meshes(root: Path, name: str, progress: ProgressKind, **options: Any) -> None:
    """Make and keep the surfaces of an atlas, and say how many there are."""
    from atlasview.meshmaking import store_atlas_meshes

    telling = make_surface_progress(progress)
    try:
        reports = store_atlas_meshes(root, name, progress=telling, **options)
    finally:
        getattr(telling, "close", lambda: None)()
    for report in reports:
        empty = counted(report.empty, "region has", "regions have")
        typer.echo(
            f"{report.parcellation}: {report.surfaces} surfaces, {report.made} of them made now; "
            f"{empty} no voxels.",
            err=progress is not ProgressKind.bar,
        )


@atlas_app.command()
def add(
    name: NameArgument,
    template: Annotated[
        list[str] | None,
        option("ATLAS_TEMPLATE", "Image: an id in the library, or a file.", "--template"),
    ] = None,
    regions: Annotated[
        list[Path] | None,
        option(
            "ATLAS_REGIONS", "Region table, one for each --labels, then each --maps.", "--regions"
        ),
    ] = None,
    labels: LabelsOption = None,
    maps: MapsOption = None,
    threshold: ThresholdOption = 0.25,
    library: LibraryOption = None,
    midline: MidlineOption = None,
    meshes: MeshesOption = False,
    progress: ProgressOption = ProgressKind.bar,
) -> None:
    """Add templates and parcellations to an atlas, whoever made it."""
    from atlasview.atlasadding import add_to_atlas

    root = library_folder(library)
    added = add_to_atlas(
        root,
        name,
        templates=template or [],
        labels=labels or [],
        maps=[path.expanduser() for path in maps or []],
        tables=[table.expanduser() for table in regions or []],
        threshold=threshold,
        midline=midline,
        progress=make_progress(progress),
    )
    for text in added.warnings:
        typer.echo(f"Warning: {text}", err=True)
    for parcellation in added.parcellations if meshes else ():
        keep_meshes(root, name, progress, parcellation=parcellation)
    typer.echo(f"Added to the atlas {name} in {root}.")


@atlas_app.command("list")
def list_(library: LibraryOption = None) -> None:
    """List the atlases of the library."""
    from atlasview.library import open_library

    root = library_folder(library)
    if not root.is_dir():
        raise LibraryError(f"{root}: there is no library; make one with «atlasview demo».")
    for atlas in open_library([root]).atlases.values():
        count = sum(len(p.terminology) for p in atlas.parcellations)
        typer.echo(f"{atlas.id}\t{count} regions\t{atlas.species or '-'}\t{atlas.name}")


@atlas_app.command()
def info(name: NameArgument, library: LibraryOption = None) -> None:
    """Say what an atlas is made of, and what is odd about it."""
    from atlasview.library import open_library

    found = open_library([library_folder(library)])
    atlas = next((a for a in found.atlases.values() if a.answers_to(name)), None)
    if atlas is None:
        raise NotFoundError("atlas", name, sorted(found.atlases))
    for key, value in (
        ("id", ", ".join((atlas.id, *atlas.aliases))),
        ("name", atlas.name),
        ("species", atlas.species),
        ("space", atlas.space),
        ("citation", atlas.citation),
        ("licence", atlas.licence),
        ("link", atlas.link),
        ("templates", ", ".join(atlas.templates)),
    ):
        if value:
            typer.echo(f"{key:13} {value}")
    for parcellation in atlas.parcellations:
        volume = found.volumes[parcellation.labels]
        sizes = " × ".join(f"{v:g}" for v in volume.levels[0].voxel_size_mm)
        terms = parcellation.terminology
        typer.echo(
            f"{'parcellation':13} {parcellation.id}: {counted(len(terms), 'region', 'regions')}, "
            f"{len(terms.by_label)} with a label, "
            f"{counted(terms.depth_of(), 'level', 'levels')} deep; voxels of {sizes} mm, "
            f"{counted(len(volume.levels), 'resolution', 'resolutions')}"
            + ("; hemispheres" if parcellation.hemispheres else "")
            + (f"; {len(parcellation.maps.labels)} probability maps" if parcellation.maps else "")
        )
    for text in atlas.problems:
        typer.echo(f"{'problem':13} {text}")


def regions(
    file: Annotated[
        Path, typer.Argument(help="Table with columns x, y, z in mm; - reads standard input.")
    ],
    atlas: Annotated[
        str | None, option("ATLAS", "Id of the atlas; not needed where there is one.", "--atlas")
    ] = None,
    library: LibraryOption = None,
    parcellation: Annotated[
        str | None, option("PARCELLATION", "Id of a parcellation; the atlas's first if not said.")
    ] = None,
    distance: Annotated[
        bool, option("DISTANCE", "Add how far the nearest region is, in mm.", "--distance")
    ] = False,
    space: Annotated[
        str | None,
        option("POINT_SPACE", "Space of the points, where it is not the atlas's.", "--space"),
    ] = None,
    origin: Annotated[
        str | None,
        option(
            "POINT_ORIGIN", "How they are written: an origin's id, or voxel:VOLUME.", "--origin"
        ),
    ] = None,
    threshold: Annotated[
        float,
        option(
            "THRESHOLD",
            "Leave out what is not more probable than this, of probability maps.",
            "--threshold",
            min=0,
            max=1,
        ),
    ] = 0.0,
    output: Annotated[
        Path | None, option("OUTPUT", "File to write; standard output if not said.", "--output")
    ] = None,
) -> None:
    """Name the region at every point of a table: CSV in, CSV out."""
    from atlasview.assign import MapsAsked, Surface, assign
    from atlasview.chunks import ChunkReader
    from atlasview.frames import carrier
    from atlasview.library import open_library
    from atlasview.pointtable import PointTable, assigned_rows, point_head

    found = open_library([library_folder(library)])
    if atlas is None and len(found.atlases) == 1:
        atlas = next(iter(found.atlases))
    whole = next((a for a in found.atlases.values() if a.answers_to(atlas or "")), None)
    if whole is None:
        raise NotFoundError("atlas", atlas or "", sorted(found.atlases))
    here = whole.parcellation(parcellation)
    labels = found.volumes[here.labels]
    way = None
    if space is not None or origin is not None:
        way = carrier(found, space or whole.space, whole.space, origin=origin)
    sides = found.volumes[here.hemispheres] if here.hemispheres else None
    surface = Surface(labels) if distance else None
    maps = here.maps
    asked = None if maps is None else MapsAsked(found.volumes[maps.volume], maps, threshold)
    reader = ChunkReader(256 << 20)
    with opened_text(file) as source:
        table = PointTable(source, str(file))

        def lines() -> Iterator[str]:
            yield point_head(
                table,
                distance=distance,
                hemisphere=sides is not None,
                probability=maps is not None,
            )
            for block in table.blocks():
                points = way.carry(block.points) if way else block.points
                got = assign(
                    reader, labels, points, hemispheres=sides, surface=surface, asked=asked
                )
                yield assigned_rows(table, block, got, here.terminology)

        write_text(output, lines())
