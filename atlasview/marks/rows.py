"""Rows of an answer as plain dicts by column."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Executable

Row = dict[str, Any]


def first_row(connection: Connection, asked: Executable) -> Row | None:
    """Return the first row of an answer, None when it is empty."""
    found = connection.execute(asked).mappings().first()
    return None if found is None else {str(k): v for k, v in found.items()}


def all_rows(connection: Connection, asked: Executable) -> list[Row]:
    """Return all rows of an answer."""
    return [{str(k): v for k, v in row.items()} for row in connection.execute(asked).mappings()]
