"""Views and annotations of a server, from Python."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import httpx

from atlasview.errors import InvalidParameterError, LibraryError
from atlasview.marks.address import parse_address
from atlasview.marks.fields import TITLE
from atlasview.marks.viewdocument import Shown, read_document, written

Json = dict[str, Any]
#: Rows of a table sent at a time; the server takes no more in one request.
_BATCH = 20_000
#: A link of a view, as the page has it.
_VIEW = re.compile(r"/views/(?P<id>[0-9a-z]+)/?(?:\?(?:.*&)?revision=(?P<revision>\d+))?")
_SUFFIXES = {".csv": "csv", ".json": "json", ".tsv": "bids"}
_MEDIA = {
    "csv": "text/csv", "bids": "text/tab-separated-values", "json": "application/json",
    "neuroglancer": "application/json",
}  # fmt: skip


class Ask(Protocol):
    """How a server is asked."""

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask; what the server refuses is raised."""


class ClientViews:
    """The views of a server.

    Examples
    --------
    >>> made = client.views.create(address, title="Left putamen")  # doctest: +SKIP
    >>> made["url"], made["edit_key"]  # doctest: +SKIP
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def create(
        self, state: object, *, title: str = "", text: str = "", author: str = "",
        expires: str | None = None, minimal: bool = False, listed: bool = False,
        key: str | None = None,
    ) -> Json:  # fmt: skip
        """Make a view.

        Parameters
        ----------
        state : str, mapping or neuroglancer.ViewerState
            An address as the page shows it, a view document, or a Neuroglancer state.
        title, text, author : str
        expires : str, optional
            A moment to come, such as ``2031-01-31T12:00:00Z``.
        minimal : bool
            Open it on a page that only shows.
        listed : bool
            Let everybody find it.
        key : str, optional
            The key of another view, to have it open this one too.

        Returns
        -------
        dict
            ``id``, ``url``, ``revision`` and ``edit_key``, which is told this once.

        Raises
        ------
        ServerError
            The server refused.
        """
        body = {
            "title": title, "text": text, "author": author, "state": view_state(state),
            "minimal": minimal, "listed": listed,
            **({"expires": expires} if expires is not None else {}),
        }  # fmt: skip
        return _json(self._ask("POST", "/api/views", json=body, headers=_key(key)))

    def create_story(self, steps: Iterable[object], *, title: str = "", **more: Any) -> Json:
        """Make a story: views that are stepped through, each with a title and text.

        Parameters
        ----------
        steps : iterable
            Each an address or a link of a view as the page shows it, a view document, or a mapping
            with ``state`` (one of these), ``title`` and ``text``. A link of a view brings its own
            title and text.
        title : str
        **more
            As `create` takes it: ``text``, ``author``, ``expires``, ``minimal``, ``listed``,
            ``key``.

        Raises
        ------
        ServerError
            The server refused.
        """
        return self.create(story([self._step(step) for step in steps]), title=title, **more)

    def _step(self, step: object) -> Json:
        said = dict(step) if isinstance(step, Mapping) and "state" in step else {"state": step}
        state = said["state"]
        name = _VIEW.search(state) if isinstance(state, str) and "#" not in state else None
        if name is None:
            return {**said, "state": view_state(state)}
        revision = name["revision"]
        found = self.get(name["id"], int(revision) if revision else None)
        if found["document"] is None:
            raise InvalidParameterError("state", state, "it shows nothing that is served here")
        return {"title": found["title"], "text": found["text"], **said, "state": found["document"]}

    def get(self, view: str, revision: int | None = None, *, space: str | None = None) -> Json:
        """Return a view, its newest revision or any, carried to another space where one is named.

        Raises
        ------
        ServerError
        """
        asked = {"revision": revision, "space": space}
        params = {k: v for k, v in asked.items() if v is not None}
        return _json(self._ask("GET", f"/api/views/{view}", params=params))

    def revise(self, view: str, key: str, **changes: object) -> Json:
        """Change what is named of a view, and leave the rest.

        Raises
        ------
        ServerError
            The key is another, or somebody changed the view in between.
        """
        found = self._ask("GET", f"/api/views/{view}", headers=_key(key))
        body = _json(found)
        if "state" in changes:
            changes["state"] = view_state(changes["state"])
        headers = {**_key(key), "If-Match": found.headers["etag"]}
        return _json(
            self._ask("PUT", f"/api/views/{view}", json={**body, **changes}, headers=headers)
        )

    def list(self, key: str | None = None) -> Iterator[Json]:
        """List the views of a key, or those that everybody may find, the newest first.

        Raises
        ------
        ServerError
        """
        params: Json = {"limit": 100}
        while True:
            page = _json(self._ask("GET", "/api/views", params=params, headers=_key(key)))
            yield from page["views"]
            if page["next"] is None:
                return
            params["next"] = page["next"]

    def revoke(self, view: str, key: str) -> None:
        """Take a view away.

        Raises
        ------
        ServerError
        """
        self._ask("DELETE", f"/api/views/{view}", headers=_key(key))


class ClientAnnotations:
    """The annotation sets of a server.

    Examples
    --------
    >>> marks = client.annotations.create("Electrodes", space)  # doctest: +SKIP
    >>> marks.add([-26, 6, 0], label="LA1")["region"]["name"]  # doctest: +SKIP
    'left putamen'
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def create(self, title: str, space: str, **more: object) -> ClientSet:
        """Make a set; `more` may be ``text``, ``author``, ``access``, ``atlas``, ``parcellation``.

        Raises
        ------
        ServerError
        """
        body = {"title": title, "space": space, **more}
        made = _json(self._ask("POST", "/api/annotations", json=body))
        return ClientSet(self._ask, made["id"], made["edit_key"], made)

    def open(self, set_id: str, key: str | None = None) -> ClientSet:
        """Open a set, by its link alone or with a key.

        Raises
        ------
        ServerError
        """
        found = ClientSet(self._ask, set_id, key, {})
        found.info()
        return found


class ClientSet:
    """One annotation set.

    Parameters
    ----------
    ask : callable
    set_id : str
    key : str or None
    made : dict
        What the server answered when it was made: ``edit_key``, ``read_key``, ``url``.
    """

    def __init__(self, ask: Ask, set_id: str, key: str | None, made: Json) -> None:
        self.id, self.key, self.made = set_id, key, made
        self._ask = ask

    def info(self) -> Json:
        """Return title, space, rights, revision and how many annotations there are.

        Raises
        ------
        ServerError
        """
        return self._json("GET")

    def items(self, **filters: object) -> Iterator[Json]:
        """Return annotations; `filters` may be ``region``, ``tag``, ``type``, ``mm``.

        Raises
        ------
        ServerError
        """
        params: Json = {"limit": 10_000, **{k: v for k, v in filters.items() if v is not None}}
        while True:
            page = self._json("GET", "/items", params=params)
            yield from page["items"]
            if page["next"] is None:
                return
            params["next"] = page["next"]

    def add(self, *points: Sequence[float], type: str = "point", **more: object) -> Json:
        """Add an annotation; `more` may be ``label``, ``text``, ``color``, ``tags``, ….

        Raises
        ------
        ServerError
        """
        body = {"type": type, "points": [list(map(float, p)) for p in points], **more}
        return self._json("POST", "/items", json=body, once=True)

    def add_many(self, annotations: Iterable[Mapping[str, object]]) -> list[Json]:
        """Add annotations in one step, all or none.

        Raises
        ------
        ServerError
        """
        body = {"items": [dict(a) for a in annotations]}
        return cast("list[Json]", self._json("POST", "/items", json=body, once=True)["items"])

    def change(self, item: Mapping[str, Any], **changes: object) -> Json:
        """Write an annotation, as it was read, with changes.

        Raises
        ------
        ServerError
            Somebody changed it in between (412).
        """
        return self._json(
            "PUT", f"/items/{item['id']}", json={**item, **changes}, once=True,
            headers={"If-Match": f'"{item["revision"]}"'},
        )  # fmt: skip

    def remove(self, item: Mapping[str, Any]) -> None:
        """Delete an annotation, as it was read.

        Raises
        ------
        ServerError
            Somebody changed it in between (412).
        """
        headers = {"If-Match": f'"{item["revision"]}"'}
        self._json("DELETE", f"/items/{item['id']}", headers=headers, once=True)

    def undo(self, author: str | None = None) -> Json:
        """Take the last step back, of an author or of anybody.

        Raises
        ------
        ServerError
        """
        return self._step("undo", author)

    def redo(self, author: str | None = None) -> Json:
        """Do again what was undone.

        Raises
        ------
        ServerError
        """
        return self._step("redo", author)

    def history(self) -> Iterator[Json]:
        """Return every change, the newest first.

        Raises
        ------
        ServerError
        """
        params: Json = {"limit": 1000}
        while True:
            page = self._json("GET", "/history", params=params)
            yield from page["items"]
            if page["next"] is None:
                return
            params["next"] = page["next"]

    def import_file(
        self, path: str | Path, *, format: str | None = None, unit: str = "mm",
        volume: str | None = None, space: str | None = None, origin: str | None = None,
    ) -> int:  # fmt: skip
        """Add the annotations of a file; a long CSV goes in parts.

        Parameters
        ----------
        path : str or Path
        format : str, optional
            ``csv``, ``json``, ``neuroglancer`` or ``bids``; what the name says when not given.
        unit : str
            ``mm``, ``cm``, ``m``, ``um``, ``nm``, or ``voxel`` of `volume`.
        volume : str, optional
        space, origin : str, optional
            Space of the file, where it is not the set's, and how its points are written.

        Returns
        -------
        int
            How many.

        Raises
        ------
        ServerError
            A row does not fit; what stood in parts before it is there.
        """
        place = Path(path)
        form = format or _SUFFIXES.get(place.suffix.lower())
        if form not in _MEDIA:
            raise InvalidParameterError("format", format or place.name, ", ".join(_MEDIA))
        more = {"volume": volume, "space": space, "origin": origin}
        params = {"format": form, "unit": unit} | {k: v for k, v in more.items() if v is not None}
        count = 0
        for part in _parts(place, form):
            done = self._json(
                "POST", "/import", params=params, content=part, once=True,
                headers={"Content-Type": _MEDIA[form]},
            )  # fmt: skip
            count += int(done["imported"])
        return count

    def export_file(self, path: str | Path, *, format: str | None = None, **filters: str) -> None:
        """Save annotations as a file: CSV, JSON, or a layer for Neuroglancer.

        ``space="talairach"`` carries them to another space.

        Raises
        ------
        ServerError
        """
        place = Path(path)
        form = format or _SUFFIXES.get(place.suffix.lower(), "csv")
        answer = self._ask(
            "GET", f"/api/annotations/{self.id}/export", params={"format": form, **filters},
            headers=_key(self.key),
        )  # fmt: skip
        place.write_bytes(answer.content)

    def _step(self, what: str, author: str | None) -> Json:
        params = {} if author is None else {"author": author}
        return self._json("POST", f"/{what}", params=params, once=True)

    def _json(self, method: str, path: str = "", *, once: bool = False, **more: Any) -> Json:
        headers = {**_key(self.key), **more.pop("headers", {})}
        if once:
            # Sent again after a lost answer it is done once.
            headers["Idempotency-Key"] = uuid.uuid4().hex
        address = f"/api/annotations/{self.id}{path}"
        try:
            return _json(self._ask(method, address, headers=headers, **more))
        except httpx.TransportError:
            if not once:
                raise
            return _json(self._ask(method, address, headers=headers, **more))


def view_state(state: object) -> Json:
    """Return a view's state as JSON: from an address, a mapping, or Neuroglancer's ViewerState.

    Raises
    ------
    InvalidParameterError
    """
    if isinstance(state, str):
        return written(parse_address(state))
    if isinstance(state, Mapping):
        return dict(state)
    told = getattr(state, "to_json", None)
    if callable(told):
        found = told()
        if isinstance(found, Mapping):
            return dict(found)
    raise InvalidParameterError(
        "state", type(state).__name__, "it takes an address, a mapping or a ViewerState"
    )


def story(steps: Sequence[Mapping[str, Any]]) -> Json:
    """Return a view document whose steps are these views, each with ``title`` and ``text``.

    Raises
    ------
    InvalidParameterError
        There is no step, or one is no view document.
    """
    if not steps:
        raise InvalidParameterError("steps", "none", "a story takes at least one")
    documents = [read_document(step["state"]) for step in steps]
    told = [
        {
            "title": str(step.get("title") or "")[:TITLE],
            "text": str(step.get("text") or ""),
            **{name: written(document)[name] for name in Shown.model_fields},
        }
        for step, document in zip(steps, documents, strict=True)
    ]
    return {**written(documents[0]), "steps": told}


def _parts(place: Path, form: str) -> Iterator[bytes]:
    try:
        body = place.read_bytes()
    except OSError as exc:
        raise LibraryError(f"{place} cannot be read: {exc.strerror or exc}.") from exc
    lines = body.splitlines(keepends=True)
    # A quoted cell may hold line breaks: such a file goes whole.
    if form not in ("csv", "bids") or b'"' in body or len(lines) <= _BATCH:
        yield body
        return
    for first in range(1, len(lines), _BATCH):
        yield lines[0] + b"".join(lines[first : first + _BATCH])


def _key(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def _json(answer: httpx.Response) -> Json:
    return cast("Json", answer.json())
