"""A real server on a free port, in this process, for as long as a test needs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from tileserver.app import create_app
from tileserver.protocol import BoundedProtocol
from tileserver.settings import Settings


@contextmanager
def serving(paths: Sequence[Path], **settings: Any) -> Iterator[str]:
    """Serve paths and yield the server's address."""
    app = create_app(Settings(paths=tuple(paths), **settings))
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", http=BoundedProtocol)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        if time.monotonic() > end or not thread.is_alive():
            raise RuntimeError("the server did not start")
        threading.Event().wait(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


@contextmanager
def serving_apart(paths: Sequence[Path], *options: str, **environment: str) -> Iterator[str]:
    """Serve paths by the command line, in a process of its own, and yield the server's address."""
    command = [sys.executable, "-m", "atlasview.cli", "serve", *map(str, paths)]
    process = subprocess.Popen(
        [*command, "--port", "0", "--no-browser", *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+?:\d+", process.stdout.readline())
        assert found, "the server did not start"
        yield found.group(0)
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout:
            process.stdout.close()
