"""Volumes, atlases and regions as the JSON that programs are told."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from atlasview import space
from atlasview.atlas import Atlas, Parcellation, Region, Terminology
from atlasview.brainglobemeshes import brainglobe_folder
from atlasview.precomputed import precomputed_transform
from atlasview.regiontable import brainglobe_numbers
from atlasview.search import Hit
from atlasview.space import PLANES
from atlasview.tiles import zooms
from atlasview.volume import Volume
from tileserver.catalog import Served


def describe_volume(served: Served, root: str) -> dict[str, Any]:
    """Describe one volume.

    Parameters
    ----------
    served : Served
    root : str
        Path that the server is mounted under, put before every link.
    """
    volume, statistics = served.volume, served.statistics
    low, high = space.corner_bounds(volume.affine, volume.shape)
    own = volume.attributes
    return {
        "id": served.id,
        "name": volume.name,
        "kind": volume.kind,
        "dtype": volume.dtype.name,
        "channels": volume.channels,
        "shape": list(volume.shape),
        "voxel_size_mm": list(space.voxel_size(volume.affine)),
        "affine": volume.affine.tolist(),
        "space": volume.space,
        "orientation": {
            "world": "RAS+, millimetres",
            "stored": volume.orientation.code,
            "assumed": list(volume.assumed),
            "convention": "neurological: the subject's left is at the left",
        },
        "bounds_mm": [low.tolist(), high.tolist()],
        "levels": [
            {
                "level": level.index,
                "path": level.path,
                "shape": [*reversed(level.shape)],
                "voxel_size_mm": list(level.voxel_size_mm),
                "affine": level.affine.tolist(),
                "chunk": [*reversed(level.chunk)],
            }
            for level in volume.levels
        ],
        "value_range": [number(v, volume) for v in statistics.value_range],
        "percentiles": {k: finite(v) for k, v in statistics.percentiles.items()},
        "planes": _planes(volume),
        "digest": volume.digest,
        "licence": str(own.get("licence") or ""),
        "citation": str(own.get("citation") or ""),
        "description": str(own.get("description") or ""),
        "source": own.get("source") or None,
        "neuroglancer": _neuroglancer(served),
        "precomputed": {
            "source": f"/precomputed/{served.id}@{served.volume.digest}/",
            "transform": precomputed_transform(volume),
        },
        "links": _links(served, root),
    }


def number(value: float, volume: Volume) -> float | int | None:
    """Return a voxel's value as JSON has it: whole for whole numbers, null for none."""
    if not math.isfinite(value):
        return None
    return int(value) if volume.dtype.kind in "uib" else value


def finite(value: float) -> float | None:
    """Return a number as JSON has it, null for NaN and infinities."""
    return value if math.isfinite(value) else None


def _planes(volume: Volume) -> dict[str, Any]:
    sizes = space.voxel_size(volume.affine)
    out: dict[str, Any] = {}
    for name, plane in PLANES.items():
        out[name] = {
            "slices": volume.levels[0].shape[plane.normal],
            "top": plane.top,
            "left": plane.left,
            "mm_per_pixel": [sizes[2 - plane.cols], sizes[2 - plane.rows]],
            "mm_per_slice": sizes[2 - plane.normal],
            "zooms": [
                {
                    "z": zoom.z,
                    "level": zoom.level,
                    "scale": zoom.scale,
                    "width": zoom.width,
                    "height": zoom.height,
                }
                for zoom in zooms(volume.levels, plane)
            ],
        }
    return out


def _neuroglancer(served: Served) -> dict[str, Any]:
    """Say where Neuroglancer finds the volume, and how it lies in the world.

    The matrix is in the source's own axis order, as Neuroglancer wants it.
    """
    volume = served.volume
    spatial = volume.multiscale.spatial
    transform = None
    units = [volume.multiscale.axes[i].unit_mm for i in spatial]
    first = volume.multiscale.datasets[0]
    if len(spatial) == 3:
        scale = [first.scale[i] * (u or 1.0) for i, u in zip(spatial, units, strict=True)]
        shift = [first.translation[i] * (u or 1.0) for i, u in zip(spatial, units, strict=True)]
        # the affine with its columns in stored order instead of x, y, z of the RAS order
        turned = volume.affine @ np.linalg.inv(
            space.reorientation(volume.orientation, _stored_shape(volume))
        )
        plain = space.scale_translation_affine(scale, shift)
        names = [volume.multiscale.axes[i].name for i in spatial]
        wanted = np.zeros((4, 4))
        wanted[3, 3] = 1
        for stored, name in enumerate(names):
            if name in ("x", "y", "z"):
                row = "xyz".index(name)
                wanted[row] = plain[stored]
        plainly = np.allclose(turned, wanted, rtol=1e-9, atol=1e-9) and None not in units
        if not plainly or volume.channels > 1:
            matrix = space.corner_transform(turned, scale, shift)
            transform = _source_transform(volume, matrix)
    return {
        "source": f"/chunks/{served.id}@{volume.digest}/",
        "format": "zarr3" if volume.zarr_format == 3 else "zarr2",
        "transform": transform,
    }


def _source_transform(volume: Volume, matrix: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Write a transform of all stored axes: space axes into x, y, z in mm, others kept.

    Neuroglancer takes a channel axis (``c^``) only where each chunk holds all channels; one that is
    looked at a place at a time (``c'``) it takes however it is stored.
    """
    axes = volume.multiscale.axes
    spatial = list(volume.multiscale.spatial)
    mark = "^" if _channels_lie_together(volume) else "'"
    names: list[str] = []
    world = iter("xyz")
    for i, axis in enumerate(axes):
        names.append(next(world) if i in spatial else f"{axis.name}{mark}")
    rows: list[list[float]] = []
    row = 0
    for i in range(len(axes)):
        line = [0.0] * (len(axes) + 1)
        if i in spatial:
            for column, stored in enumerate(spatial):
                line[stored] = float(matrix[row, column])
            line[-1] = float(matrix[row, 3])
            row += 1
        else:
            line[i] = 1.0
        rows.append(line)
    return {
        "outputDimensions": {name: [1e-3, "m"] if name in "xyz" else [1, ""] for name in names},
        "matrix": rows,
    }


def _channels_lie_together(volume: Volume) -> bool:
    """Tell whether each chunk of each level holds all channels."""
    return all(
        tuple((level.array.chunk_layout.read_chunk.shape or ())[: len(level.lead)]) == level.lead
        for level in volume.levels
    )


def _stored_shape(volume: Volume) -> list[int]:
    out = [0, 0, 0]
    for world, stored in enumerate(volume.orientation.axes):
        out[stored] = volume.shape[world]
    return out


def _links(served: Served, root: str) -> dict[str, str]:
    name = served.id
    surface = {"surface": f"{root}/precomputed/{name}/mesh"}
    return {
        **(surface if served.volume.kind == "image" else {}),
        "self": f"{root}/api/volumes/{name}",
        "value": f"{root}/api/volumes/{name}/value",
        "histogram": f"{root}/api/volumes/{name}/histogram",
        "cutout": f"{root}/api/volumes/{name}/cutout",
        "tiles": f"{root}/tiles/{name}/{{plane}}/{{slice}}/{{z}}/{{x}}/{{y}}.png",
        "tilejson": f"{root}/tiles/{name}/{{plane}}/{{slice}}/tilejson.json",
        "deepzoom": f"{root}/dzi/{name}/{{plane}}/{{slice}}.dzi",
        "iiif": f"{root}/iiif/{name}:{{plane}}:{{slice}}/info.json",
        "oblique": f"{root}/tiles/{name}/oblique/{{z}}/{{x}}/{{y}}.png",
        "plane": f"{root}/planes/{name}.png",
        "zarr": f"{root}/zarr/{name}/",
        "chunks": f"{root}/chunks/{name}/",
        "precomputed": f"{root}/precomputed/{name}/",
    }


def describe_atlas(atlas: Atlas, root: str) -> dict[str, Any]:
    """Describe one atlas."""
    return {
        "id": atlas.id,
        "name": atlas.name,
        "species": atlas.species,
        "citation": atlas.citation,
        "licence": atlas.licence,
        "link": atlas.link,
        "space": atlas.space,
        "templates": list(atlas.templates),
        "parcellations": [
            {
                "id": p.id,
                "name": p.name,
                "labels": p.labels,
                "regions": len(p.terminology),
                "depth": p.terminology.depth_of(),
                "hemispheres": p.hemispheres,
                "probabilities": describe_maps(p),
            }
            for p in atlas.parcellations
        ],
        "aliases": list(atlas.aliases),
        "problems": list(atlas.problems),
        "links": {
            "self": f"{root}/api/atlases/{atlas.id}",
            "regions": f"{root}/api/atlases/{atlas.id}/regions",
            "assign": f"{root}/api/atlases/{atlas.id}/assign",
        },
    }


def describe_maps(parcellation: Parcellation) -> dict[str, Any] | None:
    """Say where the probability maps of a parcellation are; None where it has none."""
    maps = parcellation.maps
    if maps is None:
        return None
    return {
        "volume": maps.volume,
        "labels": list(maps.labels),
        "unit": maps.unit,
        "threshold": maps.threshold,
    }


def describe_map(parcellation: Parcellation, region: Region, root: str) -> dict[str, Any] | None:
    """Say where the probability map of one region is, and how to see it; None without one."""
    maps = parcellation.maps
    if maps is None or region.label not in maps.labels:
        return None
    channel = maps.labels.index(region.label)
    return {
        "volume": maps.volume,
        "channel": channel,
        "unit": maps.unit,
        "links": {
            "volume": f"{root}/api/volumes/{maps.volume}",
            "picture": f"{root}/planes/{maps.volume}.png?channel={channel}"
            f"&window=0,{maps.unit:g}&colormap=magma",
            "cutout": f"{root}/api/volumes/{maps.volume}/cutout?channel={channel}",
        },
    }


def describe_region(region: Region) -> dict[str, Any]:
    """Describe one region by what the table says of it."""
    return {
        "id": region.id,
        "acronym": region.acronym,
        "name": region.name,
        "rgb": list(region.rgb),
        "parent": region.parent,
        "path": list(region.path),
        "label": region.label,
        "hemisphere": region.hemisphere,
    }


def describe_hit(hit: Hit) -> dict[str, Any]:
    """Say why a search found a region."""
    return {"field": hit.field, "kind": hit.kind, "text": hit.text}


def describe_brainglobe_mesh(
    parcellation: Parcellation, region: Region, labels: Volume, root: str
) -> dict[str, Any] | None:
    """Say where BrainGlobe's own surface of a region is; None where it keeps none."""
    folder = brainglobe_folder(labels)
    if folder is None:
        return None
    number = brainglobe_numbers(parcellation.terminology)[region.id]
    if not (folder / f"{number}.index").is_file():
        return None
    url = f"{root}/precomputed/{parcellation.labels}/brainglobe"
    return {"format": "neuroglancer_multilod_draco", "url": url, "segment": number}


def describe_mesh(
    parcellation: Parcellation, region: Region, segment: int | None, voxels: int, root: str
) -> dict[str, Any] | None:
    """Say where Neuroglancer finds a region's surface; None where it has none."""
    if not voxels or segment is None:
        return None
    folder = f"{root}/precomputed/{parcellation.labels}/mesh"
    return {"format": "neuroglancer_multilod_draco", "url": folder, "segment": segment}


def describe_ancestors(terminology: Terminology, region: Region) -> list[dict[str, Any]]:
    """List a region's ancestors, the root first."""
    return [describe_region(r) for r in terminology.ancestors(region)]


def region_links(
    atlas: Atlas, parcellation: Parcellation, region: Region, root: str
) -> dict[str, str]:
    """Return where more of a region is found."""
    here = f"{root}/api/atlases/{atlas.id}/regions/{region.id}"
    return {
        "self": f"{here}?parcellation={parcellation.id}",
        "mask": f"{here}.nii.gz?parcellation={parcellation.id}",
        "ply": f"{here}.ply?parcellation={parcellation.id}",
        "glb": f"{here}.glb?parcellation={parcellation.id}",
        "table": f"{root}/api/atlases/{atlas.id}/regions.csv?parcellation={parcellation.id}",
    }
