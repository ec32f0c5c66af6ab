"""Mend the rows of a region table that contradict themselves, and say what was mended."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from typing import Any

from atlasview.counted import counted
from atlasview.regioncolours import read_colours

Records = dict[int, dict[str, Any]]
#: Regions above one another; every region holds the path to its top.
_DEEPEST = 100
#: Faults of one kind told one by one.
_TOLD = 5


class Faults:
    """What is odd about a table, in sentences: of each kind some, and how many more there are."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {}

    def add(self, kind: str, text: str) -> None:
        """Add a fault; the kind goes on after «7 more»."""
        self._found.setdefault(kind, []).append(text)

    def told(self) -> tuple[str, ...]:
        """Return the sentences."""
        out: list[str] = []
        for kind, texts in self._found.items():
            shown = texts if len(texts) <= _TOLD + 1 else texts[:_TOLD]
            out += shown
            if len(shown) < len(texts):
                out.append(f"{len(texts) - len(shown)} more {kind}.")
        return tuple(out)


def mend_names(parsed: Records, faults: Faults) -> None:
    """Give each region an acronym and a name, and tell which acronyms stand twice."""
    seen: dict[str, int] = {}
    for record in parsed.values():
        record["acronym"] = record["acronym"] or record["name"] or str(record["id"])
        record["name"] = record["name"] or record["acronym"]
        first = seen.setdefault(record["acronym"], record["id"])
        if first != record["id"]:
            faults.add(
                "regions share an acronym with one before",
                f"Regions {first} and {record['id']} share the acronym {record['acronym']!r}; "
                "the acronym finds the first.",
            )


def mend_colours(parsed: Records, faults: Faults) -> None:
    """Read the colours of the table, and give one to each region without."""
    records = list(parsed.values())
    colours = read_colours([record["rgb"] for record in records])
    missing = []
    for record, colour in zip(records, colours, strict=True):
        if colour is None:
            missing.append(record)
            if record["rgb"] is not None:
                faults.add(
                    "regions have a colour that is none",
                    f"Region {record['id']} has the colour {str(record['rgb'])[:40]!r}, "
                    "which is none that is known here.",
                )
        record["rgb"] = colour
    if missing:
        who = counted(len(missing), "region has", "regions have")
        faults.add("", f"{who} no colour, or none that is one, and got one.")
        for i, record in enumerate(missing):
            r, g, b = colorsys.hls_to_rgb((i * 0.61803) % 1.0, 0.55, 0.6)
            record["rgb"] = (round(r * 255), round(g * 255), round(b * 255))


def mend_parents(parsed: Records, faults: Faults) -> None:
    """Find the parents that are named by name, and put at the top what has none that is there."""
    named = _by_name(parsed) if any(isinstance(r["parent"], str) for r in parsed.values()) else {}
    for record in parsed.values():
        said = parent = record["parent"]
        if isinstance(said, str):
            parent = named.get(said, named.get(said.casefold()))
        if parent == record["id"]:
            parent = None
        elif said is not None and parent not in parsed:
            faults.add(
                "regions name a parent that is not in the table and were put at the top",
                f"Region {record['id']} names the parent {said}, which is not in the table; "
                "it was put at the top.",
            )
            parent = None
        record["parent"] = parent
    settled: set[int] = set()
    for start in parsed:
        trail: dict[int, None] = {}
        here: int | None = start
        while here is not None and here not in settled and here not in trail:
            trail[here] = None
            here = parsed[here]["parent"]
        if here is not None and here in trail:
            faults.add(
                "circles of parents were cut",
                f"Region {here} is its own ancestor; the circle was cut there and it was put at "
                "the top.",
            )
            parsed[here]["parent"] = None
        settled.update(trail)


def mend_depth(parsed: Records, faults: Faults) -> None:
    """Cut what is nested deeper than any atlas, before the paths are written out."""
    below: dict[int | None, list[int]] = {}
    for record in parsed.values():
        below.setdefault(record["parent"], []).append(record["id"])
    todo = [(i, 1) for i in below.get(None, [])]
    while todo:
        here, depth = todo.pop()
        if depth > _DEEPEST:
            faults.add(
                "regions lie as deep and were put at the top",
                f"Region {here} lies deeper than {_DEEPEST} levels; it was put at the top.",
            )
            parsed[here]["parent"], depth = None, 1
        todo.extend((i, depth + 1) for i in below.get(here, []))


def _by_name(parsed: Mapping[int, Mapping[str, Any]]) -> dict[str, int]:
    """Return ids by acronym, else by name; as written, and whatever the case."""
    found: dict[str, int] = {}
    for change in (str, str.casefold):
        for field in ("acronym", "name"):
            for record in parsed.values():
                found.setdefault(change(record[field]), record["id"])
    return found


def mend_labels(parsed: Records, faults: Faults) -> None:
    """Settle which voxel value is whose."""
    if all(record["label"] is None for record in parsed.values()):
        for record in parsed.values():
            record["label"] = record["id"]
    taken: dict[int, int] = {}
    for record in parsed.values():
        label = record["label"]
        if label is None:
            continue
        if not 0 < label < 1 << 64:
            if label:
                faults.add(
                    "regions have a voxel value that no voxel can hold",
                    f"Region {record['id']} has the voxel value {label}, which no voxel can hold; "
                    "it was left out.",
                )
            record["label"] = None
        elif label in taken:
            faults.add(
                "regions share a voxel value with one before, to which it belongs",
                f"Regions {taken[label]} and {record['id']} share the voxel value {label}; it "
                "belongs to the first.",
            )
            record["label"] = None
        else:
            taken[label] = record["id"]
