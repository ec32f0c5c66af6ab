"""Times as they are stored and told: RFC 3339, UTC, milliseconds; so written they sort as text."""

from __future__ import annotations

from datetime import UTC, datetime

from atlasview.errors import InvalidParameterError


def now() -> str:
    """Return the present."""
    return told(datetime.now(UTC))


def told(moment: datetime) -> str:
    """Write a moment."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_future(name: str, text: object) -> str:
    """Read a moment to come.

    Raises
    ------
    InvalidParameterError
        It is no moment with a time zone, or is past.
    """
    expected = "it takes a moment to come with its time zone, such as 2031-01-31T12:00:00Z"
    try:
        moment = datetime.fromisoformat(str(text)) if isinstance(text, str) else None
        found = told(moment) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        found = None
    if found is None or found <= now():
        raise InvalidParameterError(name, text, expected)
    return found
