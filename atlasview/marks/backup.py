"""All views and annotations, with all history, as one file; into either kind of database again.

The file is gzipped lines of JSON: what it is, then one line a row, then how many there were. It is
of one moment, whatever is written meanwhile.
"""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, insert, select

from atlasview.errors import LibraryError
from atlasview.marks import schema
from atlasview.marks.clock import now
from atlasview.marks.database import Database
from atlasview.marks.tables import metadata

_FORMAT = "atlasview-backup"
_ROWS = 1000
#: Is told how many rows are done, and how many there are.
Progress = Callable[[int, int], object]


def backup(database: Database, file: Path, progress: Progress | None = None) -> int:
    """Write all there is to a file, whole or not at all.

    Parameters
    ----------
    database : Database
    file : Path
    progress : callable, optional

    Returns
    -------
    int
        Rows.

    Raises
    ------
    LibraryError
        The file cannot be written.
    StoreUnavailableError, StorageError
    """
    part = file.with_name(f"{file.name}.{uuid.uuid4().hex[:8]}.part")
    count = 0
    try:
        with gzip.open(part, "wt", encoding="ascii", compresslevel=6) as out:
            with database.read() as connection:
                total = sum(_count(connection, table) for table in metadata.sorted_tables)
                head = {"format": _FORMAT, "schema": schema.NEWEST, "at": now(), "rows": total}
                out.write(json.dumps(head) + "\n")
                for table in metadata.sorted_tables:
                    asked = select(table).order_by(*table.primary_key.columns)
                    rows = connection.execution_options(yield_per=_ROWS).execute(asked)
                    for row in rows.mappings():
                        line = [table.name, {str(k): v for k, v in row.items()}]
                        out.write(json.dumps(line) + "\n")
                        count += 1
                        if progress is not None and not count % _ROWS:
                            progress(count, total)
            out.write(json.dumps({"rows": count}) + "\n")
        part.replace(file)
    except OSError as exc:
        raise LibraryError(f"{file} cannot be written: {exc.strerror or exc}.") from exc
    finally:
        part.unlink(missing_ok=True)
    return count


def restore(database: Database, file: Path, progress: Progress | None = None) -> int:
    """Bring a backup back into an empty database, all or nothing.

    One that an older AtlasView made is brought to the newest schema.

    Parameters
    ----------
    database : Database
    file : Path
    progress : callable, optional

    Returns
    -------
    int
        Rows.

    Raises
    ------
    LibraryError
        The file is no whole backup, or the database is not empty.
    StoreUnavailableError, StorageError
    """
    lines = _lines(file)
    head = next(lines, None)
    if not isinstance(head, dict) or head.get("format") != _FORMAT:
        raise LibraryError(f"{file} is no backup of views and annotations.")
    with database.write() as connection:
        for table in metadata.sorted_tables:
            if _count(connection, table):
                raise LibraryError(
                    f"{database.name} holds views or annotations already; a backup comes back into "
                    "an empty database."
                )
        return _fill(connection, head, lines, file, progress)


def _count(connection: Connection, table: Table) -> int:
    found: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
    return found


def _fill(
    connection: Connection,
    head: dict[str, Any],
    lines: Iterator[Any],
    file: Path,
    progress: Progress | None,
) -> int:
    made_by, total = str(head.get("schema")), head.get("rows")
    if made_by != schema.NEWEST:
        metadata.drop_all(connection)
        schema.forget(connection)
        schema.upgrade(connection, made_by)
    known = MetaData()
    known.reflect(connection, only=lambda name, _: name.startswith("atlasview_"))
    count, whole = 0, False
    waiting: list[dict[str, Any]] = []
    table: Table | None = None
    for line in lines:
        if isinstance(line, dict):
            whole = line.get("rows") == count
            break
        name, row = line
        if name not in known.tables:
            raise LibraryError(f"{file} is damaged: it names a table {str(name)[:50]!r}.")
        if table is not known.tables[name] or len(waiting) >= _ROWS:
            if table is not None and waiting:
                connection.execute(insert(table), waiting)
            table, waiting = known.tables[name], []
            if progress is not None and isinstance(total, int):
                progress(count, total)
        waiting.append(row)
        count += 1
    if table is not None and waiting:
        connection.execute(insert(table), waiting)
    if not whole:
        raise LibraryError(f"{file} is not whole: it ends after {count} rows.")
    schema.upgrade(connection)
    return count


def _lines(file: Path) -> Iterator[Any]:
    try:
        with gzip.open(file, "rt", encoding="ascii") as source:
            for line in source:
                yield json.loads(line)
    except FileNotFoundError as exc:
        raise LibraryError(f"{file}: there is no such file.") from exc
    except (OSError, EOFError, ValueError) as exc:
        raise LibraryError(f"{file} is no whole backup: {exc}.") from exc
