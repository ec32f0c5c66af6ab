"""nginx with static files: the limit of what a server can do."""

from __future__ import annotations

import os
import random
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.asks import Chunk
from benchmarks.data import Volume
from benchmarks.load import Ask
from benchmarks.process import NotInstalledError, Process, free_port

_CONFIG = """
{user}
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  types {{ image/jpeg jpg; }}
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {root};
    {more}
  }}
}}
"""


def binary() -> str:
    """Return where nginx is.

    Raises
    ------
    NotInstalledError
    """
    found = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        raise NotInstalledError("Debian package nginx-light")
    return found


def start(
    root: Path,
    *,
    cores: tuple[int, ...] = (0,),
    more: str = "",
    beside: tuple[list[str], dict[str, str]] | None = None,
) -> Process:
    """Serve a folder.

    Parameters
    ----------
    root : Path
    cores : tuple of int
    more : str
        Added to the server's part of the configuration.
    beside : tuple, optional
        Command and environment of a server behind it.
    """
    command = binary()
    folder = tempfile.mkdtemp(prefix="atlasview-nginx-")
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    text = _CONFIG.format(user=user, folder=folder, port=port, root=root.resolve(), more=more)
    config = Path(folder) / "nginx.conf"
    config.write_text(text)
    own, env = [command, "-c", str(config)], dict[str, str]()
    if beside:
        # One shell is the parent of both, so that both are counted and ended together.
        own = ["sh", "-c", f"{shlex.join(beside[0])} & exec {shlex.join(own)}"]
        env = beside[1]
    return Process(own, port, cores=cores, env=env)


def file_asks(paths: list[str]) -> Callable[[random.Random], Iterator[Ask]]:
    """Ask for files at random."""

    def asks(rng: random.Random) -> Iterator[Ask]:
        while True:
            yield Ask(rng.choice(paths))

    return asks


def range_asks(
    volume: Volume, chunks: Callable[[random.Random], Iterator[Chunk]]
) -> Callable[[random.Random], Iterator[Ask]]:
    """Ask for chunks as ranges of their shards."""

    def asks(rng: random.Random) -> Iterator[Ask]:
        for c in chunks(rng):
            yield Ask(f"/{volume.path.name}/{c.shard}", c.span)

    return asks
