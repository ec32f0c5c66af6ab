"""Whole answers by httplint, the engine of REDbot: no header that says what is not so."""

from __future__ import annotations

import socket
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest
from httplint import HttpResponseLinter
from httplint.note import levels

TEMPLATE = "icbm152-2009a-sym"
LABELS = "desikan-killiany"
ATLAS = "icbm152-desikan-killiany"
ADDRESSES = [
    "/", "/docs", "/docs/swagger-ui.css", "/openapi.json", "/health", "/ready", "/metrics",
    "/capability-manifest.yaml", "/embed/", "/favicon.ico", "/icon.svg",
    "/api/volumes", f"/api/volumes/{TEMPLATE}", f"/api/volumes/{TEMPLATE}/histogram",
    f"/api/volumes/{TEMPLATE}/value?point=0,0,0", f"/api/volumes/{TEMPLATE}/cutout?box=0:9,0:9,0:9",
    f"/tiles/{TEMPLATE}/coronal/100/0/0/0.png", f"/tiles/{TEMPLATE}/coronal/100/tilejson.json",
    f"/planes/{TEMPLATE}.webp?right=1,0,0&down=0,0,-1", f"/dzi/{TEMPLATE}/coronal/100.dzi",
    f"/iiif/{TEMPLATE}:coronal:100", f"/iiif/{TEMPLATE}:coronal:100/info.json",
    f"/iiif/{TEMPLATE}:coronal:100/full/max/0/default.jpg",
    f"/zarr/{TEMPLATE}/zarr.json", f"/zarr/{TEMPLATE}/0/c/9/9/9", f"/chunks/{TEMPLATE}/0/c/0/0/0",
    f"/precomputed/{LABELS}/info", f"/precomputed/{LABELS}/mesh/info",
    "/api/atlases", f"/api/atlases/{ATLAS}/regions?find=put", f"/api/atlases/{ATLAS}/assign?point=-26,6,0",
    "/api/views", "/api/views/none", "/views/none", "/nowhere",
]  # fmt: skip
#: Asked in several ways: what it is, whether it changed, a part, packed, without its body.
WAYS: dict[str, tuple[str, dict[str, str]]] = {
    "plain": ("GET", {}),
    "gzip": ("GET", {"Accept-Encoding": "gzip, br"}),
    "origin": ("GET", {"Origin": "https://elsewhere.example"}),
    "range": ("GET", {"Range": "bytes=0-9"}),
    "head": ("HEAD", {}),
}


def raw(server: str, method: str, address: str, headers: dict[str, str]) -> tuple[bytes, bytes]:
    """Return head and body of an answer as they come, chunked or not."""
    parts = urlsplit(server)
    lines = [f"{method} {address} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as link:
        link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        got = b""
        with suppress(ConnectionResetError):
            while piece := link.recv(1 << 20):
                got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    return head, body


def lint(head: bytes, body: bytes, method: str) -> list[str]:
    """Return what httplint calls bad in an answer."""
    first, *lines = head.split(b"\r\n")
    version, status, phrase = (*first.split(b" ", 2), b"")[:3]
    headers = [tuple(line.split(b": ", 1)) for line in lines]
    linter = HttpResponseLinter()
    linter.is_head_response = method == "HEAD"
    linter.process_response_topline(version, status, phrase)
    linter.process_headers(headers)
    if body:
        linter.feed_content(body)
    linter.finish_content(True)
    return [f"{note.subject}: {note.summary}" for note in linter.notes if note.level == levels.BAD]


@pytest.mark.parametrize("way", WAYS)
def test_no_answer_has_a_bad_header(sample_server: str, way: str) -> None:
    method, headers = WAYS[way]
    found = {}
    for address in ADDRESSES:
        head, body = raw(sample_server, method, address, headers)
        bad = lint(head, body, method)
        if bad:
            found[address] = bad
    assert found == {}


def test_what_did_not_change_says_the_same(http: httpx.Client, sample_server: str) -> None:
    """A 304 has the headers of its 200 that say how to keep it (RFC 9110 §15.4.5)."""
    asked = 0
    for address in ADDRESSES:
        for coding in ("identity", "gzip"):
            whole = http.get(address, headers={"Accept-Encoding": coding})
            tag = whole.headers.get("etag")
            if whole.status_code != 200 or tag is None:
                continue
            headers = {"Accept-Encoding": coding, "If-None-Match": tag}
            head, body = raw(sample_server, "GET", address, headers)
            assert head.split()[1] == b"304", address
            assert lint(head, body, "GET") == [], address
            known = http.get(address, headers=headers)
            for name in ("etag", "cache-control", "vary"):
                assert known.headers.get(name) == whole.headers.get(name), (address, name)
            asked += 1
    assert asked > 40


def test_a_tag_is_of_one_encoding(http: httpx.Client) -> None:
    """Strong tags differ where bytes do, and what depends on a request header names it."""
    packed = 0
    for address in ADDRESSES:
        plain = http.get(address, headers={"Accept-Encoding": "identity"})
        small = http.get(address, headers={"Accept-Encoding": "gzip"})
        if "content-encoding" not in small.headers:
            continue
        packed += 1
        assert "content-encoding" not in plain.headers
        assert plain.headers["etag"] != small.headers["etag"], address
        for answer in (plain, small):
            assert "accept-encoding" in answer.headers["vary"].lower(), address
        # The tag of one is not taken for the other.
        other = {"Accept-Encoding": "identity", "If-None-Match": small.headers["etag"]}
        assert http.get(address, headers=other).status_code == 200
    assert packed >= 3
