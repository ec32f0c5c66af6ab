"""Addresses by REDbot, which asks again with ranges, tags and codings and compares the answers."""

from __future__ import annotations

import subprocess
import sys

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


@pytest.mark.parametrize("address", ADDRESSES)
def test_redbot_finds_nothing_bad(sample_server: str, address: str) -> None:
    """Its exit status tells nothing; its lines do."""
    done = subprocess.run(
        [sys.executable, "-m", "redbot.cli", "-o", "text", f"{sample_server}{address}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "200" in done.stdout, done.stdout + done.stderr
    bad = [line for line in done.stdout.splitlines() if "[BAD]" in line]
    assert bad == []
