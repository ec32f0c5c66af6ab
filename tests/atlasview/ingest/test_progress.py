from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from atlasview.errors import SourceError
from atlasview.ingest import ingest_volume
from atlasview.ingest.progress import BarProgress, JsonProgress, make

from .brains import affine_of, positions, save_nifti


def test_a_program_is_told_in_lines(tmp_path):
    source = save_nifti(tmp_path / "a.nii", positions((130, 70, 20)), affine_of("RAS"))
    stream = io.StringIO()
    ingest_volume(source, tmp_path / "a.ome.zarr", progress=JsonProgress(stream, interval=0))
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert lines[0]["done"] == 0
    assert lines[-1]["done"] == lines[-1]["total"] > 130 * 70 * 20
    assert {line["level"] for line in lines} == {0, 1, 2}
    assert lines[-1]["voxels_per_second"] > 0
    assert lines[-1]["seconds_left"] == 0


def test_few_lines_where_the_work_is_fast():
    stream = io.StringIO()
    tell = JsonProgress(stream, interval=60)
    for done in range(100):
        tell(0, done, 100)
    tell(0, 100, 100)
    assert len(stream.getvalue().splitlines()) == 2


def test_a_person_sees_a_bar_for_each_volume():
    text = io.StringIO()
    bar = BarProgress("Ingesting", Console(file=text, force_terminal=True, width=100))
    for _ in range(2):
        for done in (0, 500_000, 1_000_000):
            bar(1, done, 1_000_000)
    assert text.getvalue().count("100%") >= 2
    assert "million voxels/s" in text.getvalue()


def test_a_bar_is_closed_when_the_work_fails(tmp_path):
    text = io.StringIO()
    bar = BarProgress("Ingesting", Console(file=text, force_terminal=True, width=100))
    bar(0, 1, 10)
    assert "\x1b[?25l" in text.getvalue()  # the cursor is hidden
    with pytest.raises(SourceError):
        ingest_volume(tmp_path / "none.nii", tmp_path / "out.ome.zarr", progress=bar)
    assert text.getvalue().rstrip().endswith("\x1b[?25h")  # and shown again


def test_by_name():
    assert isinstance(make("json"), JsonProgress)
    assert isinstance(make("bar"), BarProgress)
