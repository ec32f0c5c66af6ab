"""Cells of tables that spreadsheets open: text that stays text."""

from __future__ import annotations

#: What a spreadsheet would run as a formula; an apostrophe before it keeps it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def safe_cell(value: object) -> object:
    """Return what is written into a cell; None is an empty one."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value


def plain_cell(text: str) -> str:
    """Return the text of a cell that `safe_cell` wrote."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in _FORMULA else text
