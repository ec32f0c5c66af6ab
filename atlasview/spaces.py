"""Reference spaces: affine transforms between them, chained along a path, and named origins.

A transform maps millimetres of one space to millimetres of another. Each can be undone, so a path
may go through it either way. Where several lead from one space to another, the shortest is taken.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from atlasview.errors import NotFoundError, UnrelatedSpacesError
from atlasview.geometry import FloatArray
from atlasview.layout import slug

#: What a volume is said to lie in that names no space; no two of these are the same.
NO_SPACE = "unspecified"


@dataclass(frozen=True, eq=False, slots=True)
class Transform:
    """From millimetres of one space to those of another.

    Parameters
    ----------
    name : str
    source, target : str
        Names of spaces.
    matrix : ndarray, shape (4, 4)
        Source x, y, z in mm → target x, y, z in mm; can be inverted.
    citation : str
        Where it comes from.
    accuracy : str
        How far it can be trusted, in words.
    """

    name: str
    source: str
    target: str
    matrix: FloatArray
    citation: str
    accuracy: str


@dataclass(frozen=True, eq=False, slots=True)
class Origin:
    """Another way to write the points of a space: from a landmark, along its own axes.

    Parameters
    ----------
    id : str
        Such as ``bregma``.
    name : str
        For people.
    space : str
        Name of the space.
    matrix : ndarray, shape (4, 4)
        x, y, z in mm of the space → coordinates from this origin, in mm.
    citation, accuracy : str
    """

    id: str
    name: str
    space: str
    matrix: FloatArray
    citation: str
    accuracy: str


@dataclass(frozen=True, slots=True)
class SpaceName:
    """What a space is called, by whom it is known under other names."""

    name: str
    aliases: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Definitions:
    """What files say of spaces."""

    names: tuple[SpaceName, ...] = ()
    transforms: tuple[Transform, ...] = ()
    origins: tuple[Origin, ...] = ()

    def joined(self, other: Definitions) -> Definitions:
        """Return both together."""
        return Definitions(
            self.names + other.names,
            self.transforms + other.transforms,
            self.origins + other.origins,
        )


@dataclass(frozen=True, eq=False, slots=True)
class Space:
    """A reference space.

    Parameters
    ----------
    id : str
        As in addresses.
    name : str
    aliases : tuple of str
        Other names that mean it.
    description : str
    origins : tuple of Origin
    """

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    description: str = ""
    origins: tuple[Origin, ...] = ()

    def origin(self, key: str) -> Origin:
        """Return an origin by id.

        Raises
        ------
        NotFoundError
            There is none.
        """
        for origin in self.origins:
            if origin.id == key:
                return origin
        raise NotFoundError("origin", key, [o.id for o in self.origins])


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One transform of a path, forwards or undone."""

    transform: Transform
    undone: bool

    @property
    def matrix(self) -> FloatArray:
        """The matrix in the direction of the path."""
        matrix = self.transform.matrix
        return np.asarray(np.linalg.inv(matrix), np.float64) if self.undone else matrix


@dataclass(frozen=True, eq=False, slots=True)
class Route:
    """How one gets from one space to another.

    Parameters
    ----------
    source, target : Space
    steps : tuple of Step
        None where the spaces are the same.
    """

    source: Space
    target: Space
    steps: tuple[Step, ...]

    @property
    def matrix(self) -> FloatArray:
        """Millimetres of the source → millimetres of the target, shape (4, 4)."""
        return functools.reduce(lambda done, step: step.matrix @ done, self.steps, np.eye(4))


class Spaces:
    """The spaces that are served, and all that transforms lead to from them.

    Parameters
    ----------
    served : iterable of str
        Names of spaces as volumes and atlases say them.
    definitions : Definitions
    """

    def __init__(self, served: Iterable[str], definitions: Definitions) -> None:
        self._names: dict[str, SpaceName] = {}
        for known in definitions.names:
            for text in (known.name, *known.aliases):
                self._names.setdefault(slug(text), known)
        links: dict[str, list[Transform]] = {}
        for transform in definitions.transforms:
            for text in (transform.source, transform.target):
                links.setdefault(self._key(text), []).append(transform)
        said = {self._key(name): name for name in served if name and name != NO_SPACE}
        shown = dict(said)
        todo = deque(said)
        while todo:
            for transform in links.get(todo.popleft(), ()):
                for text in (transform.source, transform.target):
                    if (key := self._key(text)) not in shown:
                        shown[key] = text
                        todo.append(key)
        origins: dict[str, dict[str, Origin]] = {}
        for origin in definitions.origins:
            # what a library says of an origin overrules what is well known
            origins.setdefault(self._key(origin.space), {})[origin.id] = origin
        self._spaces = {
            key: self._space(key, name, tuple(origins.get(key, {}).values()))
            for key, name in shown.items()
        }
        self._links = {key: tuple(links.get(key, ())) for key in shown}

    def __iter__(self) -> Iterator[Space]:
        return iter(self._spaces.values())

    def __len__(self) -> int:
        return len(self._spaces)

    def find(self, key: str) -> Space:
        """Return a space by id, name or another name of it.

        Raises
        ------
        NotFoundError
            There is none.
        """
        found = self._spaces.get(self._key(key))
        if found is None:
            raise NotFoundError("space", key, [s.id for s in self])
        return found

    def same(self, a: str, b: str) -> bool:
        """Tell whether two names mean one space."""
        return a == b or (NO_SPACE not in (a, b) and self._key(a) == self._key(b))

    def transforms(self, space: Space) -> tuple[Transform, ...]:
        """Return the transforms that begin or end at a space."""
        return self._links[self._key(space.name)]

    def route(self, source: str, target: str) -> Route:
        """Return the shortest path from one space to another.

        Raises
        ------
        NotFoundError
            There is no such space.
        UnrelatedSpacesError
            There is no path.
        """
        first, last = self.find(source), self.find(target)
        found = self._reached(first).get(self._key(last.name))
        if found is None:
            raise UnrelatedSpacesError(first.name, last.name)
        return Route(first, last, found)

    def related(self, space: Space) -> list[Route]:
        """Return the paths to all other spaces that can be reached, the nearest first."""
        own = self._key(space.name)
        return [
            Route(space, self._spaces[key], steps)
            for key, steps in self._reached(space).items()
            if key != own
        ]

    def _reached(self, first: Space) -> dict[str, tuple[Step, ...]]:
        start = self._key(first.name)
        found: dict[str, tuple[Step, ...]] = {start: ()}
        todo = deque([start])
        while todo:
            here = todo.popleft()
            for transform in self._links[here]:
                undone = self._key(transform.target) == here
                beyond = self._key(transform.source if undone else transform.target)
                if beyond not in found:
                    found[beyond] = (*found[here], Step(transform, undone))
                    todo.append(beyond)
        return found

    def _key(self, text: str) -> str:
        known = self._names.get(slug(text))
        return slug(known.name if known else text)

    def _space(self, key: str, name: str, origins: Sequence[Origin]) -> Space:
        known = self._names.get(key)
        every = dict.fromkeys((known.name, *known.aliases) if known else ())
        every.pop(name, None)
        return Space(
            slug(name), name, tuple(every), known.description if known else "", tuple(origins)
        )


def rigid_origin(at: Sequence[float], behind: Sequence[float] | None = None) -> FloatArray:
    """Return the matrix of an origin at a landmark.

    Parameters
    ----------
    at : sequence of float
        The landmark, x, y, z in mm of the space.
    behind : sequence of float, optional
        A second one; y runs from it to the first, and x stays as near to the right as it can.

    Returns
    -------
    ndarray, shape (4, 4)
        mm of the space → mm from the landmark, turned but never stretched.
    """
    turn = np.eye(3)
    if behind is not None:
        y = np.subtract(at, behind)
        y = y / np.linalg.norm(y)
        x = np.array([1.0, 0.0, 0.0]) - y[0] * y
        x /= np.linalg.norm(x)
        turn = np.stack([x, y, np.cross(x, y)])
    out = np.eye(4)
    out[:3, :3] = turn
    out[:3, 3] = -turn @ np.asarray(at, np.float64)
    return out


def step_json(step: Step) -> dict[str, Any]:
    """Return one step of a path as JSON has it."""
    ends = (step.transform.source, step.transform.target)
    return {
        "transform": step.transform.name,
        "from": ends[step.undone],
        "to": ends[not step.undone],
        "undone": step.undone,
        "citation": step.transform.citation,
        "accuracy": step.transform.accuracy,
    }


def served_names(volumes: Mapping[str, Any], atlases: Mapping[str, Any]) -> list[str]:
    """Return the names of the spaces that volumes and atlases lie in, each once."""
    found = [x.space for x in (*atlases.values(), *volumes.values())]
    return list(dict.fromkeys(found))
