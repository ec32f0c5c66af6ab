"""What several tests share: the sample brain in a library, and a server over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import postgres
import pytest
from hypothesis import settings
from serving import serving

# These machines are shared: how long one example takes tells nothing.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


@pytest.fixture(scope="session")
def sample_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample brain, ingested by the demo's own code."""
    from atlasview.demo import make_demo

    root = tmp_path_factory.mktemp("sample") / "library"
    assert make_demo(root)
    return root


@pytest.fixture(scope="session")
def synthetic_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The computed brain of BigBrain's size with its regions, made by the demo's own code."""
    from atlasview.demo import make_synthetic

    root = tmp_path_factory.mktemp("synthetic") / "library"
    assert make_synthetic(root)
    return root


@pytest.fixture(scope="session")
def sample_server(sample_library: Path) -> Iterator[str]:
    """Address of a server over the sample brain."""
    with serving([sample_library]) as url:
        yield url


@pytest.fixture(scope="session")
def http(sample_server: str) -> Iterator[httpx.Client]:
    """HTTP client of the server over the sample brain."""
    with httpx.Client(base_url=sample_server, timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[str]:
    """Folder of the socket of a real PostgreSQL."""
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    with postgres.running() as socket:
        yield socket
