"""Views and annotations from Python and from the command line."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import serving

from atlasview import Client
from atlasview.clientline import ServerError
from atlasview.errors import InvalidParameterError

ATLAS = "icbm152-desikan-killiany"
ADDRESS = f"#v=1&a={ATLAS}&t=icbm152-2009a-sym&p=desikan-killiany&at=-26,6,0&zoom=0.5&layout=coronal&sel=37"


@pytest.fixture(scope="module")
def own(sample_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("client") / "library"
    shutil.copytree(sample_library, root, ignore=shutil.ignore_patterns("marks"))
    return root


@pytest.fixture(scope="module")
def url(own: Path) -> Iterator[str]:
    with serving([own]) as found:
        yield found


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url) as found:
        yield found


def test_views_from_python(client: Client) -> None:
    made = client.views.create(ADDRESS, title="Putamen")
    found = client.views.get(made["id"])
    assert found["address"] == ADDRESS
    assert client.views.revise(made["id"], made["edit_key"], title="New")["title"] == "New"
    assert client.views.get(made["id"], 1)["title"] == "Putamen"
    beside = client.views.create(found["state"], key=made["edit_key"])
    assert {v["id"] for v in client.views.list(made["edit_key"])} == {made["id"], beside["id"]}

    class ViewerState:
        def to_json(self) -> dict[str, object]:
            return {"layers": [], "position": [1, 2, 3]}

    plain = client.views.create(ViewerState())
    assert client.views.get(plain["id"])["state"]["position"] == [1, 2, 3]
    client.views.revoke(made["id"], made["edit_key"])
    with pytest.raises(ServerError) as caught:
        client.views.get(made["id"])
    assert caught.value.status == 410
    with pytest.raises(InvalidParameterError):
        client.views.create(5)


def test_stories_from_python(client: Client) -> None:
    first = client.views.create(ADDRESS, title="Putamen", text="one")
    client.views.revise(first["id"], first["edit_key"], title="Later")
    elsewhere = ADDRESS.replace("at=-26,6,0", "at=1,2,3")
    made = client.views.create_story(
        [first["url"], f"{first['url']}?revision=1", elsewhere, {"state": elsewhere, "title": "Mine", "text": "two"}],
        title="Tour", minimal=True,
    )  # fmt: skip
    found = client.views.get(made["id"])
    assert (found["title"], found["minimal"]) == ("Tour", True)
    assert found["address"] == ADDRESS
    steps = found["document"]["steps"]
    assert [(s["title"], s["text"]) for s in steps] == [("Later", "one"), ("Putamen", "one"), ("", ""), ("Mine", "two")]  # fmt: skip
    assert [s["camera"]["at"] for s in steps] == [[-26, 6, 0]] * 2 + [[1, 2, 3]] * 2
    assert steps[0]["style"]["selected"] == ["37"]
    with pytest.raises(InvalidParameterError):
        client.views.create_story([])
    foreign = client.views.create({"layers": [{"type": "image", "source": "zarr://s3://x/y"}]})
    with pytest.raises(InvalidParameterError, match="served here"):
        client.views.create_story([foreign["url"]])


def test_annotations_from_python(client: Client, tmp_path: Path) -> None:
    space = client.atlases()[0]["space"]
    marks = client.annotations.create("Electrodes", space, access="private")
    one = marks.add([-26, 6, 0], label="LA1")
    assert one["region"]["name"] == "left putamen"
    two = marks.change(one, label="LA2")
    with pytest.raises(ServerError) as caught:
        marks.change(one, label="LA3")
    assert caught.value.status == 412
    assert caught.value.problem["current"]["label"] == "LA2"
    marks.add_many([{"type": "line", "points": [[0, 0, 0], [3, 4, 0]]}] * 2)
    assert [i["label"] for i in marks.items(region="L.putamen")] == ["LA2"]
    marks.remove(two)
    marks.undo()
    marks.redo()
    marks.undo()
    assert marks.info()["count"] == 3
    assert [h["action"] for h in marks.history()][:2] == ["undo", "redo"]
    marks.export_file(tmp_path / "marks.csv")
    again = client.annotations.create("Again", space)
    assert again.import_file(tmp_path / "marks.csv") == 3
    rows = "".join(f"{i % 90},{i % 7},0\n" for i in range(45_000))
    (tmp_path / "many.csv").write_text("x,y,z\n" + rows)
    assert again.import_file(tmp_path / "many.csv") == 45_000
    assert sum(1 for _ in again.items(type="point")) == 45_001
    assert client.annotations.open(again.id).info()["count"] == 45_003
    with pytest.raises(ServerError):
        client.annotations.open(marks.id)
    assert client.annotations.open(marks.id, marks.made["read_key"]).info()["count"] == 3


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "atlasview.cli", *map(str, arguments)],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment},
    )  # fmt: skip


def test_views_from_the_command_line(url: str, tmp_path: Path) -> None:
    done = run("view", "create", f"{url}/{ADDRESS}", "--title", "Putamen")
    assert done.returncode == 0, done.stderr
    link, key = done.stdout.split("\nEdit key: ")
    assert re.fullmatch(rf"{url}/views/[0-9a-z]{{13}}", link)
    (tmp_path / "state.json").write_text(json.dumps({"layers": []}))
    done = run(
        "view", "create", tmp_path / "state.json", "--server", url, ATLASVIEW_KEY=key.strip()
    )
    assert done.returncode == 0, done.stderr
    done = run("view", "list", "--server", url, "--key", key.strip())
    assert len(done.stdout.splitlines()) == 2
    assert '"Putamen"' in done.stdout
    assert run("view", "revoke", link, "--key", "x" * 32).returncode == 1
    assert run("view", "revoke", link, "--key", key.strip()).returncode == 0
    done = run("view", "revoke", link, "--key", key.strip())
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert run("view", "create", tmp_path / "none.json", "--server", url).returncode == 1
    first, second = (run("view", "create", f"{url}/{ADDRESS}", "--title", t).stdout.split()[0] for t in "ab")  # fmt: skip
    done = run("view", "create", first, second, f"{url}/{ADDRESS}", "--title", "Tour")
    assert done.returncode == 0, done.stderr
    with Client(url) as client:
        steps = client.views.get(done.stdout.split()[0][-13:])["document"]["steps"]
    assert [step["title"] for step in steps] == ["a", "b", ""]
    assert run("view", "create", "#v=1&huh=1", "--server", url).returncode == 2


def test_backup_and_restore_from_the_command_line(own: Path, url: str, tmp_path: Path) -> None:
    with Client(url) as client:
        made = client.views.create(ADDRESS, title="kept")
    done = run("backup", tmp_path / "marks.gz", "--library", own)
    assert done.returncode == 0, done.stderr
    other = tmp_path / "library"
    shutil.copytree(own, other, ignore=shutil.ignore_patterns("marks"))
    done = run("restore", tmp_path / "marks.gz", "--library", other)
    assert done.returncode == 0, done.stderr
    done = run("restore", tmp_path / "marks.gz", "--library", other)
    assert done.returncode == 1
    with serving([other]) as there, Client(there) as client:
        assert client.views.get(made["id"])["title"] == "kept"
        assert client.views.revise(made["id"], made["edit_key"], title="more")["revision"] == 2
