"""iipsrv behind nginx on the same core: 256² tiles of a ready-made TIFF."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.load import Ask
from benchmarks.peers import nginx
from benchmarks.process import NotInstalledError, Process, free_port

_PLACES = ("/usr/lib/iipimage-server/iipsrv.fcgi", "/usr/lib/cgi-bin/iipsrv.fcgi")


def start(picture: Path, cores: tuple[int, ...]) -> Process:
    """Start it and nginx before it, without its cache of tiles, which would be nginx's job."""
    server = shutil.which("iipsrv.fcgi") or next((p for p in _PLACES if os.path.exists(p)), None)
    if server is None:
        raise NotInstalledError("Debian package iipimage-server")
    port = free_port()
    more = (
        f"location /iip {{ fastcgi_pass 127.0.0.1:{port}; fastcgi_keep_conn on;"
        " fastcgi_param QUERY_STRING $query_string; fastcgi_param REQUEST_METHOD $request_method;"
        " fastcgi_param SERVER_PROTOCOL $server_protocol; fastcgi_param REQUEST_URI $request_uri; }"
    )
    env = {"FILESYSTEM_PREFIX": f"{picture.parent}/", "MAX_IMAGE_CACHE_SIZE": "0", "VERBOSITY": "0"}
    env |= {"JPEG_QUALITY": "80", "LOGFILE": os.devnull}
    return nginx.start(
        picture.parent,
        cores=cores,
        more=more,
        beside=([server, "--bind", f"127.0.0.1:{port}"], env),
    )


def tile_asks(picture: Path, side: int) -> Callable[[random.Random], Iterator[Ask]]:
    """Ask for tiles of the finest level; it has four levels more than one tile."""

    def asks(rng: random.Random) -> Iterator[Ask]:
        finest = (side - 1).bit_length()
        while True:
            yield Ask(f"/iip?FIF={picture.name}&JTL={finest},{rng.randrange(side**2)}")

    return asks
