"""How the rooms of the client ask a server."""

from __future__ import annotations

from typing import Any, Protocol, cast

import httpx

Json = dict[str, Any]


class Ask(Protocol):
    """How a server is asked."""

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask; what the server refuses is raised."""


def key_header(key: str | None) -> dict[str, str]:
    """Return the header that carries an edit key; none without a key."""
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def json_of(answer: httpx.Response) -> Json:
    """Return the JSON of an answer."""
    return cast("Json", answer.json())
