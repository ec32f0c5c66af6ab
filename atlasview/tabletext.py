"""The text of a table that a person has saved from a spreadsheet or an editor, in any encoding."""

from __future__ import annotations

from pathlib import Path

from atlasview.errors import AtlasDefinitionError

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def table_text(content: bytes, path: Path) -> tuple[str, tuple[str, ...]]:
    """Return what bytes say, lines ended as everywhere in Python, and what is odd about them.

    Raises
    ------
    AtlasDefinitionError
        They are no text.
    """
    if content.startswith(_WORKBOOKS):
        raise AtlasDefinitionError(
            path, "it is a workbook of a spreadsheet; save the sheet as «CSV UTF-8» and give that"
        )
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
    notes: tuple[str, ...] = ()
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = "\0" if b"\0" in content else content.decode("cp1252", "replace")
        notes = (
            "The table is not in UTF-8 and was read as Windows-1252, in which spreadsheets write "
            "CSV; where names look wrong, save it as «CSV UTF-8».",
        )
    if "\0" in text:
        raise AtlasDefinitionError(path, "it is not text in UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes
