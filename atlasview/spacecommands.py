"""``atlasview space list | add | carry``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from atlasview.cliparts import LibraryOption, library_folder, opened_text, option, write_text

space_app = typer.Typer(
    help="Reference spaces: what leads from one to another, and points carried over.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@space_app.command("list")
def list_(library: LibraryOption = None) -> None:
    """List the spaces of the library, their origins, and what they are related to."""
    from atlasview.library import open_library

    spaces = open_library([library_folder(library)]).spaces
    for space in spaces:
        typer.echo(f"{space.id}\t{space.name}")
        if space.aliases:
            typer.echo(f"  {'also called':12} {', '.join(space.aliases)}")
        for origin in space.origins:
            typer.echo(f"  {'origin':12} {origin.id}: {origin.name}. {origin.citation}")
            typer.echo(f"  {'':12} {origin.accuracy}")
        for route in spaces.related(space):
            names = " → ".join(s.transform.name for s in route.steps)
            typer.echo(f"  {'leads to':12} {route.target.id} by {names}")
            for step in route.steps:
                typer.echo(f"  {'':12} {step.transform.citation}. {step.transform.accuracy}")


@space_app.command()
def add(
    file: Annotated[Path, typer.Argument(help="TOML tables [[space]], [[transform]], [[origin]].")],
    library: LibraryOption = None,
) -> None:
    """Add spaces, transforms and origins to the library; see docs/spaces.md for the tables."""
    from atlasview.spaceadding import add_to_space_file
    from atlasview.spacefile import space_file

    root = library_folder(library)
    added = add_to_space_file(root, file.expanduser())
    for transform in added.transforms:
        typer.echo(f"{transform.name}: {transform.source} → {transform.target}")
    for origin in added.origins:
        typer.echo(f"{origin.id}: an origin of {origin.space}")
    typer.echo(f"Added to {space_file(root)}.")


@space_app.command()
def carry(
    file: Annotated[
        Path, typer.Argument(help="Table with columns x, y, z; - reads standard input.")
    ],
    from_: Annotated[str, option("CARRY_FROM", "Space of the points: id or name.", "--from")],
    to: Annotated[str, option("CARRY_TO", "Space to carry them to: id or name.", "--to")],
    library: LibraryOption = None,
    origin: Annotated[
        str | None,
        option("POINT_ORIGIN", "How they are written: an origin's id, or voxel:ID.", "--origin"),
    ] = None,
    to_origin: Annotated[
        str | None, option("TO_ORIGIN", "How they are to be written, likewise.", "--to-origin")
    ] = None,
    output: Annotated[
        Path | None, option("OUTPUT", "File to write; standard output if not said.", "--output")
    ] = None,
) -> None:
    """Carry every point of a table to another space: CSV in, CSV out."""
    from atlasview.frames import carrier
    from atlasview.library import open_library
    from atlasview.pointtable import PointTable, carried_head, carried_rows

    found = open_library([library_folder(library)])
    way = carrier(found, from_, to, origin=origin, to_origin=to_origin)
    for step in way.steps:
        typer.echo(f"{step.transform.name}: {step.transform.accuracy}", err=True)
    with opened_text(file) as source:
        table = PointTable(source, str(file))

        def lines() -> Iterator[str]:
            yield carried_head(table)
            for block in table.blocks():
                yield carried_rows(table, block, way.carry(block.points))

        write_text(output, lines())
