"""What is worked out once of a parcellation's volumes, when first asked for, and kept."""

from __future__ import annotations

import threading
from collections import OrderedDict

from atlasview.assign import Surface
from atlasview.atlas import Region, Terminology
from atlasview.errors import InvalidParameterError
from atlasview.meshes import Mesh
from atlasview.meshfiles import Multilod, multilod
from atlasview.meshstore import StoredMeshes, labels_seal, meshes_place, open_meshes
from atlasview.neighbours import NeighbourIndex
from atlasview.palettes import palette_colours, recoloured
from atlasview.regionfacts import LabelIndex, same_grid
from atlasview.regionmesh import region_surfaces
from atlasview.volume import Volume

SIDES = {"left": 1, "right": 2}
_MeshKey = tuple[frozenset[int], str | None]
#: Surfaces that are kept, of one labels volume.
_MESH_BYTES = 64 << 20


class Regional:
    """Extents, sides, contacts and surfaces of the regions of one labels volume.

    Parameters
    ----------
    whole : LabelIndex
        Of both hemispheres.
    hemispheres : Volume or None
        1 is left, 2 right; None where there is none on the grid of the labels.
    """

    def __init__(self, whole: LabelIndex, hemispheres: Volume | None) -> None:
        fits = hemispheres is not None and same_grid(hemispheres, whole.volume)
        self.whole = whole
        self.hemispheres = hemispheres if fits else None
        self.neighbours = NeighbourIndex(whole.volume)
        self.surface = Surface(whole.volume)
        self._halves = {
            side: LabelIndex(whole.volume, (hemispheres, code))
            for side, code in SIDES.items()
            if hemispheres is not None and fits
        }
        self._palettes: dict[tuple[Terminology, str, int | None], Terminology] = {}
        self._meshes: OrderedDict[_MeshKey, tuple[Mesh, Multilod] | None] = OrderedDict()
        self._mesh_bytes = 0
        self._stored: tuple[tuple[int, int], StoredMeshes | None] | None = None
        self._lock = threading.Lock()

    def index(self, side: str | None) -> LabelIndex:
        """Return the extents of both hemispheres, or of one.

        Raises
        ------
        InvalidParameterError
            The atlas does not say which voxels are left and which right.
        """
        if side is None:
            return self.whole
        if side not in self._halves:
            raise InvalidParameterError(
                "hemisphere", side, "this parcellation has no hemispheres; ask for it without"
            )
        return self._halves[side]

    def sides_of(self, labels: frozenset[int]) -> dict[str, dict[str, float | int]] | None:
        """Return voxels and volume on either side; None where sides are not known."""
        if not self._halves:
            return None
        return {
            side: {"voxels": found.voxels, "volume_mm3": found.volume_mm3}
            for side, index in self._halves.items()
            for found in (index.measure(labels),)
        }

    def painted(
        self, terminology: Terminology, palette: str, depth: int | None = None
    ) -> Terminology:
        """Return the regions in the colours of a palette, the ontology cut at some depth."""
        if depth is not None:
            depth = min(depth, terminology.depth_of())
        key = terminology, palette, depth
        with self._lock:
            if key not in self._palettes:
                colours = palette_colours(palette, terminology, self.neighbours.contacts, depth)
                self._palettes[key] = recoloured(terminology, colours)
            return self._palettes[key]

    def mesh(self, labels: frozenset[int], side: str | None = None) -> tuple[Mesh, Multilod] | None:
        """Return the surface of some labels, made when first asked for; None without voxels.

        Raises
        ------
        InvalidParameterError
            The atlas does not say which voxels are on that side.
        """
        key = labels, side
        with self._lock:
            if key in self._meshes:
                self._meshes.move_to_end(key)
                return self._meshes[key]
        found = region_surfaces(self.index(side), labels)
        made = (found[0], multilod(found, self.whole.volume)) if found else None
        with self._lock:
            if key not in self._meshes:
                self._meshes[key] = made
                self._mesh_bytes += _cost(made)
            while self._mesh_bytes > _MESH_BYTES and len(self._meshes) > 1:
                self._mesh_bytes -= _cost(self._meshes.popitem(last=False)[1])
        return made

    @property
    def stored(self) -> StoredMeshes | None:
        """The surfaces that are kept on disk of these very labels, looked for anew at each call.

        Raises
        ------
        StorageError, StoreUnavailableError
            They, or the labels, cannot be read.
        """
        stamp = self.stored_stamp
        if stamp is None:
            return None
        with self._lock:
            known = self._stored
        if known is None or known[0] != stamp:
            place = meshes_place(self.whole.volume.location)
            found = None if place is None else open_meshes(place, labels_seal(self.whole))
            known = stamp, found
            with self._lock:
                self._stored = known
        return known[1]

    @property
    def stored_stamp(self) -> tuple[int, int] | None:
        """What changes when the surfaces on disk do; None where there are none."""
        place = meshes_place(self.whole.volume.location)
        try:
            found = None if place is None else (place / "info").stat()
        except OSError:
            return None
        return None if found is None else (found.st_ino, found.st_mtime_ns)

    def surfaces(
        self, segment: int, labels: frozenset[int], side: str | None = None
    ) -> Multilod | None:
        """Return a segment's surface, from the disk where it is kept, else made.

        Raises
        ------
        InvalidParameterError
            The atlas does not say which voxels are on that side.
        StorageError, StoreUnavailableError
            It, or the labels, cannot be read.
        """
        stored = self.stored if side is None else None
        found = None if stored is None else stored.surface(segment, labels)
        if found is not None:
            return found
        made = self.mesh(labels, side)
        return None if made is None else made[1]

    def share_of_parent(self, terminology: Terminology, region: Region) -> float | None:
        """Return which part of its parent's volume a region is; None at a root."""
        if region.parent is None:
            return None
        above = self.whole.measure(terminology.labels([terminology.by_id[region.parent]])).voxels
        own = self.whole.measure(terminology.labels([region])).voxels
        return own / above if above else None


def _cost(made: tuple[Mesh, Multilod] | None) -> int:
    if made is None:
        return 1024
    mesh, lods = made
    return mesh.vertices.nbytes + mesh.faces.nbytes + len(lods.data) + 1024
