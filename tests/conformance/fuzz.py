"""Throw mutations at one parser with atheris, which follows what code they reach.

python tests/conformance/fuzz.py PARSER SECONDS
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]
with atheris.instrument_imports(include=["atlasview", "tileserver"]):
    from conformance.parsers import PARSERS
    from conformance.seeds import SEEDS, TOKENS

    from atlasview.errors import AtlasViewError


def main() -> None:
    """Run until the time is over, or something unforeseen is raised."""
    name, seconds = sys.argv[1:3]
    parse = PARSERS[name]

    def once(data: bytes) -> None:
        with contextlib.suppress(AtlasViewError):
            parse(data)

    place = Path(tempfile.mkdtemp(prefix="atlasview-corpus-"))
    for i, seed in enumerate(SEEDS[name]):
        (place / f"{i}").write_bytes(seed)
    words = place.with_suffix(".dict")
    quoted = ("".join(f"\\x{b:02x}" for b in token) for token in TOKENS if 0 < len(token) < 64)
    words.write_text("".join(f'"{token}"\n' for token in quoted))
    atheris.Setup(
        [sys.argv[0], f"-max_total_time={seconds}", f"-dict={words}", "-max_len=8192", "-timeout=20",
         "-rss_limit_mb=4096", f"-artifact_prefix={place}/fault-", str(place)],
        once,
    )  # fmt: skip
    atheris.Fuzz()


main()
