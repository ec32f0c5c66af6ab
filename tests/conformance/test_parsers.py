"""Whatever stands in it, a parser reads it or refuses it in words: no other exception, no hang."""

from __future__ import annotations

from contextlib import suppress

import pytest
from conformance.parsers import PARSERS
from conformance.seeds import SEEDS, TOKENS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atlasview.errors import AtlasViewError


@st.composite
def spoilt(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A good input with pieces taken out, doubled, and put in."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 12))
        data = (
            data[:at] + draw(st.sampled_from(TOKENS) | st.binary(max_size=4)) + data[at + length :]
        )
    return data


def test_every_parser_has_a_seed_that_it_reads() -> None:
    assert set(SEEDS) == set(PARSERS)
    for name, seeds in SEEDS.items():
        for seed in seeds:
            assert PARSERS[name](seed) is not None, (name, seed)


@pytest.mark.parametrize("name", PARSERS)
def test_what_is_spoilt_is_refused_in_words(name: str) -> None:
    @given(spoilt(SEEDS[name]))
    # The same ones every time: new ones are looked for by test_fuzz.py.
    @settings(max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck))
    def check(data: bytes) -> None:
        with suppress(AtlasViewError):
            PARSERS[name](data)

    check()
