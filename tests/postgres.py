"""A real PostgreSQL for tests: its own files, a unix socket, no network, no root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


def binaries() -> Path | None:
    """Where initdb and postgres are, as Debian's package or the PATH has them."""
    found = shutil.which("initdb")
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    candidates = ([Path(found).resolve().parent] if found else []) + places
    return next((p for p in candidates if (p / "initdb").is_file() and (p / "postgres").is_file()), None)  # fmt: skip


def user() -> str | None:
    """Whom to run it as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


@contextmanager
def running() -> Iterator[str]:
    """Run a server and yield the folder of its socket."""
    place = binaries()
    assert place is not None
    who = user()
    root = Path(tempfile.mkdtemp(prefix="atlasview-pg-"))
    if who:
        shutil.chown(root, who)
    more: dict[str, str] = {"user": who} if who else {}
    env = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(root)}
    try:
        subprocess.run(
            [place / "initdb", "-D", root / "data", "-U", "atlasview", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True, capture_output=True, cwd=root, env=env, **more,
        )  # fmt: skip
        process = subprocess.Popen(
            [place / "postgres", "-D", root / "data", "-k", root, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"],
            cwd=root, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more,
        )  # fmt: skip
        try:
            end = time.monotonic() + 30
            while True:
                try:
                    psycopg.connect(host=str(root), user="atlasview", dbname="postgres").close()
                    break
                except psycopg.OperationalError:
                    assert time.monotonic() < end, "PostgreSQL did not start"
                    assert process.poll() is None, "PostgreSQL stopped"
                    time.sleep(0.05)
            yield str(root)
        finally:
            process.send_signal(2)
            process.wait(30)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def new_database(socket: str) -> str:
    """Make an empty database and return its URL."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(
        host=socket, user="atlasview", dbname="postgres", autocommit=True
    ) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql://atlasview@/{name}?host={socket}"
