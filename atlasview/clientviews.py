"""Views of a server, from Python."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from atlasview.clientask import Ask, Json, json_of, key_header
from atlasview.errors import InvalidParameterError
from atlasview.marks.address import parse_address
from atlasview.marks.fields import TITLE
from atlasview.marks.viewdocument import Shown, read_document, written

#: A link of a view, as the page has it.
_VIEW = re.compile(r"/views/(?P<id>[0-9a-z]+)/?(?:\?(?:.*&)?revision=(?P<revision>\d+))?")


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
        return json_of(self._ask("POST", "/api/views", json=body, headers=key_header(key)))

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
        return json_of(self._ask("GET", f"/api/views/{view}", params=params))

    def revise(self, view: str, key: str, **changes: object) -> Json:
        """Change what is named of a view, and leave the rest.

        Raises
        ------
        ServerError
            The key is another, or somebody changed the view in between.
        """
        found = self._ask("GET", f"/api/views/{view}", headers=key_header(key))
        body = json_of(found)
        if "state" in changes:
            changes["state"] = view_state(changes["state"])
        headers = {**key_header(key), "If-Match": found.headers["etag"]}
        return json_of(
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
            page = json_of(self._ask("GET", "/api/views", params=params, headers=key_header(key)))
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
        self._ask("DELETE", f"/api/views/{view}", headers=key_header(key))


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
