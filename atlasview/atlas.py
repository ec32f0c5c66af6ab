"""The atlas: templates, parcellations, and the tree of regions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from atlasview.errors import InvalidParameterError, NotFoundError
from atlasview.labelpicture import LabelColours
from atlasview.picture import UInt8Array

#: Not `str.isdigit`, to which ³ is a digit.
_NUMBER = re.compile(r"-?[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Region:
    """One node of the tree.

    Parameters
    ----------
    id : int
    acronym, name : str
    rgb : tuple of int
    parent : int or None
        Id; None at a root.
    path : tuple of int
        Ids from the root to this region, both included.
    label : int or None
        Voxel value; None for a region that only groups others.
    hemisphere : str or None
        ``left``, ``right`` or None.
    synonyms : tuple of str
    description : str
    """

    id: int
    acronym: str
    name: str
    rgb: tuple[int, int, int]
    parent: int | None
    path: tuple[int, ...]
    label: int | None
    hemisphere: str | None = None
    synonyms: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, eq=False)
class Terminology:
    """A tree of regions, parents before children.

    Parameters
    ----------
    regions : tuple of Region
        In tree order: each region is followed by its descendants.
    problems : tuple of str
        What the table got wrong and how it was mended, in sentences.
    """

    regions: tuple[Region, ...]
    problems: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.regions)

    def __iter__(self) -> Iterator[Region]:
        return iter(self.regions)

    @cached_property
    def by_id(self) -> dict[int, Region]:
        """Regions by id."""
        return {r.id: r for r in self.regions}

    @cached_property
    def by_label(self) -> dict[int, Region]:
        """Regions by voxel value."""
        return {r.label: r for r in self.regions if r.label is not None}

    @cached_property
    def _by_acronym(self) -> dict[str, Region]:
        found: dict[str, Region] = {}
        for region in self.regions:
            found.setdefault(region.acronym, region)
        for region in self.regions:
            found.setdefault(region.acronym.casefold(), region)
        return found

    @cached_property
    def _children(self) -> dict[int | None, tuple[Region, ...]]:
        found: dict[int | None, list[Region]] = {}
        for region in self.regions:
            found.setdefault(region.parent, []).append(region)
        return {k: tuple(v) for k, v in found.items()}

    def find(self, key: str | int) -> Region:
        """Return a region by id or acronym (exact, else ignoring case).

        Raises
        ------
        NotFoundError
            There is none.
        """
        text = str(key).strip()
        if _NUMBER.fullmatch(text) and int(text) in self.by_id:
            return self.by_id[int(text)]
        region = self._by_acronym.get(text) or self._by_acronym.get(text.casefold())
        if region is None:
            raise NotFoundError("region", text)
        return region

    def counterpart(self, region: Region, *, acronyms: bool) -> Region | None:
        """Return the region that means the same as one of another terminology; None without one.

        That is the one of the same name, or of the same id and acronym. An acronym alone tells
        little between species: PT is a part of the cortex in one and of the thalamus in another.

        Parameters
        ----------
        region : Region
        acronyms : bool
            Take an acronym alone for enough.
        """
        named = self._by_name.get(region.name.casefold())
        if named is not None:
            return named
        same = self.by_id.get(region.id)
        if same is not None and same.acronym == region.acronym:
            return same
        return self._by_acronym.get(region.acronym) if acronyms else None

    @cached_property
    def _by_name(self) -> dict[str, Region]:
        found: dict[str, Region] = {}
        for region in self.regions:
            found.setdefault(region.name.casefold(), region)
        return found

    def children(self, region: Region) -> tuple[Region, ...]:
        """Return the regions directly below one."""
        return self._children.get(region.id, ())

    def ancestors(self, region: Region) -> tuple[Region, ...]:
        """Return the regions above one, the root first."""
        return tuple(self.by_id[i] for i in region.path[:-1])

    def subtree(self, region: Region) -> tuple[Region, ...]:
        """Return a region and all its descendants."""
        out, todo = [], [region]
        while todo:
            here = todo.pop()
            out.append(here)
            todo.extend(reversed(self.children(here)))
        return tuple(out)

    def labels(self, regions: Iterable[Region]) -> frozenset[int]:
        """Return the voxel values of regions and all their descendants."""
        return frozenset(
            r.label for top in regions for r in self.subtree(top) if r.label is not None
        )

    def depth_of(self) -> int:
        """Return how deep the tree is; a root alone is 1."""
        return max((len(r.path) for r in self.regions), default=0)

    def colours(self, depth: int | None = None) -> LabelColours:
        """Return what each voxel value is drawn as.

        Parameters
        ----------
        depth : int, optional
            Draw every region deeper than this as its ancestor at that depth; a root has depth 0.

        Raises
        ------
        InvalidParameterError
            `depth` is negative.
        """
        if depth is not None and depth < 0:
            raise InvalidParameterError("depth", depth, "it takes a whole number from 0")
        pairs = sorted((label, region) for label, region in self.by_label.items())
        shown = [
            self.by_id[r.path[min(depth, len(r.path) - 1)]] if depth is not None else r
            for _, r in pairs
        ]
        order = {r.id: i for i, r in enumerate(self.regions)}
        return LabelColours(
            labels=np.array([label for label, _ in pairs], np.uint64),
            regions=np.array([order[r.id] for r in shown], np.int64),
            rgb=_rgb([r.rgb for r in shown]),
        )


def _rgb(colours: list[tuple[int, int, int]]) -> UInt8Array:
    return np.array(colours, np.uint8).reshape(-1, 3)


@dataclass(frozen=True, slots=True)
class ProbabilityMaps:
    """One map for each region of a parcellation, as channels of a volume.

    Parameters
    ----------
    volume : str
        Id of the volume.
    labels : tuple of int
        Voxel value of the region that each channel maps.
    unit : float
        What a voxel holds where the region is certain: 1, or 100 for per cent.
    threshold : float
        Probability from which on a voxel of the labels volume was given the most probable region.
    """

    volume: str
    labels: tuple[int, ...]
    unit: float = 1.0
    threshold: float = 0.0


@dataclass(frozen=True, eq=False)
class Parcellation:
    """A set of regions plus the labels volume that draws them.

    Parameters
    ----------
    id : str
    name : str
    labels : str
        Id of the labels volume.
    terminology : Terminology
    hemispheres : str or None
        Id of the volume that tells left (1) from right (2), on the grid of the labels.
    maps : ProbabilityMaps or None
        How probable each region is in each voxel, where that is known; the labels were made of it.
    """

    id: str
    name: str
    labels: str
    terminology: Terminology
    hemispheres: str | None = None
    maps: ProbabilityMaps | None = None


@dataclass(frozen=True, eq=False)
class Atlas:
    """Templates and parcellations of one reference space.

    Parameters
    ----------
    id, name : str
    space : str
    templates : tuple of str
        Ids of volumes; the first is the default.
    parcellations : tuple of Parcellation
        The first is the default.
    species, citation, licence, link : str
    problems : tuple of str
    aliases : tuple of str
        Other ids it is found by: BrainGlobe has an atlas for each resolution, of which each is a
        level of the same volumes.
    """

    id: str
    name: str
    space: str
    templates: tuple[str, ...]
    parcellations: tuple[Parcellation, ...]
    species: str = ""
    citation: str = ""
    licence: str = ""
    link: str = ""
    problems: tuple[str, ...] = field(default=())
    aliases: tuple[str, ...] = ()

    def parcellation(self, name: str | None = None) -> Parcellation:
        """Return a parcellation by its id or its labels volume; the default when not named.

        Raises
        ------
        NotFoundError
            There is none.
        """
        for parcellation in self.parcellations:
            if name is None or name in (parcellation.id, parcellation.labels):
                return parcellation
        raise NotFoundError("parcellation", name, [p.id for p in self.parcellations])

    def answers_to(self, name: str) -> bool:
        """Tell whether a name is the atlas's id or another it is found by."""
        return name == self.id or name in self.aliases
