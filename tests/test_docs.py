"""The documentation says what is so: its examples run, and nothing that a user can set is missing.

Blocks are told apart by their tag. ``sh`` and ``python`` are run; ``sh serve`` is started and asked;
every line of ``url`` is fetched; so is every address in ``html`` and in running text; ``toml`` is
read as a catalogue; ``csv`` and ``json`` as region tables; ``nginx`` is tried where nginx is.
``text`` is what cannot run here: a command that needs a clean clone, a file of the reader's, or a
server elsewhere.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import sync_playwright
from serving import serving_apart

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
SERVER = "http://127.0.0.1:8000"
TAGS = {
    "sh", "sh serve", "python", "url", "html", "toml", "csv", "json", "nginx", "text", "mermaid",
}  # fmt: skip
FACES = ("api", "tiles", "planes", "dzi", "iiif", "zarr", "chunks", "precomputed")


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    tag: str
    text: str
    line: int


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path) -> list[Block]:
    found: list[Block] = []
    tag, start, lines = None, 0, []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if tag is None and line.startswith("```"):
            tag, start, lines = line[3:].strip(), number, []
        elif tag is not None and line.startswith("```"):
            found.append(Block(tag, "\n".join(lines) + "\n", start))
            tag = None
        elif tag is not None:
            lines.append(line)
    assert tag is None, f"{name(path)}: the block of line {start} does not end"
    return found


def prose(path: Path) -> str:
    """Return what stands outside fenced blocks."""
    return re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)


ALL = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
with_documents = pytest.mark.parametrize("path", DOCUMENTS, ids=name)


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PATH: `atlasview` and `python` as an installation has them."""
    folder = tmp_path_factory.mktemp("bin")
    for command, line in (
        ("atlasview", f'exec "{sys.executable}" -m atlasview.cli "$@"'),
        ("python", f'exec "{sys.executable}" "$@"'),
    ):
        script = folder / command
        script.write_text(f"#!/bin/sh\n{line}\n")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A reader's folder: the files that the examples name."""
    sample = ROOT / "sample_data"
    shutil.copy(sample / "icbm152_2009a_sym_t1_brain.nii.gz", tmp_path / "brain.nii.gz")
    shutil.copy(sample / "desikan_killiany_dseg.nii.gz", tmp_path / "labels.nii.gz")
    shutil.copy(sample / "desikan_killiany_structures.json", tmp_path / "regions.json")
    (tmp_path / "sections").mkdir()
    for i in range(1, 6):
        grey = np.full((40, 60), 40 * i, np.uint8)
        Image.fromarray(grey).save(tmp_path / "sections" / f"section_{i:04d}.png")
    np.arange(40 * 30 * 20, dtype="<u2").tofile(tmp_path / "voxels.raw")
    return tmp_path


@pytest.fixture
def environment(place: Path, commands: Path) -> dict[str, str]:
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("ATLASVIEW_")},
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "ATLASVIEW_LIBRARY": str(place / "library"),
        "ATLASVIEW_NO_BROWSER": "1",
    }


@with_documents
def test_every_block_says_what_it_is(path: Path) -> None:
    for block in blocks(path):
        assert block.tag in TAGS, f"{name(path)}:{block.line}: {block.tag!r}"


@pytest.mark.timeout(600)  # a guide is dozens of commands
@with_documents
def test_examples_run(
    path: Path, place: Path, environment: dict[str, str], sample_server: str
) -> None:
    found = blocks(path)
    python = "\n".join(b.text for b in found if b.tag == "python")
    for block in found:
        text = block.text.replace(SERVER, sample_server)
        where = f"{name(path)}:{block.line}"
        if block.tag == "sh":
            run(["bash", "-euo", "pipefail", "-c", text], where, place, environment)
        elif block.tag == "sh serve":
            started(text, place, environment)
        elif block.tag == "python" and python:
            # One program a document: a block may use what those before it have made.
            source, python = python.replace(SERVER, sample_server), ""
            run([sys.executable, "-W", "error::DeprecationWarning:__main__", "-c", source],
                where, place, environment)  # fmt: skip


def run(command: list[str], where: str, place: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{where}\n{command[-1]}\n{done.stdout}{done.stderr}"


def started(text: str, place: Path, environment: dict[str, str]) -> None:
    """Start what a block serves, on a free port, and see that it answers."""
    line = re.sub(r" --port \d+", "", text.strip())
    assignments, _, command = line.rpartition("atlasview serve")
    server = subprocess.Popen(
        ["bash", "-c", f"{assignments} exec atlasview serve{command}"],
        cwd=place,
        env={**environment, "ATLASVIEW_PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        said = server.stdout.readline()
        found = re.search(r":(\d+)/", said)
        assert found, f"{line}: it did not start: {said}"
        ready = httpx.get(f"http://127.0.0.1:{found.group(1)}/ready", timeout=60).json()
        assert ready["volumes"] > 0, line
        assert ready["problems"] == 0, line
    finally:
        server.terminate()
        server.communicate(timeout=20)


def addresses(path: Path) -> Iterator[tuple[str, str]]:
    """List the addresses that a document shows, each with where it stands."""
    for block in blocks(path):
        if block.tag == "url":
            for line in block.text.splitlines():
                if line.strip() and not line.startswith("#"):
                    yield line.split()[0], f"{name(path)}:{block.line}"
        elif block.tag == "html":
            for found in re.findall(rf"{SERVER}[^\s\"'<>`]*", block.text):
                yield found, f"{name(path)}:{block.line}"
    said = re.findall(r"`([^`\n]+)`", prose(path))
    for found in said:
        if re.fullmatch(rf"(GET )?({SERVER})?/({'|'.join(FACES)})/[^\s{{}}…]*", found):
            yield found.removeprefix("GET "), name(path)


@with_documents
def test_addresses_answer(path: Path, http: httpx.Client) -> None:
    for address, where in addresses(path):
        plain = address.removeprefix(SERVER)
        for part in ("{z}", "{x}", "{y}"):
            plain = plain.replace(part, "0")
        if "{" in plain or plain in ("", "/"):  # a template, or the page, which may not be built
            continue
        if re.fullmatch(r"/(zarr|chunks|precomputed)/[^/]+/?", plain):  # a folder, for a client
            plain = plain.rstrip("/") + ("/info" if "precomputed" in plain else "/zarr.json")
        answer = http.get(plain, follow_redirects=True)
        if answer.status_code == 401:  # there is such an address, and it takes a key
            continue
        assert answer.status_code == 200, f"{where}: {address}: {answer.text[:300]}"
        assert answer.content, f"{where}: {address}"


@with_documents
def test_catalogues_and_region_tables_are_read(path: Path, place: Path) -> None:
    from atlasview.catalogfile import read_catalog, read_catalog_spaces
    from atlasview.regiontable import read_region_table

    for block in blocks(path):
        file = place / f"block.{block.tag}"
        file.write_text(block.text, encoding="utf-8")
        if block.tag == "toml":
            told = read_catalog_spaces(file)
            assert read_catalog(file) or told.transforms, f"{name(path)}:{block.line}"
        elif block.tag in ("csv", "json"):
            found = read_region_table(file)
            assert found.problems == (), f"{name(path)}:{block.line}: {found.problems}"


@pytest.mark.parametrize(
    "path", [p for p in DOCUMENTS if "```nginx" in p.read_text("utf-8")], ids=name
)
def test_nginx_serves_by_its_configuration(path: Path, place: Path, sample_library: Path) -> None:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed")
    said = re.findall(r"^Environment='(\w+)=(.*)'$", path.read_text("utf-8"), flags=re.M)
    (text,) = (block.text for block in blocks(path) if block.tag == "nginx")
    (name,) = re.findall(r"server_name (\S+);", text)
    with (
        serving_apart([sample_library], **dict(said)) as server,
        nginx(program, text, place, server) as address,
        httpx.Client(base_url=address, headers={"Host": name}, timeout=60) as visitor,
    ):
        slice_ = "/tiles/icbm152-2009a-sym/coronal/140"
        answers = [visitor.get(f"{slice_}/0/0/0.png") for _ in range(2)]
        assert [a.status_code for a in answers] == [200, 200], answers[0].text
        assert [a.headers["x-cache"] for a in answers] == ["MISS", "HIT"]
        assert answers[0].content == answers[1].content
        told = visitor.get(f"{slice_}/tilejson.json").json()
        assert told["tiles"][0].startswith(f"http://{name}/tiles/")
        assert visitor.get("/metrics").status_code == 403
        assert visitor.get("/ready").json()["problems"] == 0


@contextmanager
def nginx(program: str, text: str, place: Path, server: str) -> Iterator[str]:
    """Serve by a configuration of the documentation, in a folder of ours and on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for there, here in (
        ("/var/cache/nginx", f"{place}/cache"),
        ("127.0.0.1:8000", server.removeprefix("http://")),
        ("listen 8080", f"listen 127.0.0.1:{port}"),
    ):
        assert there in text
        text = text.replace(there, here)
    folders = "".join(
        f"{kind}_temp_path {place}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = place / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    file.write_text(
        f"{user} daemon off; pid {place}/nginx.pid; error_log stderr; events {{}} "
        f"http {{ access_log off; {folders} {text} }}"
    )
    running = subprocess.Popen(
        [program, "-p", str(place), "-c", str(file)], stderr=subprocess.PIPE, text=True
    )
    try:
        while not _listens(port):
            if running.poll() is not None:
                pytest.fail(running.communicate()[1])
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.communicate(timeout=60)


def _listens(port: int) -> bool:
    with socket.socket() as link:
        return link.connect_ex(("127.0.0.1", port)) == 0


@with_documents
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        other = (path.parent / file).resolve() if file else path
        assert other.exists(), f"{name(path)}: {target}"
        if anchor and other.suffix == ".md":
            heads = re.findall(r"^#+ (.+)$", prose(other), flags=re.M)
            slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
            assert anchor in slugs, f"{name(path)}: {target}; there are {sorted(slugs)}"


def test_every_document_is_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    todo = [ROOT / "README.md"]
    while todo:
        path = todo.pop()
        if path in seen or path.suffix != ".md" or not path.is_file():
            continue
        seen.add(path)
        targets = re.findall(r"\]\(([^)\s#]+)", prose(path))
        todo += [(path.parent / t).resolve() for t in targets if "://" not in t]
    unseen = {p for p in DOCUMENTS if "changes" not in p.parts} - seen
    assert not unseen, sorted(map(name, unseen))


def recipe(head: str) -> set[str]:
    """Return the files that a recipe of the architecture page names in its tables."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.split(f"## {head}\n")[1].split("\n## ")[0]
    firsts = re.findall(r"^\| (`[^|]*)\|", section, flags=re.M)
    return {file for first in firsts for file in re.findall(r"`([^`]+)`", first)}


@pytest.mark.parametrize("document", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_file_that_is_named_is_there(document: str) -> None:
    homes = [ROOT, ROOT / "atlasview", ROOT / "frontend" / "src"]
    named = re.findall(r"`([\w./*-]+)`", prose(ROOT / document))
    paths = [one for one in named if "/" in one.strip("/") or re.search(r"\.(py|ts|md|toml)$", one)]
    assert len(paths) > 10
    made = {"frontend/node_modules", "tests/e2e/failures/"}
    lost = [
        one for one in paths
        if not one.startswith("/") and one not in made and not any(any(h.glob(one)) for h in homes)
    ]  # fmt: skip
    assert not lost


@pytest.mark.parametrize(
    ("head", "word"),
    [("How to add a source format", "imaris"), ("How to add a drawing parameter", "colormap")],
)
def test_the_recipes_name_the_very_files(head: str, word: str) -> None:
    """Who adds another one finds every place: what the recipe names, and nowhere else."""
    named = recipe(head)
    assert named
    for file in named:
        assert word in (ROOT / file).read_text(encoding="utf-8").lower(), file
    sources = [
        *(ROOT / "atlasview").rglob("*.py"),
        *(ROOT / "tileserver").rglob("*.py"),
        *(p for p in (ROOT / "frontend" / "src").rglob("*.ts") if not p.name.endswith(".test.ts")),
    ]
    known = {name(p) for p in sources if word in p.read_text(encoding="utf-8").lower()}
    assert known - named == set()


def test_every_route_is_named(http: httpx.Client) -> None:
    paths = [*http.get("/openapi.json").json()["paths"], "/openapi.json", "/docs"]
    missing = [path for path in paths if f"`{path}`" not in ALL]
    assert not missing


def test_every_parameter_of_a_request_is_explained(http: httpx.Client) -> None:
    guides = ("guide-web.md", "embed.md")
    guide = "".join((ROOT / "docs" / file).read_text(encoding="utf-8") for file in guides)
    asked = {
        parameter["name"]
        for item in http.get("/openapi.json").json()["paths"].values()
        for operation in item.values()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    }
    assert not [one for one in sorted(asked) if f"`{one}`" not in guide]


def test_every_colour_map_is_named() -> None:
    from atlasview.colormaps import COLORMAPS

    guide = (ROOT / "docs" / "guide-web.md").read_text(encoding="utf-8")
    assert not [one for one in COLORMAPS if not re.search(rf"\b{one}\b", guide)]


def test_every_ending_that_ingest_takes_is_told() -> None:
    from atlasview.ingest.formats import FORMATS

    text = (ROOT / "docs" / "guide-data.md").read_text(encoding="utf-8").lower()
    for ending in FORMATS:
        assert f"`{ending}`" in text, ending


def test_every_setting_is_explained_with_its_default() -> None:
    from tileserver.settings import Settings

    guide = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(ATLASVIEW_\w+)` \|([^|]*)\|", guide, flags=re.M))
    for field, info in Settings.model_fields.items():
        variable = f"ATLASVIEW_{field.upper()}"
        assert variable in rows, variable
        default: Any = info.default
        if isinstance(default, int):
            assert rows[variable].strip() == str(default), variable
    known = {f"ATLASVIEW_{field.upper()}" for field in Settings.model_fields}
    assert known <= set(rows)
    assert set(rows) <= known | {v for _, _, v in options()}, "a setting that does not exist"


def options() -> list[tuple[str, str, str]]:
    """List the options of the command line: command, option, environment variable."""
    import typer

    from atlasview.cli import app

    found: list[tuple[str, str, str]] = []

    def walk(command: Any, words: str) -> None:
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--") and option != "--help":
                    found.append((words, option, str(parameter.envvar or "")))
        for word, below in getattr(command, "commands", {}).items():
            walk(below, f"{words} {word}")

    walk(typer.main.get_command(app), "atlasview")
    return found


def test_every_command_and_option_is_explained() -> None:
    for words, option, variable in options():
        assert f"`{words}" in ALL or words == "atlasview", words
        assert re.search(rf"`{option}\b", ALL), f"{words} {option}"
        assert not variable or f"`{variable}`" in ALL, f"{words} {option}: {variable}"


@with_documents
def test_no_option_is_invented(path: Path) -> None:
    known: dict[str, set[str]] = {}
    for words, option, _ in options():
        known.setdefault(words, {"--help"}).add(option)
    for block in blocks(path):
        if block.tag not in ("sh", "sh serve", "text"):
            continue
        for line in block.text.replace("\\\n", " ").splitlines():
            call = re.search(r"(?:^|[;|!&] )(?:[A-Z_]+=\S+ )*(atlasview\b.*)", line)
            if call is None:
                continue
            words = max((w for w in known if call.group(1).startswith(w)), key=len)
            for option in re.findall(r"(?<=\s)--[a-z-]+", call.group(1)):
                assert option in known[words], f"{name(path)}:{block.line}: {words} {option}"


def test_every_dependency_has_its_reason() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8").lower()
    optional = project["optional-dependencies"].values()
    for line in (*project["dependencies"], *(line for lines in optional for line in lines)):
        package = re.split(r"[\s<>=;\[]", line)[0].lower()
        assert f"`{package}`" in text, package


def test_the_page_of_the_interface_needs_nobody_else(sample_server: str) -> None:
    named = os.environ.get("ATLASVIEW_CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail("No Chromium: install the package chromium, or set ATLASVIEW_CHROMIUM to it")
    paths = httpx.get(f"{sample_server}/openapi.json").json()["paths"]
    asked: list[str] = []
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)  # fmt: skip
        answer = page.goto(f"{sample_server}/docs")
        assert answer is not None
        assert answer.headers["content-type"].startswith("text/html")
        page.wait_for_selector(".opblock")
        shown = page.locator(".opblock").count()
        page.locator(".opblock-summary-path", has_text="/value").first.click()
        page.get_by_role("button", name="Try it out").click()
        page.locator("tr[data-param-name=volume] input").fill("icbm152-2009a-sym")
        page.locator("tr[data-param-name=point] input").fill("-26,6,0")
        page.get_by_role("button", name="Execute").click()
        page.locator(".live-responses-table").get_by_text('"value"').wait_for()
        browser.close()
    assert shown == sum(len(item) for item in paths.values())
    assert all(url.startswith((f"{sample_server}/", "data:")) for url in asked)
    assert complaints == []
