"""``/embed/``: what a page that shows ours in a frame may say, and who may; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from atlasview.errors import InvalidParameterError

#: Of the contract: the parameters and the messages together.
VERSION = 1
PARTS = ("toolbar", "search", "tree", "layers", "status")
THEMES = ("auto", "light", "dark")
LANGUAGES = ("auto", "en", "de", "fr", "es", "zh")
VIEWERS = ("auto", "3d", "2d")


def check_origin(text: str) -> str:
    """Return an origin as browsers write it, such as ``https://lab.example.org``.

    Raises
    ------
    ValueError
        It is none.
    """
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        good, port = False, ""
    if not good or text.lower() != f"{parts.scheme}://{parts.hostname}{port}":
        raise ValueError(f"{text!r} is no origin such as https://lab.example.org")
    # No letter that a policy, a header or a page would read as more than a name.
    if not all(c.isalnum() or c in "-.:/[]" for c in text) or not text.isascii():
        raise ValueError(f"{text!r} is no origin such as https://lab.example.org")
    return text.lower()


def ancestors(origins: Sequence[str]) -> str:
    """Return the sources of ``frame-ancestors``: this server's own pages, and those of origins."""
    return "*" if "*" in origins else " ".join(("'self'", *origins))


def check_parameters(asked: Mapping[str, str]) -> None:
    """Check what the address of a frame says.

    Raises
    ------
    InvalidParameterError
        A value that the page does not know.
    """
    version = asked.get("v", str(VERSION))
    if version != str(VERSION):
        raise InvalidParameterError("v", version, f"this server knows version {VERSION}")
    parts = asked.get("chrome")
    if parts is not None and parts != "minimal":
        for part in parts.split(","):
            _one_of("chrome", part, ("minimal", *PARTS))
    for name, known in (("theme", THEMES), ("lang", LANGUAGES), ("viewer", VIEWERS)):
        if name in asked:
            _one_of(name, asked[name], known)
    if "origin" in asked:
        try:
            check_origin(asked["origin"])
        except ValueError as exc:
            raise InvalidParameterError("origin", asked["origin"], str(exc)) from None


def _one_of(name: str, value: str, known: Collection[str]) -> None:
    if value not in known:
        raise InvalidParameterError(name, value, f"one of {', '.join(known)}")


_TEXT: dict[str, Any] = {"type": "string"}
_POINT: dict[str, Any] = {
    "type": "array",
    "items": {"type": "number"},
    "minItems": 3,
    "maxItems": 3,
    "description": "x, y, z in mm, RAS+.",
}
_ID: dict[str, Any] = {
    "type": ["string", "number"],
    "description": "Chosen by who asks; the answer bears the same.",
}
_REGION: dict[str, Any] = {
    "type": "object",
    "required": ["id", "acronym", "name"],
    "properties": {"id": _TEXT, "acronym": _TEXT, "name": _TEXT},
}
_ADDRESS: dict[str, Any] = {
    "type": "string",
    "pattern": "^#",
    "description": "What follows in the address of the page, from # on.",
}
_VIEW: dict[str, Any] = {
    "type": "object",
    "description": "A view document, /api/schemas/view/2.json.",
}


def _message(kind: str, about: str, needed: Sequence[str], **members: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "description": about,
        "required": ["atlasview", "type", *needed],
        "properties": {"atlasview": {"const": VERSION}, "type": {"const": kind}, **members},
    }


#: What the page says to who shows it.
TOLD: dict[str, dict[str, Any]] = {
    kind: _message(kind, text, needed, **members)
    for kind, text, needed, members in (
        (
            "ready",
            "The page listens, and its data are known; said once.",
            ("hash", "view"),
            {"hash": _ADDRESS, "view": _VIEW},
        ),
        (
            "view",
            "The view is another one; while something moves at most ten times a second.",
            ("hash", "view"),
            {"hash": _ADDRESS, "view": _VIEW},
        ),
        (
            "select",
            "Other regions are selected.",
            ("regions",),
            {"regions": {"type": "array", "items": _REGION}},
        ),
        (
            "hover",
            "Another region is under the cursor; null for none.",
            ("region", "point"),
            {
                "region": {"anyOf": [_REGION, {"type": "null"}]},
                "point": {"anyOf": [_POINT, {"type": "null"}]},
            },
        ),
        (
            "done",
            "What was asked under this id is done.",
            ("id",),
            {"id": _ID},
        ),
        (
            "error",
            "What was asked cannot be done; the text is for people.",
            ("text",),
            {"id": _ID, "text": _TEXT},
        ),
    )
}
#: What it takes from who shows it.
TAKEN: dict[str, dict[str, Any]] = {
    kind: _message(kind, text, needed, id=_ID, **members)
    for kind, text, needed, members in (
        (
            "setView",
            "Show a view: an address of the page from # on, or a view document.",
            (),
            {"hash": _ADDRESS, "view": _VIEW},
        ),
        (
            "select",
            "Select these regions, by id or acronym; none for an empty list.",
            ("regions",),
            {"regions": {"type": "array", "items": _TEXT, "maxItems": 1000}},
        ),
        (
            "fly",
            "Go to a region, by id or acronym, or to a point; zoom is in mm a pixel.",
            (),
            {
                "region": _TEXT,
                "point": _POINT,
                "zoom": {"type": "number", "exclusiveMinimum": 0},
            },
        ),
    )
}
TAKEN["setView"]["oneOf"] = [{"required": ["hash"]}, {"required": ["view"]}]
TAKEN["fly"]["oneOf"] = [{"required": ["region"]}, {"required": ["point"]}]


def message_schema(address: str) -> dict[str, Any]:
    """Return the JSON Schema of every message, either way.

    Parameters
    ----------
    address : str
        Where it is served.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "title": f"Messages of AtlasView in a frame, version {VERSION}",
        "anyOf": [{"$ref": "#/$defs/told"}, {"$ref": "#/$defs/taken"}],
        "$defs": {
            "told": {"oneOf": list(TOLD.values()), "description": "From the page."},
            "taken": {"oneOf": list(TAKEN.values()), "description": "To the page."},
        },
    }
