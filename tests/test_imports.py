"""Imports run one way, and only few rooms touch stored voxels."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def files(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found
    return found


def test_the_library_does_not_know_the_server() -> None:
    web = ("tileserver", "fastapi", "starlette", "uvicorn")
    for path in files("atlasview"):
        for name in imports(path):
            assert name.split(".")[0] not in web, f"{path.name} imports {name}"


@pytest.mark.parametrize("room", ["errors", "geometry"])
def test_the_lowest_rooms_import_none_of_ours(room: str) -> None:
    assert not any(n.startswith("atlasview") for n in imports(ROOT / f"atlasview/{room}.py"))


def test_only_the_rooms_of_storage_touch_stored_arrays() -> None:
    allowed = {"volume.py", "store.py", "opening.py", "foreign.py"}
    for path in files("atlasview"):
        if path.name in allowed or path.parent.name == "ingest":
            continue
        for name in imports(path):
            assert name.split(".")[0] not in ("zarr", "tensorstore"), f"{path.name} imports {name}"


def test_the_server_leaves_stored_arrays_to_the_library() -> None:
    for path in files("tileserver"):
        for name in imports(path):
            assert name.split(".")[0] not in ("zarr", "tensorstore"), f"{path.name} imports {name}"


def test_imports_have_no_circles() -> None:
    graph: dict[str, set[str]] = {}
    for package in ("atlasview", "tileserver"):
        for path in files(package):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            graph[name] = imports(path)
    names = set(graph)
    # A package's own __init__ only gathers what lies in it.
    packages = {n for n in names if (ROOT / n.replace(".", "/")).is_dir()}
    edges = {n: {m for m in graph[n] if m in names and m not in packages and m != n} for n in names}
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join((*trail, name))
        if name in done:
            return
        for below in edges[name]:
            walk(below, (*trail, name))
        done.add(name)

    for name in sorted(names - packages):
        walk(name, ())
