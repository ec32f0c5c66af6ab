"""The line from Python to a server: asked, refused, saved as files."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from atlasview.clientask import json_of
from atlasview.errors import AtlasViewError, InvalidParameterError, UnreachableError


class ServerError(AtlasViewError):
    """The server refused, or failed.

    Parameters
    ----------
    status : int
    problem : mapping
        The problem document (RFC 9457), empty where the server sent none.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status, self.problem = status, dict(problem)
        text = ": ".join(str(problem[k]) for k in ("title", "detail") if problem.get(k))
        super().__init__(text or f"The server answered {status}.")


class Line:
    """The connections to one server.

    Parameters
    ----------
    url : str
    timeout : float
        Seconds.

    Raises
    ------
    InvalidParameterError
        The address is none of the web.
    """

    def __init__(self, url: str, timeout: float) -> None:
        if not url.startswith(("http://", "https://")):
            raise InvalidParameterError("url", url, "it begins with http:// or https://")
        self.url = url.rstrip("/")
        self._http = httpx.Client(base_url=self.url, timeout=timeout, follow_redirects=True)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask; what the server refuses is raised.

        Raises
        ------
        ServerError
        UnreachableError
        """
        with self._reaching():
            return _checked(self._http.request(method, path, **more))

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Say in our words that the server does not answer."""
        try:
            yield
        except httpx.TransportError as exc:
            raise UnreachableError(self.url, str(exc) or type(exc).__name__) from exc

    def save(self, path: str, asked: Mapping[str, object], place: Path) -> dict[str, str]:
        """Save an answer as a file, whole or not at all, and return its headers."""
        with self._reaching(), self._http.stream("GET", path, params=known(asked)) as response:
            if not response.is_success:
                response.read()
            _checked(response)
            write_whole(place, response.iter_bytes())
            return dict(response.headers)

    def json(self, path: str, asked: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Ask for a document."""
        return json_of(self.get(path, asked or {}))

    def get(self, path: str, asked: Mapping[str, object]) -> httpx.Response:
        """Ask for what lies at a path, with the parameters that were given."""
        return self.ask("GET", path, params=known(asked))


def write_whole(place: Path, pieces: Iterable[bytes]) -> None:
    """Write a file whole, or not at all."""
    part = place.with_name(f"{place.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with part.open("wb") as file:
            file.writelines(pieces)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def known(asked: Mapping[str, object]) -> dict[str, str]:
    """Return the parameters that were given, as text."""

    def text(value: object) -> str:
        if isinstance(value, bool):
            return str(int(value))
        if isinstance(value, Iterable) and not isinstance(value, str):
            return ",".join(map(str, value))
        return str(value)

    return {name: text(value) for name, value in asked.items() if value is not None}


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    raise ServerError(response.status_code, problem if isinstance(problem, dict) else {})
