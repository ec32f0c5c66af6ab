"""Query parameters, strict: what is misspelt, repeated or absurd is a 400 that tells the fix."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from atlasview.errors import InvalidParameterError

_INT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][+-]?\d{1,3})?", re.ASCII)


def parse_int(name: str, text: str, low: int | None = None, high: int | None = None) -> int:
    """Read a whole number in its one canonical spelling.

    Raises
    ------
    InvalidParameterError
    """
    if not _INT.fullmatch(text) or text == "-0":
        raise InvalidParameterError(name, text, "it takes a whole number, such as 0 or 12")
    value = int(text)
    if low is not None and value < low:
        raise InvalidParameterError(name, text, f"it takes a whole number from {low}")
    if high is not None and value > high:
        raise InvalidParameterError(name, text, f"it takes a whole number up to {high}")
    return value


def parse_float(name: str, text: str, low: float = -1e30, high: float = 1e30) -> float:
    """Read a finite number.

    Raises
    ------
    InvalidParameterError
    """
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not low <= value <= high:
        span = "" if (low, high) == (-1e30, 1e30) else f" from {low:g} to {high:g}"
        raise InvalidParameterError(name, text, f"it takes a finite number{span}")
    return value


def parse_point(name: str, text: str) -> tuple[float, float, float]:
    """Read three numbers x,y,z.

    Raises
    ------
    InvalidParameterError
    """
    parts = text.split(",")
    if len(parts) != 3:
        raise InvalidParameterError(name, text, "it takes three numbers x,y,z in mm")
    x, y, z = (parse_float(name, p.strip()) for p in parts)
    return x, y, z


def parse_bool(name: str, text: str) -> bool:
    """Read 1 or 0, true or false.

    Raises
    ------
    InvalidParameterError
    """
    if text not in ("0", "1", "true", "false"):
        raise InvalidParameterError(name, text, "it takes 1 or 0")
    return text in ("1", "true")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter: how it is read, and what OpenAPI says of it."""

    name: str
    description: str
    schema: Mapping[str, Any]
    parse: Callable[[str, str], Any]
    field: str = ""

    def openapi(self) -> dict[str, Any]:
        """Return the parameter as OpenAPI describes it."""
        return {
            "name": self.name,
            "in": "query",
            "required": False,
            "description": self.description,
            "schema": dict(self.schema),
        }


def query(request: Request, known: Iterable[str]) -> dict[str, str]:
    """Return a request's query as a dict, refusing what is unknown, repeated or overlong.

    Raises
    ------
    InvalidParameterError
    """
    return parse_query(request.scope["query_string"], known)


def parse_query(raw: bytes, known: Iterable[str]) -> dict[str, str]:
    """Return a query as a dict, refusing what is unknown, repeated or overlong.

    Raises
    ------
    InvalidParameterError
    """
    if not raw:
        return {}
    names = tuple(known)
    found: dict[str, str] = {}
    for name, value in parse_qsl(raw.decode("latin-1"), keep_blank_values=True, errors="replace"):
        if name not in names:
            raise InvalidParameterError(
                name[:60] or "query", value, "there is no such parameter; known are "
                + (", ".join(names) or "none")
            )  # fmt: skip
        if name in found:
            raise InvalidParameterError(name, value, "it may stand once only")
        if len(value) > 8192:
            raise InvalidParameterError(name, value, "it is longer than 8192 characters")
        found[name] = value
    return found
