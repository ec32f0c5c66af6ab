"""Annotation sets in the database: made, described, shared and taken away."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from atlasview.errors import ConflictError, GoneError, NotFoundError
from atlasview.marks.clock import now
from atlasview.marks.database import Database
from atlasview.marks.keys import digest, new_id, new_key
from atlasview.marks.rights import check_mark, check_own, check_read, owns
from atlasview.marks.rows import Row, all_rows, first_row
from atlasview.marks.tables import sets


@dataclass(frozen=True, slots=True)
class SetDraft:
    """What its maker says of a set.

    Parameters
    ----------
    title, text, author : str
    space : str
        Reference space of its points.
    access : str
        One of `atlasview.marks.rights.ACCESS`.
    atlas, parcellation : str or None
        Where regions are looked up; what fits the space when not said.
    """

    title: str
    space: str
    text: str = ""
    author: str = ""
    access: str = "readable"
    atlas: str | None = None
    parcellation: str | None = None


@dataclass(frozen=True, slots=True)
class MadeSet:
    """A new set, and its keys, which are told this once."""

    id: str
    revision: int
    edit_key: str
    read_key: str


@dataclass(frozen=True, slots=True)
class AnnotationSet:
    """A set as it is kept."""

    id: str
    revision: int
    edition: int
    count: int
    space: str
    access: str
    created: str
    updated: str
    doc: Mapping[str, Any]
    yours: bool = False

    def told(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "id": self.id, **self.doc, "space": self.space, "access": self.access,
            "revision": self.revision, "edition": self.edition, "count": self.count,
            "created": self.created, "updated": self.updated,
        }  # fmt: skip


class SetStore:
    """The annotation sets of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, draft: SetDraft) -> MadeSet:
        """Keep a new set."""
        made = MadeSet(new_id(), 1, new_key(), new_key())
        moment = now()
        with self._database.write() as connection:
            connection.execute(
                insert(sets).values(
                    id=made.id, edit_hash=digest(made.edit_key), read_hash=digest(made.read_key),
                    access=draft.access, space=draft.space, revision=1, edition=1, count=0,
                    gone=None, created=moment, updated=moment, doc=_doc(draft),
                )
            )  # fmt: skip
        return made

    def get(self, name: str, key: str | None = None) -> AnnotationSet:
        """Return a set.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError
        """
        with self._database.read() as connection:
            row = set_row(connection, name)
        check_read(row, key)
        return _set(row, key)

    def marked(self, name: str, key: str | None) -> AnnotationSet:
        """Return a set whose annotations are to be changed.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError
        """
        with self._database.read() as connection:
            row = set_row(connection, name)
        check_mark(row, key)
        return _set(row, key)

    def owned(self, key: str) -> list[AnnotationSet]:
        """Return the sets of which this is the edit key."""
        with self._database.read() as connection:
            rows = all_rows(
                connection,
                select(sets)
                .where(sets.c.edit_hash == digest(key), sets.c.gone.is_(None))
                .order_by(sets.c.created.desc()),
            )
            return [_set(row, key) for row in rows]

    def change(
        self, name: str, key: str | None, expected: int | None, draft: SetDraft
    ) -> AnnotationSet:
        """Change a set's title, text and rights; its space stays.

        Parameters
        ----------
        expected : int or None
            The edition that the caller knows; -1 for whichever it is.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError, ConflictError
        """
        with self._database.write() as connection:
            row = set_row(connection, name, lock=True)
            check_own(row, key, "change this set")
            check_expected("set", expected, row["edition"], _set(row, key).told())
            connection.execute(
                update(sets)
                .where(sets.c.id == name)
                .values(
                    edition=row["edition"] + 1,
                    access=draft.access,
                    updated=now(),
                    doc=_doc(draft),
                )
            )
            return _set(set_row(connection, name), key)

    def remove(self, name: str, key: str | None) -> None:
        """Take a set away; who holds its key can bring it back.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError
        """
        self._gone(name, key, now(), "delete this set")

    def bring_back(self, name: str, key: str | None) -> AnnotationSet:
        """Bring back a set that was taken away.

        Raises
        ------
        NotFoundError, ForbiddenError
        """
        self._gone(name, key, None, "bring this set back")
        return self.get(name, key)

    def revisions(self, names: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return revision and edition of each set that is there; cheap, to be asked often."""
        asked = select(sets.c.id, sets.c.revision, sets.c.edition).where(
            sets.c.id.in_(names), sets.c.gone.is_(None)
        )
        with self._database.read() as connection:
            return {row.id: (row.revision, row.edition) for row in connection.execute(asked)}

    def _gone(self, name: str, key: str | None, moment: str | None, what: str) -> None:
        with self._database.write() as connection:
            row = set_row(connection, name, lock=True, gone=moment is None)
            check_own(row, key, what)
            connection.execute(
                update(sets).where(sets.c.id == name).values(gone=moment, updated=now())
            )


def set_row(connection: Connection, name: str, *, lock: bool = False, gone: bool = False) -> Row:
    """Return the row of a set.

    Parameters
    ----------
    connection : Connection
    name : str
    lock : bool
        Keep other writers of this set out until the transaction ends.
    gone : bool
        Also of one that was taken away.

    Raises
    ------
    NotFoundError, GoneError
    """
    asked = select(sets).where(sets.c.id == name)
    row = first_row(connection, asked.with_for_update() if lock else asked)
    if row is None:
        raise NotFoundError("annotation set", name)
    if row["gone"] is not None and not gone:
        raise GoneError(
            "annotation set", name, f"was taken away by its maker on {row['gone'][:10]}"
        )
    return row


def check_expected(
    kind: str, expected: int | None, found: int, current: Mapping[str, Any] | None
) -> None:
    """Refuse a change of what the caller has not seen.

    Raises
    ------
    ConflictError
    """
    if expected is None:
        raise ConflictError(
            f'Say which revision of the {kind} you change, with If-Match: "{found}".',
            found,
            current,
            named=False,
        )
    if expected not in (-1, found):
        raise ConflictError(
            f"The {kind} is at revision {found}, not {expected}: somebody changed it in between.",
            found, current,
        )  # fmt: skip


def _doc(draft: SetDraft) -> str:
    return json.dumps(
        {
            "title": draft.title, "text": draft.text, "author": draft.author,
            "atlas": draft.atlas, "parcellation": draft.parcellation,
        }
    )  # fmt: skip


def _set(row: Row, key: str | None) -> AnnotationSet:
    return AnnotationSet(
        id=row["id"], revision=row["revision"], edition=row["edition"], count=row["count"],
        space=row["space"], access=row["access"], created=row["created"], updated=row["updated"],
        doc=json.loads(row["doc"]), yours=owns(row, key),
    )  # fmt: skip
