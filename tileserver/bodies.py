"""Bodies of requests: JSON that says it is JSON, within limits, without what JSON does not have."""

from __future__ import annotations

import gc
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from atlasview.errors import InvalidParameterError, TooLargeError

#: Values within values.
_DEEPEST = 64
#: Bytes of JSON that may be read while everybody waits.
_SMALL = 256 << 10
#: What may be read but not written again: surrogates behind a backslash, infinite numbers.
_SUSPECT = re.compile(rb"\\u[dD][89a-fA-F]|[eE]\+?\d{3}|\d{309}")


async def json_body(request: Request, limit: int) -> Any:
    """Read a body as JSON.

    Only a page of ours, or one that was let in, can send this content type: a form on another page
    cannot.

    Parameters
    ----------
    request : Request
    limit : int
        Bytes.

    Raises
    ------
    HTTPException
        The content type is another.
    TooLargeError
        It has more bytes than the limit.
    InvalidParameterError
        It is no JSON.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "Send JSON, with Content-Type: application/json.")
    body = await request.body()
    if len(body) > limit:
        raise TooLargeError("body", len(body), limit, "bytes")
    return parse_json(body) if len(body) <= _SMALL else await run_in_threadpool(parse_json, body)


class _Collector:
    """Holds back Python's collector of garbage.

    It would look through all values again and again while they are made by the million, which takes
    four times as long as making them; and nobody else is answered meanwhile.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held = 0

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Let nothing be collected inside."""
        with self._lock:
            self._held += 1
            gc.disable()
        try:
            yield
        finally:
            with self._lock:
                self._held -= 1
                if not self._held:
                    gc.enable()


collector = _Collector()


def parse_json(body: bytes) -> Any:
    """Read bytes as JSON.

    Raises
    ------
    InvalidParameterError
        They are none, hold NaN or infinities, or lie deeper than anybody reads.
    """
    try:
        with collector.held_back():
            found = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise InvalidParameterError("body", "…", "it takes JSON in UTF-8") from None
    if _SUSPECT.search(body):
        try:
            json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
        except ValueError:
            problem = "it holds half a Unicode character, or a number that is too large"
            raise InvalidParameterError("body", "…", problem) from None
        except RecursionError:
            pass  # told below
    if _deep(found):
        raise InvalidParameterError("body", "…", f"it nests deeper than {_DEEPEST} levels")
    return found


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def _deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return True
