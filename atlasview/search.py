"""Region search that ranks: acronym or id, name, beginnings, words, synonyms, spelling mistakes."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from atlasview.atlas import Region, Terminology

_SIDES = {
    "l": "left", "lh": "left", "left": "left", "sinister": "left", "sinistra": "left",
    "r": "right", "rh": "right", "right": "right", "dexter": "right", "dextra": "right",
}  # fmt: skip
_PLAIN_SIDES = ("left", "right")
#: Higher than any character that `fold` leaves: bounds a range of beginnings.
_LAST = "\U0010ffff"


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
    text : str
        What the field says, as the table writes it.
    """

    region: Region
    field: str
    kind: str
    rank: float
    text: str = ""


def fold(text: str) -> str:
    """Return text without case, accents or punctuation, its words parted by one space."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", plain.replace("_", " ")))


def best_first(hits: Iterable[tuple[Hit, str]]) -> list[tuple[Hit, str]]:
    """Put the hits of several parcellations in one order, the best first."""
    return sorted(hits, key=lambda pair: _order(pair[0]))


class _Texts:
    """Folded texts, found by their beginning and by the beginnings of their words.

    Parameters
    ----------
    texts : sequence of tuple of int and str
        Which row, and what it says.
    """

    def __init__(self, texts: Sequence[tuple[int, str]]) -> None:
        self._sorted = sorted((text, row) for row, text in texts if text)
        words: dict[str, set[int]] = {}
        for row, text in texts:
            for word in text.split():
                words.setdefault(word, set()).add(row)
        self.words = sorted(words)
        self._rows = words

    def exact(self, text: str) -> list[int]:
        """Return the rows that say just that."""
        start = bisect_left(self._sorted, (text, -1))
        out = []
        for found, row in self._sorted[start:]:
            if found != text:
                break
            out.append(row)
        return out

    def beginning(self, text: str) -> list[int]:
        """Return the rows that begin so."""
        start = bisect_left(self._sorted, (text, -1))
        stop = bisect_left(self._sorted, (text + _LAST, -1))
        return [row for _, row in self._sorted[start:stop]]

    def with_words(self, words: Sequence[str]) -> set[int]:
        """Return the rows that have, for every word given, one that begins so."""
        out: set[int] | None = None
        for word in words:
            start, stop = bisect_left(self.words, word), bisect_left(self.words, word + _LAST)
            rows: set[int] = set().union(*(self._rows[w] for w in self.words[start:stop]))
            out = rows if out is None else out & rows
            if not out:
                break
        return out or set()

    def like(self, words: Sequence[str]) -> dict[int, float]:
        """Return the rows that have, for every word, one like it, and how far off they are."""
        out: dict[int, float] | None = None
        for word in words:
            far: dict[int, float] = {}
            for other, distance in self._alike(word):
                for row in self._rows[other]:
                    far[row] = min(far.get(row, 9.0), distance)
            if out is None:
                out = far
            else:
                out = {row: out[row] + d for row, d in far.items() if row in out}
        return out or {}

    def _alike(self, word: str) -> list[tuple[str, float]]:
        """Return words like one that is misspelt, also where only its beginning was typed."""
        most = 0 if len(word) < 3 else 1 if len(word) < 5 else 2 if len(word) < 9 else 3
        found: dict[int, float] = {}
        for cut in (None, len(word), len(word) + 1):
            options = self.words if cut is None else [w[:cut] for w in self.words]
            for _, distance, at in process.extract(
                word, options, scorer=OSA.distance, score_cutoff=most, limit=None
            ):
                # what was not typed yet is a lesser fault than a wrong letter
                far = distance + (0.0 if cut is None else 0.4)
                found[at] = min(found.get(at, 9.0), far)
        return [(self.words[at], far) for at, far in found.items()]


class RegionIndex:
    """A terminology made ready for searching.

    Parameters
    ----------
    terminology : Terminology
    """

    def __init__(self, terminology: Terminology) -> None:
        rows = list(terminology)
        self._regions = rows
        self._ids: dict[str, int] = {str(r.id): i for i, r in enumerate(rows)}
        names = [fold(r.name) for r in rows]
        self._sides = [
            r.hemisphere or next((w for w in n.split() if w in _PLAIN_SIDES), None)
            for r, n in zip(rows, names, strict=True)
        ]
        self._bare = [" ".join(w for w in n.split() if w not in _SIDES) for n in names]
        self._names = names
        self._acronyms = [fold(r.acronym) for r in rows]
        synonyms = [(i, fold(s), s) for i, r in enumerate(rows) for s in r.synonyms]
        self._synonyms = [s for _, _, s in synonyms]
        self._synonym_rows = [i for i, _, _ in synonyms]
        self._folded_synonyms = [s for _, s, _ in synonyms]
        self._by_acronym = _Texts(list(enumerate(self._acronyms)))
        self._by_name = _Texts(list(enumerate(names)))
        self._by_bare = _Texts(list(enumerate(self._bare)))
        self._by_synonym = _Texts(list(enumerate(self._folded_synonyms)))

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
        if rest is words:
            side = None
        hits: dict[int, Hit] = {}
        self._exact(hits, text.strip(), query)
        self._near(hits, query, rest, side)
        if not hits and len(query) >= 3:
            self._fuzzy(hits, rest, side)
        return sorted(hits.values(), key=_order)[:limit]

    def _put(
        self, hits: dict[int, Hit], row: int, field: str, kind: str, rank: float, text: str
    ) -> None:
        known = hits.get(row)
        if known is None or rank < known.rank:
            hits[row] = Hit(self._regions[row], field, kind, rank, text)

    def _exact(self, hits: dict[int, Hit], raw: str, query: str) -> None:
        for row in self._by_acronym.exact(query):
            acronym = self._regions[row].acronym
            self._put(hits, row, "acronym", "exact", 0.0 if acronym == raw else 0.1, acronym)
        row_of = self._ids.get(raw)
        if row_of is not None:
            self._put(hits, row_of, "id", "exact", 0.2, raw)
        for row in self._by_name.exact(query):
            self._put(hits, row, "name", "exact", 1.0, self._regions[row].name)

    def _near(
        self, hits: dict[int, Hit], query: str, rest: Sequence[str], side: str | None
    ) -> None:
        bare = " ".join(rest)

        def here(row: int) -> bool:
            return side is None or self._sides[row] in (side, None)

        def off(row: int) -> float:
            return 0.05 if side is not None and self._sides[row] is None else 0.0

        def name(row: int, kind: str, rank: float) -> None:
            self._put(hits, row, "name", kind, rank + off(row), self._regions[row].name)

        for row in self._by_bare.exact(bare):
            if here(row):
                name(row, "exact", 1.2)
        for row in self._by_acronym.beginning(query):
            if here(row):
                length = len(self._acronyms[row]) / 1000
                self._put(hits, row, "acronym", "prefix", 2.0 + length, self._regions[row].acronym)
        for row in self._by_bare.beginning(bare):
            if here(row):
                name(row, "prefix", 2.5 + len(self._names[row]) / 1000)
        for row in self._by_name.with_words(rest):
            if here(row):
                name(row, "words", 3.0 + len(self._names[row]) / 1000)
        for row in self._by_acronym.with_words(rest):
            if here(row):
                self._put(hits, row, "acronym", "words", 3.9 + off(row), self._regions[row].acronym)
        for which in self._by_synonym.with_words(rest):
            row = self._synonym_rows[which]
            if here(row):
                whole = self._folded_synonyms[which] in (query, bare)
                self._put(
                    hits, row, "synonym", "exact" if whole else "words",
                    4.0 if whole else 4.2 + off(row), self._synonyms[which],
                )  # fmt: skip
        if len(bare) >= 3:
            for row, (said, acronym) in enumerate(zip(self._names, self._acronyms, strict=True)):
                if bare in said and here(row):
                    name(row, "words", 4.5)
                elif bare in acronym and here(row):
                    self._put(
                        hits, row, "acronym", "words", 4.5 + off(row), self._regions[row].acronym
                    )

    def _fuzzy(self, hits: dict[int, Hit], rest: Sequence[str], side: str | None) -> None:
        for row, far in self._by_name.like(rest).items():
            if side is None or self._sides[row] in (side, None):
                self._put(hits, row, "name", "fuzzy", 6.0 + far, self._regions[row].name)
        for which, far in self._by_synonym.like(rest).items():
            row = self._synonym_rows[which]
            if side is None or self._sides[row] in (side, None):
                self._put(hits, row, "synonym", "fuzzy", 6.2 + far, self._synonyms[which])


def _order(hit: Hit) -> tuple[float, int, str, int]:
    return hit.rank, len(hit.region.name), hit.region.name, hit.region.id
