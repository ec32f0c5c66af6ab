"""Shapes of ``/api/views``."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from tileserver.shapes.common import Links, Step


class MadeView(TypedDict):
    """A view that was just made."""

    id: str
    url: Annotated[str, Field(description="The short link, which opens the page.")]
    revision: int
    edit_key: Annotated[str, Field(description="Shown this once; without it nobody changes it.")]


class ViewListed(TypedDict):
    """One view of a list."""

    id: str
    url: Annotated[str, Field(description="The short link, which opens the page.")]
    revision: int
    title: str
    author: str
    created: Annotated[str, Field(description="RFC 3339, UTC.")]
    updated: str
    expires: str | None
    minimal: bool
    listed: bool
    links: Links


class Views(TypedDict):
    """Some views, the newest first."""

    views: list[ViewListed]
    next: Annotated[str | None, Field(description="To be sent for more; null at the end.")]


class Revisions(TypedDict):
    """The revisions of one view, the newest first."""

    revisions: list[ViewListed]


class Change(TypedDict):
    """What is not as it was when the view was made."""

    what: str
    id: str
    change: str
    text: Annotated[str, Field(description="The same in words.")]


_Ends = TypedDict("_Ends", {"from": str, "to": str})


class CarriedWay(_Ends):
    """How a view came to another space."""

    path: list[Step]
    lost: Annotated[list[str], Field(description="Regions that are not there.")]


class View(ViewListed):
    """One revision of a view."""

    text: str
    newest: Annotated[int, Field(description="The newest revision.")]
    state: Annotated[dict[str, Any], Field(description="As it was posted.")]
    document: Annotated[
        dict[str, Any] | None,
        Field(description="The same as a view document; null where nothing is of this server."),
    ]
    address: Annotated[
        str | None, Field(description="The same as what stands after # in the page's address.")
    ]
    changes: list[Change]
    carried: NotRequired[CarriedWay]
