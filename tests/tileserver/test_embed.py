"""`/embed/` and what is told of it: who may show the page, and what may be asked of it."""

from __future__ import annotations

import asyncio
import gzip
import re
from pathlib import Path

import httpx
import jsonschema
import pytest
from pydantic import ValidationError
from serving import serving

from tileserver.embedding import check_origin
from tileserver.routes.page import Page
from tileserver.settings import Settings

TEMPLATE = "icbm152-2009a-sym"
LAB = "https://lab.example.org"


def ancestors(response: httpx.Response) -> str:
    policy = response.headers["content-security-policy"]
    return next(p for p in policy.split("; ") if p.startswith("frame-ancestors ")).split(" ", 1)[1]


def test_only_the_frame_s_own_address_may_be_framed(http: httpx.Client) -> None:
    for address in ("/", "/docs"):
        assert ancestors(http.get(address)) == "'none'"
    assert ancestors(http.get("/embed/")) == "'self'"
    assert http.get("/embed?theme=dark").headers["location"] == "/embed/?theme=dark"


def test_the_operator_says_who_may_show_it(sample_library: Path) -> None:
    with serving([sample_library], embed_origins=(LAB, "http://127.0.0.1:9000")) as url:
        assert ancestors(httpx.get(f"{url}/embed/")) == f"'self' {LAB} http://127.0.0.1:9000"
        assert ancestors(httpx.get(url)) == "'none'"
    with serving([sample_library], embed_origins=("*",)) as url:
        assert ancestors(httpx.get(f"{url}/embed/")) == "*"


@pytest.mark.parametrize(
    "origin", ["lab.example.org", LAB + "/", LAB + "; script-src *", "'none'", "ftp://a", "https://a b"]
)  # fmt: skip
def test_what_is_no_origin_stops_the_server(origin: str) -> None:
    with pytest.raises(ValidationError, match="is no origin"):
        Settings(embed_origins=(origin,))
    assert check_origin("https://LAB.example.org:8443") == "https://lab.example.org:8443"


def test_its_parts_are_found_from_there(http: httpx.Client) -> None:
    html = http.get("/embed/").text
    parts = [part.split('"')[0] for part in html.split('="../')[1:]]
    assert any(part.endswith(".js") for part in parts)
    assert '="./' not in html
    for part in parts:
        assert http.get(f"/{part}").status_code == 200
    tag = http.get("/embed/").headers["etag"]
    again = http.get("/embed/", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert ancestors(again) == "'self'"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("v=1&chrome=toolbar,tree&theme=dark&lang=de&viewer=2d&origin=" + LAB, 200),
        ("chrome=minimal", 200),
        ("v=2", 400),
        ("chrome=toolbar,walls", 400),
        ("theme=pink", 400),
        ("lang=tlh", 400),
        ("origin=lab", 400),
        ("crome=minimal", 400),
    ],
)
def test_parameters_are_checked(http: httpx.Client, query: str, status: int) -> None:
    for address in ("/embed/", "/embed/abc"):
        response = http.get(f"{address}?{query}")
        assert response.status_code == status, response.text
        if status == 400:
            assert response.json()["detail"]


def test_messages_have_a_schema(http: httpx.Client) -> None:
    schema = http.get("/api/schemas/embed/1.json").json()
    jsonschema.Draft202012Validator.check_schema(schema)
    good = jsonschema.Draft202012Validator(schema)
    good.validate({"atlasview": 1, "type": "fly", "region": "L.putamen", "id": 7})
    good.validate({"atlasview": 1, "type": "hover", "region": None, "point": [0, 0, 1.5]})
    for wrong in (
        {"atlasview": 2, "type": "fly", "region": "L.putamen"},
        {"atlasview": 1, "type": "fly"},
        {"atlasview": 1, "type": "fly", "region": "a", "point": [0, 0, 0]},
        {"atlasview": 1, "type": "setView", "hash": "v=1"},
    ):
        assert not good.is_valid(wrong)
    assert http.get("/api/schemas/embed/2.json").status_code == 400


def test_the_manifest_says_what_programs_that_list_viewers_read(http: httpx.Client) -> None:
    response = http.get("/capability-manifest.yaml")
    assert response.headers["content-type"] == "application/yaml"
    told = response.json()
    viewer, can = told["viewer"], told["capabilities"]
    assert viewer["name"] == "AtlasView"
    assert viewer["template_url"].endswith("/open?url={DATA_URL}")
    assert can["ome_zarr_versions"] == [0.4, 0.5]
    # What the manifest's own schema asks for (BioImageTools/capability-manifest).
    flags = (
        "axes", "scale", "translation", "channels", "timepoints", "labels", "hcs_plates",
        "bioformats2raw_layout", "omero_metadata",
    )  # fmt: skip
    assert {"ome_zarr_versions", "rfcs_supported", *flags} <= set(can)
    assert all(isinstance(can[flag], bool) for flag in flags)
    assert set(can["compression_codecs"]) <= {"blosc", "zstd", "zlib", "lz4", "gzip", "bz2", "lzma"}


def test_an_address_of_the_catalogue_is_opened_and_no_other(http: httpx.Client) -> None:
    base = str(http.base_url).rstrip("/")
    template = http.get("/capability-manifest.yaml").json()["viewer"]["template_url"]
    for data in (f"{base}/zarr/{TEMPLATE}/", f"zarr3://{base}/chunks/{TEMPLATE}"):
        response = httpx.get(template.replace("{DATA_URL}", data))
        assert response.status_code == 307
        assert response.headers["location"] == f"/#v=1&vol={TEMPLATE}"
    for data in ("https://elsewhere.example.org/brain.zarr", "file:///etc", f"{base}/zarr/none"):
        response = http.get("/open", params={"url": data})
        assert response.status_code == 404
        assert "catalogue" in response.json()["detail"]


def test_the_page_s_parts_go_packed_as_the_build_has_made_them(http: httpx.Client) -> None:
    html = http.get("/").text
    part = next(p for p in re.findall(r'src="./([^"]+[.]js)"', html))
    plain = http.get(part, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    for coding in ("gzip", "br"):
        with http.stream("GET", part, headers={"Accept-Encoding": coding}) as packed:
            raw = b"".join(packed.iter_raw())
            assert packed.headers["content-encoding"] == coding
            assert packed.headers["content-type"] == plain.headers["content-type"]
            assert "Accept-Encoding" in packed.headers["vary"]
            assert packed.headers["content-security-policy"]
        assert len(raw) < len(plain.content) / 2
        if coding == "gzip":
            assert gzip.decompress(raw) == plain.content
    assert http.get(part + "x", headers={"Accept-Encoding": "br"}).status_code == 404


def test_the_page_is_served_by_itself_too(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<title>x</title>", encoding="utf-8")
    transport = httpx.ASGITransport(Page(tmp_path))

    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=transport, base_url="http://a") as client:
            return [await client.get("/"), await client.get("/none.js"), await client.post("/")]

    found, absent, sent = asyncio.run(ask())
    assert (found.status_code, absent.status_code, sent.status_code) == (200, 404, 405)
    assert sent.headers["allow"] == "GET, HEAD"
