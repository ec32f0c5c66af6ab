"""A server as a process: started on given cores, and what it and its children have used."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

_TICK = os.sysconf("SC_CLK_TCK")


class NotInstalledError(Exception):
    """A peer is not on this machine."""


class StartError(Exception):
    """A server does not start, or stops by itself."""


@dataclass(frozen=True)
class Usage:
    """CPU seconds since the start, and resident bytes now and at most; children included."""

    cpu: float
    resident: int
    peak: int


class Process:
    """A server pinned to cores; a context manager that ends it.

    Parameters
    ----------
    command : sequence of str
    port : int
        Where it listens.
    ready : str
        Path that answers once it is up; any status will do.
    cores : sequence of int
    env : mapping, optional
        Added to this process's environment.
    """

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        *,
        ready: str = "/",
        cores: Sequence[int] = (0,),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port
        self._command = " ".join(command)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        pinned = ["taskset", "-c", ",".join(map(str, cores)), *command]
        self._popen = subprocess.Popen(
            pinned,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
        try:
            self._wait(f"http://127.0.0.1:{port}{ready}")
        except BaseException:
            self.stop()
            raise

    @property
    def address(self) -> str:
        """Where it is asked."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the process that was started."""
        return self._popen.pid

    def usage(self) -> Usage:
        """Return what the server and its children have used."""
        found = [_usage(pid) for pid in _family(self.pid)]
        return Usage(
            sum(u.cpu for u in found), sum(u.resident for u in found), sum(u.peak for u in found)
        )

    def output(self) -> str:
        """Return the end of what it printed."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-3000:]

    def stop(self) -> None:
        """End it and its children."""
        for number, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(self.pid, number)
                self._popen.wait(patience)
        self._log.close()

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.stop()

    def _wait(self, url: str, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._popen.poll() is not None:
                raise StartError(f"{self._command} stopped:\n{self.output()}")
            try:
                urllib.request.urlopen(url, timeout=30).close()
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.05)
        raise StartError(f"{self._command} does not answer at {url}:\n{self.output()}")


def machine_busy() -> float:
    """Return CPU seconds that all processes of the machine have used."""
    with open("/proc/stat") as file:
        fields = [int(n) for n in file.readline().split()[1:]]
    return (sum(fields[:3]) + sum(fields[5:7])) / _TICK  # neither idle, nor waiting, nor stolen


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _family(root: int) -> list[int]:
    """Return a process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = place.read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(place.parent.name))
    family, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        family.append(pid)
        waiting += children.get(pid, [])
    return family


def _usage(pid: int) -> Usage:
    """Return what one process has used, its threads and the children it has waited for included."""
    place = Path(f"/proc/{pid}")
    with suppress(OSError):
        fields = (place / "stat").read_text().rpartition(")")[2].split()
        ticks = sum(map(int, fields[11:15])) / _TICK
        # Threads tell nanoseconds; the process, in ticks, also knows of threads that ended.
        exact = 0.0
        for thread in (place / "task").iterdir():
            with suppress(OSError):
                exact += int((thread / "schedstat").read_text().split()[0]) / 1e9
        status = dict(
            line.split(":", 1)
            for line in (place / "status").read_text().splitlines()
            if ":" in line
        )
        kib = {name: int(status.get(name, "0 kB").split()[0]) for name in ("VmRSS", "VmHWM")}
        cpu = exact if abs(ticks - exact) < 0.1 else ticks
        return Usage(cpu, kib["VmRSS"] << 10, kib["VmHWM"] << 10)
    return Usage(0.0, 0, 0)
