"""Addresses by REDbot, which asks again with ranges, tags and codings and compares the answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.conformance
TEMPLATE = "icbm152-2009a-sym"
ADDRESSES = [
    "/", "/docs", "/openapi.json", "/api/volumes", f"/api/volumes/{TEMPLATE}", "/api/views",
    f"/tiles/{TEMPLATE}/coronal/100/0/0/0.png", f"/tiles/{TEMPLATE}/coronal/100/tilejson.json",
    f"/iiif/{TEMPLATE}:coronal:100/info.json", f"/dzi/{TEMPLATE}/coronal/100.dzi",
    f"/zarr/{TEMPLATE}/zarr.json", f"/chunks/{TEMPLATE}/0/c/0/0/0", "/precomputed/desikan-killiany/info",
    f"/api/volumes/{TEMPLATE}/cutout?box=0:9,0:9,0:9",
]  # fmt: skip


def told(message: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give out level and text of a message, and of those below it."""
    yield message["level"], f"{message['subject']}: {message['summary']}"
    for below in message.get("subnotes", ()):
        yield from told(below)


@pytest.mark.parametrize("address", ADDRESSES)
def test_redbot_finds_nothing_bad(sample_server: str, address: str) -> None:
    """Its exit status tells nothing, and its text no levels where it writes to no terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "redbot.cli", "-o", "har", f"{sample_server}{address}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    (entry,) = json.loads(done.stdout)["log"]["entries"][:1]
    assert entry["response"]["status"] == 200
    found = [note for message in entry["_red_messages"] for note in told(message)]
    assert any(level == "GOOD" for level, _ in found)
    assert [text for level, text in found if level == "BAD"] == []
