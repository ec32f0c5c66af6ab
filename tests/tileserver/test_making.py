"""What one address may make in an hour."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest
from serving import serving

from tileserver.making import Allowance, TooManyError


def refused(allowance: Allowance, address: str | None, now: float) -> int:
    """Seconds to wait; 0 when it was allowed."""
    try:
        allowance.take(address, now)
    except TooManyError as exc:
        return exc.wait
    return 0


def test_an_allowance_grows_back() -> None:
    allowance = Allowance(60)
    assert not any(refused(allowance, "192.0.2.1", 0) for _ in range(60))
    wait = refused(allowance, "192.0.2.1", 0)
    assert 60 <= wait <= 62
    assert refused(allowance, "192.0.2.2", 0) == 0
    assert refused(allowance, "192.0.2.1", 30) > 0
    # Who keeps asking waits no longer for it.
    assert refused(allowance, "192.0.2.1", wait) == 0
    assert refused(allowance, "192.0.2.1", wait) > 0
    assert not any(refused(allowance, "192.0.2.1", 1e6) for _ in range(60))
    assert refused(allowance, "192.0.2.1", 1e6) > 0


def test_one_network_of_ipv6_is_one_address() -> None:
    allowance = Allowance(1)
    assert refused(allowance, "2001:db8:0:1::1", 0) == 0
    assert refused(allowance, "2001:db8:0:1:ffff::2", 0) > 0
    assert refused(allowance, "2001:db8:0:2::1", 0) == 0
    assert refused(allowance, None, 0) == 0


def test_no_limit() -> None:
    allowance = Allowance(0)
    assert not any(refused(allowance, "192.0.2.1", 0) for _ in range(5000))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1"])
def test_who_is_on_this_machine_is_not_counted(address: str) -> None:
    allowance = Allowance(1)
    assert not any(refused(allowance, address, 0) for _ in range(10))


def test_pages_of_other_sites_are_counted_on_this_machine_too(sample_library: Path, tmp_path: Path) -> None:  # fmt: skip
    database = f"sqlite:///{tmp_path / 'marks.sqlite'}"
    with serving([sample_library], database_url=database, max_made_per_hour=1) as url:
        body = {"title": "x", "state": {"layers": []}}
        for origin, statuses in (
            (url, [201, 201]),
            (None, [201, 201]),
            ("https://elsewhere.example", [201, 429]),
            ("null", [429]),
        ):
            headers = {"Origin": origin} if origin else {}
            found = [httpx.post(f"{url}/api/views", json=body, headers=headers) for _ in statuses]
            assert [answer.status_code for answer in found] == statuses


def test_addresses_are_forgotten() -> None:
    allowance = Allowance(1)
    assert refused(allowance, "192.0.2.1", 0) == 0
    for i in range(10_000):
        allowance.take(f"198.51.{i >> 8}.{i & 255}", 0)
    assert refused(allowance, "192.0.2.1", 0) == 0


@pytest.mark.parametrize("kind", ["views", "annotations"])
def test_beyond_it_is_told_when_to_ask_again(sample_library: Path, tmp_path: Path, kind: str) -> None:  # fmt: skip
    library = tmp_path / "library"
    shutil.copytree(sample_library, library, ignore=shutil.ignore_patterns("marks"))
    with serving([library], max_made_per_hour=2) as url, httpx.Client(base_url=url) as client:
        space = client.get("/api/atlases").json()["atlases"][0]["space"]
        body = {
            "title": "x",
            **({"state": {"layers": []}} if kind == "views" else {"space": space}),
        }
        # What is refused for itself does not count.
        assert client.post(f"/api/{kind}", json={}).status_code == 400
        who = {"X-Forwarded-For": "192.0.2.7"}
        made = [client.post(f"/api/{kind}", json=body, headers=who) for _ in range(3)]
        assert [response.status_code for response in made] == [201, 201, 429]
        assert made[2].headers["content-type"] == "application/problem+json"
        assert 1700 <= int(made[2].headers["retry-after"]) <= 1802
        assert made[2].json()["limit"] == 2
        # What is there is read and changed all the same.
        key = {"Authorization": f"Bearer {made[0].json()['edit_key']}"}
        path = f"/api/{kind}/{made[0].json()['id']}"
        assert client.get(path, headers=key).status_code == 200
        assert client.delete(path, headers=key).status_code == 204
