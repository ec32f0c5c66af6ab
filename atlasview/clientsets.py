"""Annotation sets of a server, from Python."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from atlasview.clientask import Ask, Json, json_of, key_header
from atlasview.errors import InvalidParameterError, LibraryError, UnreachableError

#: Rows of a table sent at a time; the server takes no more in one request.
_BATCH = 20_000
_SUFFIXES = {".csv": "csv", ".json": "json", ".tsv": "bids"}
_MEDIA = {
    "csv": "text/csv", "bids": "text/tab-separated-values", "json": "application/json",
    "neuroglancer": "application/json",
}  # fmt: skip


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
        made = json_of(self._ask("POST", "/api/annotations", json=body))
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
            headers=key_header(self.key),
        )  # fmt: skip
        place.write_bytes(answer.content)

    def _step(self, what: str, author: str | None) -> Json:
        params = {} if author is None else {"author": author}
        return self._json("POST", f"/{what}", params=params, once=True)

    def _json(self, method: str, path: str = "", *, once: bool = False, **more: Any) -> Json:
        headers = {**key_header(self.key), **more.pop("headers", {})}
        if once:
            # Sent again after a lost answer it is done once.
            headers["Idempotency-Key"] = uuid.uuid4().hex
        address = f"/api/annotations/{self.id}{path}"
        try:
            return json_of(self._ask(method, address, headers=headers, **more))
        except UnreachableError:
            if not once:
                raise
            return json_of(self._ask(method, address, headers=headers, **more))


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
