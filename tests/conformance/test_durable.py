"""What is acknowledged lies on the disk, as the kernel sees it; and a full disk loses nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from conformance.needs import program
from serving import serving_apart

pytestmark = pytest.mark.conformance
SPACE = "ICBM 2009a nonlinear symmetric (MNI152)"
VIEW = {"title": "x", "state": {"layers": []}}
POINT = {"type": "point", "points": [[0, 0, 0]]}


@contextmanager
def watched(library: Path, database: str, trace: Path) -> Iterator[str]:
    """Serve under strace, which writes what is read, synced and sent."""
    strace = program("strace", "install strace (Debian: strace)")
    calls = "trace=read,recvfrom,recvmsg,fsync,fdatasync,write,writev,sendto,sendmsg"
    process = subprocess.Popen(
        [strace, "-f", "-qq", "-s", "80", "-e", calls, "-o", str(trace),
         sys.executable, "-m", "atlasview.cli", "serve", str(library), "--port", "0", "--no-browser"],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "ATLASVIEW_DATABASE_URL": database},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+?:\d+", process.stdout.readline())
        if found is None:
            pytest.skip("strace may not trace here; allow ptrace to try")
        yield found.group(0)
    finally:
        # strace heeds no signal while it writes to a file; it ends with what it traces.
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGTERM)
        process.wait(60)
        if process.stdout:
            process.stdout.close()


def test_a_sync_comes_before_the_answer(sample_library: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    database = f"sqlite:///{tmp_path / 'marks.sqlite'}"
    with watched(sample_library, database, trace) as url, httpx.Client(base_url=url, timeout=120) as client:  # fmt: skip
        made = client.post("/api/annotations", json={"title": "s", "space": SPACE, "access": "editable"})  # fmt: skip
        path = f"/api/annotations/{made.json()['id']}/items"
        for address, body in (("/api/views", VIEW), (path, POINT), ("/api/views", VIEW), (path, POINT)):  # fmt: skip
            assert client.post(address, json=body).status_code == 201
    # From each request to its answer, the calls between.
    asked, synced, answers = False, 0, 0
    for line in trace.read_text(errors="replace").splitlines():
        if '"POST /api/' in line:
            asked, synced = True, 0
        elif asked and re.search(r"\bf(data)?sync(\(| resumed).*= 0$", line):
            synced += 1
        elif asked and '"HTTP/1.1 201' in line:
            assert synced > 0, line
            asked, answers = False, answers + 1
    assert answers == 5


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a disk of 2 MB cannot be mounted here; run as root to try")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_refuses_and_loses_nothing(sample_library: Path, small_disk: Path) -> None:
    database = f"sqlite:///{small_disk / 'marks.sqlite'}"
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(600_000))
    kept: dict[str, str] = {}
    with serving_apart([sample_library], ATLASVIEW_DATABASE_URL=database) as url:
        refused = None
        for i in range(200):
            title = f"{i} " + "x" * 200
            state = {"layers": [], "note": "y" * 20_000}
            answer = httpx.post(f"{url}/api/views", json={"title": title, "state": state}, timeout=60)  # fmt: skip
            if answer.status_code != 201:
                refused = answer
                break
            kept[answer.json()["id"]] = title
        assert refused is not None
        assert refused.status_code >= 500
        assert refused.headers["content-type"] == "application/problem+json"
        assert len(kept) > 5
        for name, title in kept.items():  # still read while it is full
            assert httpx.get(f"{url}/api/views/{name}").json()["title"] == title
        ballast.unlink()
        answer = httpx.post(f"{url}/api/views", json=VIEW, timeout=60)
        assert answer.status_code == 201
        kept[answer.json()["id"]] = "x"
    with serving_apart([sample_library], ATLASVIEW_DATABASE_URL=database) as url:
        for name, title in kept.items():
            assert httpx.get(f"{url}/api/views/{name}").json()["title"] == title
