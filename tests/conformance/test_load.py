"""Half a minute of sixty-four clients by wrk: no error, and memory that does not grow."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from conformance.needs import program
from serving import serving_apart

pytestmark = pytest.mark.conformance
_SCRIPT = """
local places = {}
for i = 60, 180 do places[#places + 1] = "/tiles/icbm152-2009a-sym/coronal/" .. i .. "/0/0/0.png" end
for i = 60, 120 do places[#places + 1] = "/tiles/icbm152-2009a-sym/horizontal/" .. i .. "/0/0/0.jpg?labels=desikan-killiany" end
places[#places + 1] = "/chunks/icbm152-2009a-sym/0/c/0/0/0"
local i = 0
request = function()
  i = i % #places + 1
  return wrk.format("GET", places[i])
end
"""


def memory(pid: int) -> int:
    """Bytes that a process holds, with those it started."""
    listed = subprocess.run(["ps", "--ppid", str(pid), "-p", str(pid), "-o", "rss="], capture_output=True, text=True)  # fmt: skip
    return 1024 * sum(map(int, listed.stdout.split()))


def listener(url: str) -> int:
    """Process that listens at an address, as /proc tells."""
    port = f"{int(url.rsplit(':', 1)[1]):04X}"
    sockets = {
        fields[9]
        for fields in map(str.split, Path("/proc/net/tcp").read_text().splitlines()[1:])
        if fields[1].endswith(f":{port}") and fields[3] == "0A"
    }
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = str(link.readlink())
        except OSError:
            continue
        if target.removeprefix("socket:[").rstrip("]") in sockets:
            return int(link.parts[2])
    raise AssertionError("nobody listens")


@pytest.mark.timeout(300)
def test_half_a_minute_of_sixty_four_clients(sample_library: Path, tmp_path: Path) -> None:
    wrk = program("wrk", "install wrk (Debian: wrk)")
    script = tmp_path / "places.lua"
    script.write_text(_SCRIPT)
    with serving_apart([sample_library], ATLASVIEW_MAX_REQUESTS="256") as url:
        command = [wrk, "-t2", "-c64", "--latency", "-s", str(script), url]
        subprocess.run([*command, "-d10s"], check=True, capture_output=True)
        pid = listener(url)
        before = memory(pid)
        said = subprocess.run(
            [*command, "-d30s"], check=True, capture_output=True, text=True
        ).stdout
        after = memory(pid)
    print(said)
    assert "Non-2xx" not in said
    assert "Socket errors" not in said
    assert re.search(r"99%\s+[\d.]+(us|ms|s)", said)
    assert int(re.search(r"(\d+) requests in", said)[1]) > 1000  # type: ignore[index]
    assert after < before + (64 << 20), (before, after)
