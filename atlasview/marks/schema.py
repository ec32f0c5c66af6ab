"""Bring a database to the newest schema; the steps are in ``migrations``."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, MetaData, Table, column, inspect, select, table

from atlasview.errors import LibraryError

VERSION_TABLE = "atlasview_schema"
_STEPS = Path(__file__).parent / "migrations"
#: The newest step.
NEWEST = "0002"


def version(connection: Connection) -> str | None:
    """Return the step that a database is at; None when it is empty."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.execute(
        select(column("version_num")).select_from(table(VERSION_TABLE))
    ).scalar()
    return found


def forget(connection: Connection) -> None:
    """Take away the note of the step that a database without tables is at."""
    Table(VERSION_TABLE, MetaData()).drop(connection, checkfirst=True)


def upgrade(connection: Connection, to: str = NEWEST) -> None:
    """Walk the steps up to one, within the transaction of the connection.

    Raises
    ------
    LibraryError
        A newer AtlasView made the database.
    """
    found = version(connection)
    if found == to:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise LibraryError(
            f"The database of views and annotations is of schema {found}, made by a newer "
            f"AtlasView; this one knows {NEWEST}. Update AtlasView."
        )
    if to not in known:
        raise LibraryError(f"There is no schema {to}; a newer AtlasView made it. Update AtlasView.")
    command.upgrade(config, to)
