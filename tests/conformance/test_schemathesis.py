"""Every operation of the OpenAPI document, asked as it says and as it forbids, by schemathesis."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import serving

SPACE = "ICBM 2009a nonlinear symmetric (MNI152)"


@pytest.fixture
def server(sample_library: Path, tmp_path: Path) -> Iterator[str]:
    """A server whose views and sets are its own: what is made here counts for no other test."""
    database = f"sqlite:///{tmp_path / 'marks.sqlite'}"
    with serving([sample_library], database_url=database) as url:
        yield url


def run(server: str, folder: Path, *options: str) -> None:
    """Ask what may be asked, with ids that there are."""
    made = httpx.post(f"{server}/api/views", json={"title": "one", "state": {"layers": []}}).json()
    kept = httpx.post(f"{server}/api/annotations", json={"title": "one", "space": SPACE}).json()
    known = {
        "path.volume": "icbm152-2009a-sym",
        "path.atlas": "icbm152-desikan-killiany",
        "path.space": "talairach",
        "path.plane": "horizontal",
        "path.identifier": "icbm152-2009a-sym:horizontal:80",
        "path.view": made["id"],
        "path.set": kept["id"],
    }
    config = folder / "schemathesis.toml"
    lines = [f'"{name}" = {json.dumps(value)}' for name, value in known.items()]
    config.write_text("\n".join(["[parameters]", *lines]), encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
            *("run", f"{server}/openapi.json", *options),
            *("--checks", "all", "--exclude-checks", "positive_data_acceptance"),
            # It never ends.
            *("--exclude-path", "/api/annotations/{set}/events"),
            *("--suppress-health-check", "all", "--request-timeout", "60", "--no-color"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-16000:] + done.stderr[-2000:]
    assert "Tested: " in done.stdout


@pytest.mark.timeout(600)
def test_the_openapi_document_is_kept(server: str, tmp_path: Path) -> None:
    """As far as twenty seconds go; `make conformance` goes on."""
    run(server, tmp_path, "--phases", "examples,coverage", "--max-time", "20")


@pytest.mark.conformance
@pytest.mark.timeout(900)
def test_the_openapi_document_is_kept_by_chance_and_in_sequences(
    server: str, tmp_path: Path
) -> None:
    # Of stored JSON it asks for ranges, and takes a part for a document that is broken.
    stored = ("--exclude-path-regex", "^/(zarr|chunks)/")
    run(server, tmp_path, "--max-time", "120", "--seed", "8", *stored)
