"""One version, told alike wherever it is told; nothing released without saying what it brings."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.version import Version

from atlasview.version import __version__

ROOT = Path(__file__).parent.parent
VERSION = Version(__version__)
CHANGES = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_newest_release_of_the_changelog_is_the_version() -> None:
    released = re.findall(r"^## (\S+) \((\d+ \w+ \d{4})\)$", CHANGES, flags=re.M)
    versions = [Version(number) for number, _ in released]
    assert versions == sorted(versions, reverse=True)
    # Between releases the version is that of the next one, as `.dev0`.
    assert versions[0] == VERSION or VERSION.is_devrelease


def test_a_release_leaves_no_fragment_of_changes_behind() -> None:
    if not VERSION.is_devrelease:
        assert [path.name for path in (ROOT / "docs/changes").iterdir()] == ["README.md"]


def test_it_is_cited_by_the_last_release() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+) \(", CHANGES, flags=re.M)
    assert newest
    assert f"version: {newest[1]}" in citation.splitlines()
