"""Colour maps, and what the page is told of them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from atlasview.colormaps import COLORMAPS, STOPS, colormap, colormap_stops
from atlasview.errors import InvalidParameterError
from atlasview.marks.imageshader import image_shader

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "frontend" / "src" / "colormaps.json"


@pytest.mark.parametrize("name", COLORMAPS)
def test_every_colour_map_is_there(name: str) -> None:
    table = colormap(name.upper())
    assert table.shape == (256, 4)
    assert len(np.unique(table, axis=0)) > 30


def test_an_unknown_colour_map_is_named() -> None:
    with pytest.raises(InvalidParameterError, match="viridis"):
        colormap("nothing")


@pytest.mark.parametrize("name", [*COLORMAPS, "ff8800"])
def test_lines_between_the_stops_are_the_colour_map(name: str) -> None:
    stops = np.array([list(bytes.fromhex(rgb)) for rgb in colormap_stops(name)])
    assert len(stops) == STOPS
    at = np.linspace(0, STOPS - 1, 256)
    lines = np.stack([np.interp(at, range(STOPS), channel) for channel in stops.T], axis=-1)
    assert np.abs(lines - colormap(name)[:, :3]).max() < 10


def test_the_page_has_the_same_colour_maps() -> None:
    told = {name: "".join(colormap_stops(name)) for name in COLORMAPS}
    if os.environ.get("ATLASVIEW_UPDATE_GOLDEN"):
        PAGE.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    assert told == json.loads(PAGE.read_text(encoding="utf-8"))


def test_the_page_has_the_same_shaders() -> None:
    """The page's own test writes this file: `vitest -u`."""
    golden = ROOT / "tests" / "golden" / "image-shaders.json"
    for name, shader in json.loads(golden.read_text(encoding="utf-8")).items():
        assert image_shader(name) == shader
