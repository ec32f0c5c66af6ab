"""Every exception that AtlasView raises on purpose.

Each carries the data that its sentence is made of, so that the edge can turn it into a status code
and a problem document without parsing text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def _revive(kind: type[AtlasViewError], text: str) -> AtlasViewError:
    error = kind.__new__(kind)
    error.args = (text,)
    return error


class AtlasViewError(Exception):
    """Base of all errors raised on purpose; its text is one sentence fit for a person."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes, whatever a class takes to be made."""
        return _revive, (type(self), str(self)), self.__dict__


class NotFoundError(AtlasViewError):
    """Nothing has that name: an atlas, a volume, a level, a region, a channel."""

    def __init__(self, kind: str, name: object, known: Sequence[object] = ()) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        shown = ", ".join(str(k) for k in self.known[:8])
        more = ", …" if len(self.known) > 8 else ""
        hint = f"; there are: {shown}{more}" if self.known else ""
        super().__init__(f"There is no {kind} {str(name)[:100]!r}{hint}.")


class OutOfVolumeError(AtlasViewError):
    """A tile, slice, voxel or box lies outside what the volume holds."""

    def __init__(self, what: str, value: object, bounds: str) -> None:
        self.what, self.value, self.bounds = what, value, bounds
        super().__init__(f"The {what} {value} lies outside the volume: {bounds}.")


class InvalidParameterError(AtlasViewError):
    """A parameter has a value that the caller can mend, or none (None) where one is needed."""

    def __init__(self, parameter: str, value: object, expected: str) -> None:
        self.parameter, self.value, self.expected = parameter, value, expected
        if value is None:
            super().__init__(f"{parameter} is missing: {expected}.")
            return
        shown = str(value)
        shown = shown if len(shown) <= 80 else shown[:77] + "…"
        super().__init__(f"{parameter}={shown!r} cannot be used: {expected}.")


class TooLargeError(AtlasViewError):
    """A request asks for more than a limit allows."""

    def __init__(self, what: str, asked: int, limit: int, unit: str) -> None:
        self.what, self.asked, self.limit, self.unit = what, asked, limit, unit
        super().__init__(f"The {what} would take {asked} {unit}; the limit is {limit} {unit}.")


class ConflictError(AtlasViewError):
    """Somebody else changed it in between, or it was not said which revision is to be changed.

    Parameters
    ----------
    text : str
    revision : int or None
        The revision it has now; None where none was named to be compared with it.
    current : mapping, optional
        What it is now, so that both can be shown.
    named : bool
        Whether the caller named a revision at all.
    """

    def __init__(
        self,
        text: str,
        revision: int | None = None,
        current: Mapping[str, object] | None = None,
        *,
        named: bool = True,
    ) -> None:
        self.revision, self.current, self.named = revision, current, named
        super().__init__(text)


class RepeatedError(AtlasViewError):
    """A request cannot be reconciled with what came before it."""


class UnrelatedSpacesError(AtlasViewError):
    """No transform leads from one reference space to another."""

    def __init__(self, source: str, target: str) -> None:
        self.source, self.target = source, target
        super().__init__(
            f"Nothing leads from the space {source!r} to {target!r}: no transform between them is "
            "known here. Add one with «atlasview space add», or ask in the space of the data."
        )


class ForbiddenError(AtlasViewError):
    """A key is missing, or does not open this."""

    def __init__(self, what: str, *, given: bool) -> None:
        self.what, self.given = what, given
        super().__init__(
            f"This key does not let you {what}."
            if given
            else f"To {what} takes a key: send it as «Authorization: Bearer KEY»."
        )


class GoneError(AtlasViewError):
    """It was there, and its maker took it away or let it expire."""

    def __init__(self, kind: str, name: str, why: str) -> None:
        self.kind, self.name, self.why = kind, name, why
        super().__init__(f"The {kind} {name} {why}.")


class StorageError(AtlasViewError):
    """Stored bytes or metadata exist but cannot be read or understood; a retry will not help."""

    def __init__(self, location: str, reason: str) -> None:
        self.location, self.reason = location, reason
        super().__init__(f"{location} cannot be read: {reason}.")


class StoreUnavailableError(AtlasViewError):
    """The store does not answer now; a retry may help."""

    def __init__(self, location: str, reason: str) -> None:
        self.location, self.reason = location, reason
        super().__init__(f"The store of {location} does not answer: {reason}.")


class UnreachableError(AtlasViewError):
    """A server does not answer, or falls silent in the middle of an answer."""

    def __init__(self, url: str, reason: str) -> None:
        self.url, self.reason = url, reason
        super().__init__(f"The server at {url} does not answer: {reason}.")


class SourceError(AtlasViewError):
    """A file given to ingest cannot be used; the sentence names the file and the fix."""

    def __init__(self, path: object, problem: str) -> None:
        self.path, self.problem = str(path), problem
        super().__init__(f"{path}: {problem}.")


class LibraryError(AtlasViewError):
    """A library, catalogue or demo cannot be opened or written."""


class AtlasDefinitionError(AtlasViewError):
    """A region table or an atlas description contradicts itself."""

    def __init__(self, path: object, problem: str) -> None:
        self.path, self.problem = str(path), problem
        super().__init__(f"{path}: {problem}.")
