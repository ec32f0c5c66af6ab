"""The parsers under atheris, which looks for inputs that reach new code: longer than `make test` can."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conformance.parsers import PARSERS

pytestmark = pytest.mark.conformance
SECONDS = int(os.environ.get("ATLASVIEW_FUZZ_SECONDS", "10"))


@pytest.mark.timeout(SECONDS + 240)
@pytest.mark.parametrize("name", PARSERS)
def test_atheris_finds_no_fault(name: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris has no wheel for this Python; 3.11 to 3.13 do")
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("fuzz.py")), name, str(SECONDS)],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-1000:]
    assert "Done " in done.stderr, done.stderr[-2000:]
