"""Requests that carry a key of their own: sent again after a lost answer, they are done once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from atlasview.errors import RepeatedError
from atlasview.marks.clock import now, told
from atlasview.marks.tables import requests

#: How long an answer is kept.
_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Once:
    """A request that is to be done once.

    Parameters
    ----------
    key : str
        Chosen by who asks, new for each request.
    digest : str
        Of all that is asked, so that a key used twice for two things is noticed.
    """

    key: str
    digest: str


def done_once(
    connection: Connection, scope: str, once: Once | None, do: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Do something, or return what it answered when it was done before.

    The caller holds a lock that keeps others out of the same scope.

    Raises
    ------
    RepeatedError
        The key came with another request.
    """
    if once is None:
        return do()
    kept = connection.execute(
        select(requests.c.digest, requests.c.answer).where(
            requests.c.scope == scope, requests.c.key == once.key
        )
    ).first()
    if kept is not None:
        if kept.digest != once.digest:
            raise RepeatedError("This Idempotency-Key came with another request; take a new one.")
        found: dict[str, Any] = json.loads(kept.answer)
        return found
    answer = do()
    connection.execute(delete(requests).where(requests.c.at < told(datetime.now(UTC) - _KEPT)))
    connection.execute(
        insert(requests).values(
            scope=scope, key=once.key, digest=once.digest, at=now(), answer=json.dumps(answer)
        )
    )
    return answer
