"""Requests that no honest client sends, as bytes on a socket."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from serving import serving

from tileserver.middleware import BodyLimit
from tileserver.protocol import BoundedProtocol


def heard(server: str, request: bytes) -> bytes:
    """Send bytes, and return what comes until the server hangs up."""
    address = urlsplit(server)
    assert address.hostname
    with socket.create_connection((address.hostname, address.port), timeout=60) as link:
        with suppress(OSError):  # it hung up while we spoke
            link.sendall(request)
        got = b""
        with suppress(ConnectionResetError):  # with bytes of ours unread
            while piece := link.recv(1 << 16):
                got += piece
    return got


def exchange(server: str, request: bytes) -> tuple[int, dict[str, object]]:
    """Send bytes, and return status and body of what comes until the server hangs up."""
    got = heard(server, request)
    head, _, body = got.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head, got[:400]
    return int(head.split()[1]), json.loads(body)


def post(*headers: str, body: str = "") -> bytes:
    lines = ["POST /api/views HTTP/1.1", "Host: localhost", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1")


@pytest.mark.parametrize(
    "host",
    [
        "localhost:80@evil.example",
        "localhost:x",
        "[::1]evil.example",
        "localhost#x",
        "[",
        "a b",
        "",
    ],
)
def test_a_host_that_would_lead_links_elsewhere_is_refused(sample_server: str, host: str) -> None:
    request = f"GET /capability-manifest.yaml HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    status, problem = exchange(sample_server, request.encode())
    assert status == 400 == problem["status"]
    assert "Host" in str(problem["detail"])


@pytest.mark.parametrize(
    "request_",
    [
        post("Content-Length: 4", "Transfer-Encoding: chunked", body="0\r\n\r\nGET /health HTTP/1.1\r\n\r\n"),
        post("Transfer-Encoding: xchunked", "Content-Length: 4", body="abcd"),
        post("Transfer-Encoding : chunked", body="0\r\n\r\n"),
        post("Content-Length: 0", "Content-Length: 5", body="hello"),
        post("Content-Length: +5", body="hello"), post("Content-Length: -1"),
        post("Transfer-Encoding: chunked", body="-1\r\nhello\r\n0\r\n\r\n"),
        b"GET /health HTTP/1.1\nHost: localhost\n\n", b"FOO / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)  # fmt: skip
def test_what_two_servers_could_read_in_two_ways_is_one_problem(
    sample_server: str, request_: bytes
) -> None:
    status, problem = exchange(sample_server, request_)
    assert status == 400 == problem["status"]


def test_headers_without_end_are_not_kept(sample_server: str) -> None:
    limit = BoundedProtocol.head_bytes
    status = 0
    address = urlsplit(sample_server)
    with socket.create_connection((address.hostname, address.port), timeout=60) as link:
        link.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: ")
        link.sendall(b"a" * (limit + 1))  # no more, so that nothing of ours is left unread
        status = int(link.recv(1 << 16).split()[1])
    assert status == 431


def test_a_length_over_the_limit_is_not_waited_for(sample_server: str) -> None:
    status, problem = exchange(sample_server, post(f"Content-Length: {10**18}"))
    assert status == 413 == problem["status"]
    assert problem["unit"] == "bytes"


def test_bodies_are_bounded_together(sample_library: Path) -> None:
    with serving([sample_library], max_body_bytes=300_000, max_bodies_bytes=300_000) as server:

        def send(size: int) -> bytes:
            body = '"' + "a" * (size - 2) + '"'  # it is no view
            kind = "Content-Type: application/json"
            return heard(server, post(kind, f"Content-Length: {size}", "Connection: close", body=body))  # fmt: skip

        assert b"HTTP/1.1 400" in send(200_000)
        address = urlsplit(server)
        with socket.create_connection((address.hostname, address.port), timeout=60) as link:
            link.sendall(post("Content-Length: 200000", body="a" * 199_000))
            while b"HTTP/1.1 503" not in (answer := send(200_000)):
                assert b"HTTP/1.1 400" in answer  # the other one is still on its way
            assert b"retry-after: " in answer.lower()
            assert b"HTTP/1.1 400" in send(100)
        while b"HTTP/1.1 400" not in send(200_000):  # until it is seen that the other has gone
            pass


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedProtocol, "head_seconds", 0.3)
    monkeypatch.setattr(BodyLimit, "patience", 0.3)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "begun",
    [
        b"", b"GET /health HTTP/1.1\r\nHost: localh",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health HTTP/1.1\r\nX-A: ",
    ],
)  # fmt: skip
def test_who_never_finishes_a_request_is_let_go(sample_server: str, begun: bytes) -> None:
    address = urlsplit(sample_server)
    with socket.create_connection((address.hostname, address.port), timeout=60) as link:
        link.sendall(begun)
        got = b""
        while piece := link.recv(1 << 16):
            got += piece
    assert b"HTTP/1.1 408" in got
    assert httpx.get(f"{sample_server}/health").status_code == 200


@pytest.mark.usefixtures("impatient")
def test_who_never_finishes_a_body_is_let_go(sample_server: str) -> None:
    status, problem = exchange(sample_server, post("Content-Length: 10", body="{"))
    assert status == 408 == problem["status"]
    assert "1 bytes" in str(problem["detail"])


@pytest.mark.parametrize(
    "inside",
    ['"\xed\xa0\x80"', r'"\ud800"', r'{"\udc00": 1}', "1e999", "-1e0999", "1" * 400 + ".0"],
)
def test_json_that_could_not_be_written_again_is_refused(sample_server: str, inside: str) -> None:
    body = f'{{"state": {{"layers": [], "a": {inside}}}}}'
    kind = "Content-Type: application/json"
    request = post(kind, f"Content-Length: {len(body)}", "Connection: close", body=body)
    status, problem = exchange(sample_server, request)
    assert status == 400 == problem["status"]
    assert problem["parameter"] == "body"


def test_a_whole_character_in_two_halves_is_kept(sample_server: str) -> None:
    body = r'{"title": "\ud83e\udde0", "state": {"layers": [], "a": 1e100}}'
    kind = {"Content-Type": "application/json"}
    made = httpx.post(f"{sample_server}/api/views", content=body, headers=kind).json()
    assert httpx.get(f"{sample_server}/api/views/{made['id']}").json()["title"] == "\U0001f9e0"


#: Some 4 MB, more than what lies between two programs.
LARGE = "/api/volumes/icbm152-2009a-sym/cutout?format=npy&box=0:190,0:200,0:100"


def ask_for_much(server: str) -> socket.socket:
    """Ask for a large answer, and take next to nothing of it."""
    address = urlsplit(server)
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    link.settimeout(60)
    link.connect((address.hostname, address.port))
    link.sendall(f"GET {LARGE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert link.recv(12) == b"HTTP/1.1 200"
    return link


def is_let_go(link: socket.socket) -> bool:
    """Tell, at the end, whether the server hung up before all was sent."""
    taken = 0
    with link, suppress(ConnectionResetError):
        while taken < 3_800_128 and (piece := link.recv(1 << 16)):
            taken += len(piece)
    return taken < 3_800_128


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        threading.Event().wait(0.02)


def test_who_leaves_an_answer_lying_is_let_go(
    sample_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for least, let_go in ((1 << 40, True), (0, False)):
        # Who takes enough of it in that time is waited for.
        monkeypatch.setattr(BoundedProtocol, "pace_bytes", least)
        link = ask_for_much(sample_server)
        until(lambda: len(BoundedProtocol._behind) == 1)
        (waiting,) = BoundedProtocol._behind
        timer = waiting._pace_timer
        waiting.loop.call_soon_threadsafe(waiting._check_pace)  # as if that time were over
        until(lambda: waiting._pace_timer is not timer)  # noqa: B023
        assert is_let_go(link) is let_go
        until(lambda: not BoundedProtocol._behind)


def test_answers_that_lie_are_bounded_together(
    sample_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    until(lambda: not BoundedProtocol._behind)
    links = [ask_for_much(sample_server) for _ in range(3)]
    until(lambda: len(BoundedProtocol._behind) == 3)
    monkeypatch.setattr(BoundedProtocol, "unsent_bytes", 1)
    links.append(ask_for_much(sample_server))
    until(lambda: len(BoundedProtocol._behind) == 1)
    assert [is_let_go(link) for link in links] == [True, True, True, False]


def test_a_server_takes_the_files_that_it_may() -> None:
    script = (
        "import resource as r; from tileserver.run import take_more_files as take\n"
        "r.setrlimit(r.RLIMIT_NOFILE, (200, 900)); take(); print(*r.getrlimit(r.RLIMIT_NOFILE))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["900", "900"]
