"""``atlasview view create | list | revoke``, ``atlasview backup`` and ``atlasview restore``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from atlasview.cliparts import LibraryOption, default_library, option, row_progress
from atlasview.errors import InvalidParameterError, LibraryError

view_app = typer.Typer(
    help="Make short links to views, list them, and take them away.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
ServerOption = Annotated[
    str | None,
    option("SERVER", "Address of the server; the page's own when not said.", "--server"),
]
KeyOption = Annotated[str, option("KEY", "Edit key of the view.", "--key")]
DatabaseOption = Annotated[
    str | None,
    option("DATABASE_URL", "sqlite:///… or postgresql://…; the library's own when not said.",
           "--database"),
]  # fmt: skip
_LOCAL, _LINK = "http://127.0.0.1:8000", "/views/"


@view_app.command()
def create(
    states: Annotated[
        list[str],
        typer.Argument(
            metavar="ADDRESS|FILE|LINK…",
            help="Address as the page shows it, or a file with a view document or a Neuroglancer "
            "state. Several, among which links of views may be, make a story.",
            show_default=False,
        ),
    ],
    server: ServerOption = None,
    title: Annotated[str, option("VIEW_TITLE", "Title for people.", "--title")] = "",
    text: Annotated[str, option("VIEW_TEXT", "What is to be seen.", "--text")] = "",
    author: Annotated[str, option("VIEW_AUTHOR", "Who made it.", "--author")] = "",
    expires: Annotated[
        str | None, option("VIEW_EXPIRES", "Until when, such as 2031-01-31T12:00:00Z.", "--expires")
    ] = None,
    key: Annotated[
        str | None, option("KEY", "Key of another view, to open this one too.", "--key")
    ] = None,
) -> None:
    """Make a short link; its address and its edit key are printed, the key this once."""
    server = server or next(filter(None, map(_server_of, states)), None)
    found = [state if "#" in state or _is_link(state) else _read(Path(state)) for state in states]
    more = {"text": text, "author": author, "expires": expires, "key": key}
    with _client(server) as client:
        if len(found) > 1 or _is_link(states[0]):
            made = client.views.create_story(found, title=title, **more)
        else:
            made = client.views.create(found[0], title=title, **more)
    typer.echo(made["url"])
    typer.echo(f"Edit key: {made['edit_key']}")


@view_app.command("list")
def list_views(key: KeyOption, server: ServerOption = None) -> None:
    """List the views of a key, the newest first."""
    with _client(server) as client:
        for view in client.views.list(key):
            until = f", until {view['expires'][:10]}" if view["expires"] else ""
            typer.echo(
                f"{view['url']}  {view['created'][:10]}, revision {view['revision']}{until}  "
                + json.dumps(view["title"], ensure_ascii=False)
            )


@view_app.command()
def revoke(
    view: Annotated[str, typer.Argument(metavar="ID|URL", help="The view.", show_default=False)],
    key: KeyOption,
    server: ServerOption = None,
) -> None:
    """Take a view away; its link says so from now on."""
    base, _, name = view.rstrip("/").rpartition("/views/")
    with _client(server or base or None) as client:
        client.views.revoke(name, key)
    typer.echo(f"{name} is revoked.")


def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    library: LibraryOption = None,
    database: DatabaseOption = None,
) -> None:
    """Write all views and annotations, with all history, to one file; the server may run on."""
    from atlasview.marks.backup import backup as write

    store = _database(ctx, library, database)
    try:
        with row_progress("Writing") as progress:
            count = write(store, file.expanduser(), progress)
    finally:
        store.close()
    typer.echo(f"{count} rows of {store.name} are in {file}.")


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A backup.", show_default=False)],
    library: LibraryOption = None,
    database: DatabaseOption = None,
) -> None:
    """Bring a backup back into an empty database, of either kind."""
    from atlasview.marks.backup import restore as read

    store = _database(ctx, library, database)
    try:
        with row_progress("Reading") as progress:
            count = read(store, file.expanduser(), progress)
    finally:
        store.close()
    typer.echo(f"{count} rows are in {store.name}.")


def _is_link(state: str) -> bool:
    return "#" not in state and _LINK in state and _server_of(state) is not None


def _server_of(state: str) -> str | None:
    base = state.partition("#")[0].partition(_LINK)[0]
    return base if base.startswith(("http://", "https://")) else None


def _database(ctx: typer.Context, library: Path | None, url: str | None) -> Any:
    """Open the database that is meant: what the command line says counts before the environment."""
    from atlasview.library import library_root
    from atlasview.marks.database import Database, default_url

    said = {name for name in ("library", "database") if _is_said(ctx, name)}
    if len(said) == 2:
        raise InvalidParameterError(
            "--database", url, "it says where, and so does --library; give one of them"
        )
    if url and said != {"library"}:
        return Database(url)
    given = (library or default_library()).expanduser()
    return Database(default_url(library_root(given) or given))


def _is_said(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _client(server: str | None) -> Any:
    from atlasview.client import Client

    return Client(server or _LOCAL)


def _read(file: Path) -> Any:
    try:
        return json.loads(file.expanduser().read_text(encoding="utf-8"))
    except OSError as exc:
        raise LibraryError(f"{file} cannot be read: {exc.strerror or exc}.") from exc
    except ValueError:
        raise InvalidParameterError("FILE", file, "it takes JSON, or an address with «#»") from None
