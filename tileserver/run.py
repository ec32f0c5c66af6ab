"""Run the server: one process, or several workers behind one socket."""

from __future__ import annotations

import ctypes
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from pydantic import ValidationError
from pydantic_settings.exceptions import SettingsError
from uvicorn.supervisors import Multiprocess

from atlasview.errors import LibraryError
from tileserver.app import create_app
from tileserver.protocol import BoundedProtocol
from tileserver.settings import Settings

#: What this machine calls itself.
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_M_ARENA_MAX = -8  # malloc.h
#: Seconds for which a worker may be deaf, on a machine with too much to do, before it is killed.
_PATIENCE = 30
#: Open files, connections among them.
_FILES = 65536


def run(
    paths: Sequence[Path], *, host: str, port: int, workers: int, browser: bool, view: str = ""
) -> None:
    """Serve until told to stop.

    Parameters
    ----------
    paths : sequence of Path
        Libraries and volumes.
    host : str
    port : int
        0 takes any free one.
    workers : int
    browser : bool
        Open the page in a browser where there is one.
    view : str
        What the page shows first, as its address says it after #.

    Raises
    ------
    LibraryError
        The port is taken, or what is to be served cannot be opened.
    """
    _share_heap()
    take_more_files()
    settings = _settings(tuple(p.expanduser().resolve() for p in paths), host)
    app = create_app(settings)
    for text in app.state.atlasview.catalog.library.problems:
        print(f"Warning: {text}", file=sys.stderr)
    listener = _listen(host, port)
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    taken = listener.getsockname()[1]
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{taken}/"
    address += f"#{view}" if view else ""
    warming, counters = _warm_up(), ""
    opens = browser and _has_display()
    threading.Thread(target=_announce, args=(shown, taken, address, opens), daemon=True).start()
    # uvicorn raises the signal that stopped it once more: told to stop, it has done so well.
    signal.signal(signal.SIGTERM, _stopped)
    common: dict[str, Any] = {
        "log_level": "warning",
        "http": BoundedProtocol,
        "ws": "none",
        "server_header": False,
    }
    try:
        if workers == 1:
            server = uvicorn.Server(uvicorn.Config(app, **common))
            with suppress(KeyboardInterrupt):
                server.run(sockets=[listener])
        else:
            # Workers add up what they count in a folder of their own.
            counters = tempfile.mkdtemp(prefix="atlasview-metrics-")
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = counters
            os.environ["ATLASVIEW_PATHS"] = json.dumps([str(p) for p in settings.paths])
            config = uvicorn.Config(
                "tileserver.run:worker_app",
                factory=True,
                workers=workers,
                timeout_worker_healthcheck=_PATIENCE,
                **common,
            )
            _Supervisor(config, [listener]).run()
    finally:
        listener.close()
        if counters:
            shutil.rmtree(counters, ignore_errors=True)
        warming.terminate()
        warming.wait()


class _Supervisor(Multiprocess):
    """Keeps the workers alive, and says so when one had to be started anew."""

    def keep_subprocess_alive(self) -> None:
        """Look after the workers."""
        before = list(self.processes)
        super().keep_subprocess_alive()
        for old, new in zip(before, self.processes, strict=True):
            if old is not new:
                print(f"Worker {old.pid} died; {new.pid} is in its place.", file=sys.stderr)


def _stopped(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _settings(paths: tuple[Path, ...], host: str) -> Settings:
    """Read the settings; what is wrong with one is a sentence that names its variable."""
    if _is_loopback(host):
        os.environ.setdefault("ATLASVIEW_ALLOWED_HOSTS", json.dumps([*_LOOPBACK, host]))
    try:
        return Settings(paths=paths)
    except SettingsError as exc:
        name = re.search(r'field "(\w+)"', str(exc))
        shown = f"ATLASVIEW_{name.group(1).upper()}" if name else "A setting"
        raise LibraryError(f'{shown} cannot be read: lists are written as JSON, ["a"].') from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        shown = f"ATLASVIEW_{str(first['loc'][0]).upper()}" if first["loc"] else "A setting"
        raise LibraryError(f"{shown}={first['input']!r} cannot be used: {first['msg']}.") from exc


def _is_loopback(host: str) -> bool:
    return host in _LOOPBACK or host == "::1" or host.startswith("127.")


def _announce(host: str, port: int, address: str, opens: bool) -> None:
    """Say where the server is as soon as it answers there."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            connection = http.client.HTTPConnection(host, port, timeout=5)
            connection.request("GET", "/health")
            connection.getresponse().read()
            connection.close()
            break
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)
    print(f"AtlasView is at {address} (Ctrl+C stops it)", flush=True)
    if opens:
        webbrowser.open(address)


def worker_app() -> object:
    """Make the app of one worker; its settings come through the environment."""
    _share_heap()
    return create_app(Settings())


def _warm_up() -> subprocess.Popen[bytes]:
    """Have what is compiled on first use compiled aside, in a process that yields to the server."""
    return subprocess.Popen(
        [sys.executable, "-c", "import os; os.nice(15); from atlasview.warm import warm; warm()"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _share_heap() -> None:
    """Let all threads allocate from one heap.

    glibc gives threads heaps of their own. Chunks decoded in one and freed from another then cost a
    quarter of a tile in page faults, and twice the cache in memory.
    """
    with suppress(OSError, AttributeError, TypeError):  # not every C library has it
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def take_more_files() -> None:
    """Take as many open files as this process may, up to what a server needs.

    A system gives 1024 at first: as many idle connections of one visitor would keep all others out.
    """
    with suppress(ImportError, OSError, ValueError):  # not every system has it
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as exc:
        listener.close()
        if isinstance(exc, PermissionError):
            why = "this user may not open it; take one above 1023"
        elif isinstance(exc, socket.gaierror):
            raise LibraryError(f"{host}: there is no such host; take 127.0.0.1.") from exc
        else:
            why = f"{exc.strerror or exc}; choose another with --port, or --port 0 for any free one"
        raise LibraryError(f"Port {port} on {host} cannot be used: {why}.") from exc
    listener.set_inheritable(True)
    return listener


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
