"""What was acknowledged is still there after ``kill -9``, whenever it comes."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import postgres
import pytest

SPACE_OF = "/api/atlases/icbm152-desikan-killiany"
KILLS = int(os.environ.get("ATLASVIEW_TEST_KILLS", "4"))


class Server:
    """A server in a process of its own, killed without warning."""

    def __init__(self, library: Path, database: str | None = None) -> None:
        more = {} if database is None else {"ATLASVIEW_DATABASE_URL": database}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "atlasview.cli", "serve", str(library), "--port", "0", "--no-browser"],
            stdout=subprocess.PIPE, text=True, env={**os.environ, **more},
        )  # fmt: skip
        assert self.process.stdout is not None
        found = re.search(r"http://\S+?:\d+", self.process.stdout.readline())
        assert found, "the server did not start"
        self.url = found.group(0)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)
        if self.process.stdout:
            self.process.stdout.close()


@pytest.mark.timeout(max(600, 60 * KILLS))
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_kill_9_loses_nothing_acknowledged(
    sample_library: Path, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    socket = kind == "postgresql" and request.getfixturevalue("postgres_socket")
    database = postgres.new_database(socket) if socket else None
    library = tmp_path / "library"
    shutil.copytree(sample_library, library, ignore=shutil.ignore_patterns("marks"))
    rng = random.Random(6)
    server = Server(library, database)
    space = httpx.get(server.url + SPACE_OF).json()["space"]
    made = httpx.post(server.url + "/api/annotations", json={"title": "x", "space": space, "access": "editable"}).json()  # fmt: skip
    path = f"/api/annotations/{made['id']}"
    labels: dict[str, str] = {}  # id → label, as last acknowledged
    removed: set[str] = set()
    views: dict[str, str] = {}
    lock = threading.Lock()

    def acknowledged() -> int:
        return len(labels) + len(removed) + len(views)

    def write(number: int, url: str, stop: threading.Event) -> None:
        with httpx.Client(base_url=url, timeout=10) as client:
            count = 0
            try:
                while not stop.is_set():
                    count += 1
                    label = f"{url[-5:]}/{number}/{count}"
                    body = {"type": "point", "points": [[number, count, 0]], "label": label}
                    response = client.post(f"{path}/items", json=body)
                    if response.status_code != 201:
                        continue
                    item = response.json()
                    with lock:
                        labels[item["id"]] = label
                    if count % 3 == 0:
                        # Not known until it is answered: neither the old nor the new may be missed.
                        with lock:
                            labels[item["id"]] = ""
                        response = client.put(f"{path}/items/{item['id']}", json={**body, "label": label + "+"}, headers={"If-Match": '"1"'})  # fmt: skip
                        assert response.status_code == 200, response.text
                        with lock:
                            labels[item["id"]] = label + "+"
                    if count % 5 == 0:
                        view = client.post("/api/views", json={"title": label, "state": {"layers": []}})  # fmt: skip
                        with lock:
                            views[view.json()["id"]] = label
                    if count % 4 == 0:
                        with lock:
                            labels.pop(item["id"])
                        tag = f'"{2 if count % 3 == 0 else 1}"'
                        response = client.delete(f"{path}/items/{item['id']}", headers={"If-Match": tag})  # fmt: skip
                        assert response.status_code == 200, response.text
                        with lock:
                            removed.add(item["id"])
            except httpx.TransportError:
                return

    for _ in range(KILLS):
        stop = threading.Event()
        before_kill = acknowledged() + rng.randint(40, 120)
        threads = [threading.Thread(target=write, args=(n, server.url, stop)) for n in range(6)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 60
        while acknowledged() < before_kill and time.monotonic() < end:
            stop.wait(0.005)
        server.kill()
        stop.set()
        for thread in threads:
            thread.join(30)
        server = Server(library, database)
        found: dict[str, dict[str, object]] = {}
        seqs: list[int] = []
        after: int | None = 0
        while after is not None:
            page = httpx.get(server.url + path + "/items", params={"next": after, "limit": 10_000}).json()  # fmt: skip
            found |= {item["id"]: item for item in page["items"]}
            after = page["next"]
        for name, label in labels.items():
            assert name in found
            assert not label or found[name]["label"] == label
        assert not removed & set(found)
        whole = httpx.get(server.url + path).json()
        assert whole["count"] == len(found)
        before: int | None = None
        while True:
            asked = {"limit": 1000} | ({} if before is None else {"next": before})
            history = httpx.get(server.url + path + "/history", params=asked).json()
            seqs += [change["revision"] for change in history["items"]]
            before = history["next"]
            if before is None:
                break
        assert seqs == list(range(whole["revision"], 1, -1))
        for name, title in list(views.items())[-20:]:
            assert httpx.get(f"{server.url}/api/views/{name}").json()["title"] == title
    server.kill()
    assert len(labels) > 20
    assert views
