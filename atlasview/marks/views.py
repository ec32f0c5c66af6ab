"""Views in the database: made, revised, listed, let expire and revoked by who holds the key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from atlasview.errors import ConflictError, ForbiddenError, GoneError, NotFoundError
from atlasview.marks.clock import now
from atlasview.marks.database import Database
from atlasview.marks.keys import digest, new_id, new_key, opens
from atlasview.marks.rows import Row, all_rows, first_row
from atlasview.marks.tables import view_revisions, views


@dataclass(frozen=True, slots=True)
class ViewDraft:
    """What its maker says of a view.

    Parameters
    ----------
    title, text, author : str
    state : mapping
        A view document of ours, or a Neuroglancer state.
    made_on : mapping
        What the data were when it was made.
    expires : str or None
    minimal : bool
        Show it on a page that only shows.
    listed : bool
        Let everybody find it in the list of views.
    """

    title: str
    text: str
    author: str
    state: Mapping[str, Any]
    made_on: Mapping[str, Any]
    expires: str | None = None
    minimal: bool = False
    listed: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """One revision of a view as it is kept."""

    id: str
    revision: int
    newest: int
    created: str
    updated: str
    expires: str | None
    listed: bool
    doc: Mapping[str, Any]

    @property
    def title(self) -> str:
        """What people call it."""
        return str(self.doc["title"])

    @property
    def state(self) -> dict[str, Any]:
        """The document, as it was posted."""
        found: dict[str, Any] = self.doc["state"]
        return found

    @property
    def made_on(self) -> dict[str, Any]:
        """What the data were when it was made."""
        found: dict[str, Any] = self.doc["made_on"]
        return found


@dataclass(frozen=True, slots=True)
class MadeView:
    """A new view, and the key to it, which is told this once."""

    id: str
    revision: int
    key: str


class ViewStore:
    """The views of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, draft: ViewDraft, key: str | None = None) -> MadeView:
        """Keep a new view.

        Parameters
        ----------
        draft : ViewDraft
        key : str, optional
            The key of other views of the same maker, to have it open this one too.

        Raises
        ------
        ForbiddenError
            The key opens no view.
        """
        name, made = new_id(), key or new_key()
        moment = now()
        with self._database.write() as connection:
            if key is not None and not self._known(connection, key):
                raise ForbiddenError("add a view to those of this key", given=True)
            connection.execute(
                insert(views).values(
                    id=name, key_hash=digest(made), revision=1, listed=draft.listed,
                    expires=draft.expires, gone=None, created=moment, updated=moment,
                )
            )  # fmt: skip
            _add_revision(connection, name, 1, moment, draft)
        return MadeView(name, 1, made)

    def get(self, name: str, revision: int | None = None, key: str | None = None) -> View:
        """Return a view, the newest revision or any; with its key one that expired, too.

        Raises
        ------
        NotFoundError, GoneError
        """
        with self._database.read() as connection:
            row = _row(connection, name, expired=True)
            if not opens(key, row["key_hash"]):
                _check_expiry(row)
            wanted = row["revision"] if revision is None else revision
            kept = first_row(
                connection,
                select(view_revisions).where(
                    view_revisions.c.view_id == name, view_revisions.c.revision == wanted
                ),
            )
        if kept is None:
            raise NotFoundError("revision", wanted, range(1, row["revision"] + 1))
        return _view(row, kept)

    def revisions(self, name: str) -> list[View]:
        """Return every revision of a view, the newest first.

        Raises
        ------
        NotFoundError, GoneError
        """
        with self._database.read() as connection:
            row = _row(connection, name)
            kept = all_rows(
                connection,
                select(view_revisions)
                .where(view_revisions.c.view_id == name)
                .order_by(view_revisions.c.revision.desc()),
            )
            return [_view(row, each) for each in kept]

    def revise(self, name: str, key: str | None, expected: int | None, draft: ViewDraft) -> View:
        """Keep a new revision of a view.

        Parameters
        ----------
        name : str
        key : str or None
        expected : int or None
            The newest revision, as the caller knows it; -1 for whichever it is.
        draft : ViewDraft

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError, ConflictError
        """
        moment = now()
        with self._database.write() as connection:
            row = _row(connection, name, lock=True, expired=True)
            _check_key(row, key, "revise this view")
            newest = row["revision"]
            if expected is None:
                raise ConflictError(
                    f'Say which revision you change, with If-Match: "{newest}".',
                    newest,
                    named=False,
                )
            if expected not in (-1, newest):
                raise ConflictError(
                    f"The view is at revision {newest}, not {expected}; look at it and try again.",
                    newest,
                )
            connection.execute(
                update(views)
                .where(views.c.id == name)
                .values(
                    revision=newest + 1, updated=moment, expires=draft.expires, listed=draft.listed
                )
            )
            _add_revision(connection, name, newest + 1, moment, draft)
        return self.get(name)

    def revoke(self, name: str, key: str | None) -> None:
        """Take a view away: its link says so from now on, and what it held is erased.

        Raises
        ------
        NotFoundError, GoneError, ForbiddenError
        """
        moment = now()
        with self._database.write() as connection:
            row = _row(connection, name, lock=True, expired=True)
            _check_key(row, key, "revoke this view")
            connection.execute(delete(view_revisions).where(view_revisions.c.view_id == name))
            connection.execute(
                update(views).where(views.c.id == name).values(gone=moment, updated=moment)
            )

    def page(
        self, key: str | None, limit: int, after: str | None = None
    ) -> tuple[list[View], str | None]:
        """List views, the newest first: those that a key opens, or those their makers let be found.

        Returns
        -------
        list of View, and str or None
            `after` of the next page.
        """
        wanted = views.c.listed.is_(True) if key is None else views.c.key_hash == digest(key)
        asked = (
            select(views, view_revisions.c.doc, view_revisions.c.created.label("revised"))
            .join(
                view_revisions,
                (view_revisions.c.view_id == views.c.id)
                & (view_revisions.c.revision == views.c.revision),
            )
            .where(wanted, views.c.gone.is_(None))
            .order_by(views.c.created.desc(), views.c.id)
        )
        if key is None:
            asked = asked.where(views.c.expires.is_(None) | (views.c.expires > now()))
        if after is not None:
            moment, _, name = after.partition("~")
            asked = asked.where(
                (views.c.created < moment) | ((views.c.created == moment) & (views.c.id > name))
            )
        with self._database.read() as connection:
            rows = all_rows(connection, asked.limit(limit + 1))
        shown = [
            _view(row, {"doc": row["doc"], "revision": row["revision"], "created": row["revised"]})
            for row in rows[:limit]
        ]
        more = len(rows) > limit
        return shown, f"{rows[limit - 1]['created']}~{rows[limit - 1]['id']}" if more else None

    def _known(self, connection: Connection, key: str) -> bool:
        asked = select(views.c.id).where(views.c.key_hash == digest(key)).limit(1)
        return connection.execute(asked).first() is not None


def _row(connection: Connection, name: str, *, lock: bool = False, expired: bool = False) -> Row:
    asked = select(views).where(views.c.id == name)
    row = first_row(connection, asked.with_for_update() if lock else asked)
    if row is None:
        raise NotFoundError("view", name)
    if row["gone"] is not None:
        raise GoneError("view", name, f"was revoked by its maker on {row['gone'][:10]}")
    if not expired:
        _check_expiry(row)
    return row


def _check_expiry(row: Row) -> None:
    if row["expires"] is not None and row["expires"] <= now():
        day = row["expires"][:10]
        raise GoneError("view", row["id"], f"expired on {day}, as its maker chose")


def _check_key(row: Row, key: str | None, what: str) -> None:
    if not opens(key, row["key_hash"]):
        raise ForbiddenError(what, given=key is not None)


def _add_revision(
    connection: Connection, name: str, revision: int, moment: str, draft: ViewDraft
) -> None:
    doc = {
        "title": draft.title, "text": draft.text, "author": draft.author,
        "minimal": draft.minimal, "state": draft.state, "made_on": draft.made_on,
    }  # fmt: skip
    connection.execute(
        insert(view_revisions).values(
            view_id=name, revision=revision, created=moment, doc=json.dumps(doc)
        )
    )


def _view(row: Mapping[str, Any], kept: Mapping[str, Any]) -> View:
    return View(
        id=row["id"],
        revision=kept["revision"],
        newest=row["revision"],
        created=row["created"],
        updated=kept["created"],
        expires=row["expires"],
        listed=bool(row["listed"]),
        doc=json.loads(kept["doc"]),
    )
