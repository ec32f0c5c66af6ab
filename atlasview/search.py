"""Region search that ranks: acronym or id, name, beginnings, words, synonyms, spelling mistakes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from atlasview.atlas import Region, Terminology

_SIDES = {"l": "left", "lh": "left", "left": "left", "r": "right", "rh": "right", "right": "right"}
#: Below this likeness (0–100) a spelling mistake is another word.
_LIKENESS = 78.0


@dataclass(frozen=True, slots=True)
class Hit:
    """One region found, and why.

    Parameters
    ----------
    region : Region
    field : str
        ``acronym``, ``id``, ``name`` or ``synonym``.
    kind : str
        ``exact``, ``prefix``, ``words`` or ``fuzzy``.
    rank : float
        Smaller is better.
    """

    region: Region
    field: str
    kind: str
    rank: float


def fold(text: str) -> str:
    """Return text without case, accents or punctuation, its words parted by one space."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", plain.replace("_", " ")))


class RegionIndex:
    """A terminology made ready for searching.

    Parameters
    ----------
    terminology : Terminology
    """

    def __init__(self, terminology: Terminology) -> None:
        self._terminology = terminology
        self._rows = [
            (r, fold(r.acronym), fold(r.name), tuple(fold(s) for s in r.synonyms))
            for r in terminology
        ]

    def search(self, text: str, limit: int = 50) -> list[Hit]:
        """Return the regions that fit, best first.

        Parameters
        ----------
        text : str
            Acronym, id, name, words in any order, a synonym, also misspelt. A word for a hemisphere
            (left, right, lh, rh) keeps to that side.
        limit : int
        """
        query = fold(text[:200])
        if not query:
            return []
        words = query.split()
        side = next((_SIDES[w] for w in words if w in _SIDES), None)
        rest = [w for w in words if w not in _SIDES] or words
        hits = [
            hit for row in self._rows if (hit := self._match(row, text.strip(), query, rest, side))
        ]
        if not hits and len(query) >= 3:
            hits = self._fuzzy(" ".join(rest), side, limit)
        hits.sort(key=lambda h: (h.rank, len(h.region.name), h.region.name, h.region.id))
        return hits[:limit]

    def _match(
        self,
        row: tuple[Region, str, str, tuple[str, ...]],
        raw: str,
        query: str,
        rest: list[str],
        side: str | None,
    ) -> Hit | None:
        region, acronym, name, synonyms = row
        if acronym == query:
            return Hit(region, "acronym", "exact", 0.0 if region.acronym == raw else 0.1)
        if str(region.id) == query:
            return Hit(region, "id", "exact", 0.2)
        if name == query:
            return Hit(region, "name", "exact", 1.0)
        if query in synonyms:
            return Hit(region, "synonym", "exact", 1.5)
        if side is not None and _side_of(region, name) not in (side, None):
            return None
        bare = " ".join(rest)
        plain = (
            " ".join(w for w in name.split() if w not in _SIDES)
            if side or region.hemisphere
            else name
        )
        other = 0.05 if side and _side_of(region, name) is None else 0.0
        if bare and plain == bare:
            return Hit(region, "name", "exact", 1.2 + other)
        if acronym.startswith(query):
            return Hit(region, "acronym", "prefix", 2.0 + len(acronym) / 1000)
        if plain.startswith(bare):
            return Hit(region, "name", "prefix", 2.5 + len(name) / 1000 + other)
        if _all_words(rest, name.split()):
            return Hit(region, "name", "words", 3.0 + len(name) / 1000 + other)
        if any(_all_words(rest, s.split()) for s in synonyms):
            return Hit(region, "synonym", "words", 4.0 + other)
        if len(bare) >= 3 and (bare in name or bare in acronym):
            return Hit(region, "name" if bare in name else "acronym", "words", 4.5 + other)
        return None

    def _fuzzy(self, query: str, side: str | None, limit: int) -> list[Hit]:
        found: dict[int, Hit] = {}
        texts = [(r, text, which) for r, acronym, name, synonyms in self._rows
                 for which, text in (("name", name), *(("synonym", s) for s in synonyms))
                 if side is None or _side_of(r, name) in (side, None)]  # fmt: skip
        for _, score, at in process.extract(
            query,
            [text for _, text, _ in texts],
            scorer=fuzz.WRatio if " " in query else _word_likeness,
            limit=limit * 2,
            score_cutoff=_LIKENESS,
        ):
            region, _, which = texts[at]
            hit = Hit(region, which, "fuzzy", 6.0 - score / 100)
            if region.id not in found or hit.rank < found[region.id].rank:
                found[region.id] = hit
        return list(found.values())


def _word_likeness(query: str, text: str, **_: object) -> float:
    """Return how like a misspelt word is to the likest word of a name, 0 to 100."""
    return max((fuzz.ratio(query, word) for word in text.split()), default=0.0)


def _all_words(wanted: list[str], words: list[str]) -> bool:
    return all(any(w.startswith(part) for w in words) for part in wanted)


def _side_of(region: Region, folded_name: str) -> str | None:
    if region.hemisphere:
        return region.hemisphere
    return next((_SIDES[w] for w in folded_name.split() if w in ("left", "right")), None)
