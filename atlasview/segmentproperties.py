"""A region table as Neuroglancer's segment properties: names, acronyms, tags.

References
----------
Neuroglancer, ``src/datasource/precomputed/segment_properties.rst``.
"""

from __future__ import annotations

import re
from typing import Any

from atlasview.atlas import Region, Terminology


def make_segment_properties(terminology: Terminology) -> dict[str, Any]:
    """Return a region table as the format's segment properties.

    The label is a region's name, the description its acronym; it is tagged with the acronym of each
    ancestor and its side, so that a search for ``#HIP`` finds all that lies below it.
    """
    regions = [r for label, r in sorted(terminology.by_label.items()) if label > 0]
    tags = _Tags()
    values = [
        sorted({tags.of(a) for a in terminology.ancestors(r)} | tags.side(r)) for r in regions
    ]
    properties: list[dict[str, Any]] = [
        {"id": "label", "type": "label", "values": [r.name for r in regions]},
        {"id": "description", "type": "description", "values": [r.acronym for r in regions]},
    ]
    if tags.names:
        properties.append(
            {
                "id": "tags",
                "type": "tags",
                "tags": tags.names,
                "tag_descriptions": tags.descriptions,
                "values": values,
            }
        )
    return {
        "@type": "neuroglancer_segment_properties",
        "inline": {"ids": [str(r.label) for r in regions], "properties": properties},
    }


class _Tags:
    """Tags as the format wants them: distinct whatever their case, without spaces or ``#``."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.descriptions: list[str] = []
        self._places: dict[object, int] = {}
        self._taken: set[str] = set()

    def of(self, region: Region) -> int:
        """Return the place of a region's tag."""
        return self._place(region.id, region.acronym, region.name, str(region.id))

    def side(self, region: Region) -> set[int]:
        """Return the place of a region's side."""
        side = region.hemisphere
        return {self._place(side, side, f"{side} hemisphere", "side")} if side else set()

    def _place(self, key: object, wanted: str, description: str, other: str) -> int:
        if key not in self._places:
            name = re.sub(r"[\s,]+", "_", wanted.strip()).lstrip("#") or other
            if name.casefold() in self._taken:
                name = f"{name}_{other}"
            self._taken.add(name.casefold())
            self._places[key] = len(self.names)
            self.names.append(name)
            self.descriptions.append(description)
        return self._places[key]
