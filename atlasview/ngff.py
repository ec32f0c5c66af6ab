"""OME-NGFF metadata in and out: read 0.4 and 0.5, write 0.5.

References
----------
OME-NGFF 0.5, ``multiscales``; RFC 4 for the anatomical ``orientation`` of an axis.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atlasview.errors import StorageError

#: Each level halves the one before, so that no volume has as many.
MAX_LEVELS = 64
#: Millimetres in one of each length unit that NGFF (UDUNITS-2) knows and brains use.
MILLIMETRES = {
    "angstrom": 1e-7,
    "nanometer": 1e-6,
    "micrometer": 1e-3,
    "micron": 1e-3,
    "millimeter": 1.0,
    "centimeter": 10.0,
    "meter": 1e3,
    "nm": 1e-6,
    "um": 1e-3,
    "µm": 1e-3,
    "mm": 1.0,
    "cm": 10.0,
    "m": 1e3,
}
#: Units within which everything lies, and one over the smallest voxel.
_FARTHEST = 1e12


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a multiscale image, in stored order.

    Parameters
    ----------
    name : str
    type : str
        ``space``, ``channel``, ``time`` or what else the file says.
    unit_mm : float or None
        Millimetres in one unit; None where the file names no unit.
    orientation : str or None
        RFC 4 word, such as ``left-to-right``.
    """

    name: str
    type: str
    unit_mm: float | None = None
    orientation: str | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """One level of a multiscale image: its path, and its grid in the axes' own units."""

    path: str
    scale: tuple[float, ...]
    translation: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Multiscale:
    """The multiscales metadata of one image.

    Parameters
    ----------
    version : str
    name : str
    axes : tuple of Axis
    datasets : tuple of Dataset
        Finest first.
    is_labels : bool
        Whether the group carries ``image-label``.
    channel_colors : tuple of str
        ``rrggbb`` of each channel, where ``omero`` says them.
    """

    version: str
    name: str
    axes: tuple[Axis, ...]
    datasets: tuple[Dataset, ...]
    is_labels: bool
    channel_colors: tuple[str, ...] = ()

    @property
    def spatial(self) -> tuple[int, ...]:
        """Positions of the space axes, in stored order."""
        return tuple(i for i, axis in enumerate(self.axes) if axis.type == "space")


def parse_multiscale(attributes: Mapping[str, Any], location: str) -> Multiscale:
    """Read the first multiscale image from a group's attributes.

    Parameters
    ----------
    attributes : mapping
        ``.zattrs`` of a Zarr v2 group, or ``attributes`` of a ``zarr.json``.
    location : str
        Named in errors.

    Raises
    ------
    StorageError
        The metadata are absent or malformed.
    """
    ome = attributes.get("ome")
    container: Mapping[str, Any] = ome if isinstance(ome, Mapping) else attributes
    scales = container.get("multiscales")
    if not isinstance(scales, Sequence) or not scales or not isinstance(scales[0], Mapping):
        raise StorageError(location, "it has no OME-Zarr multiscales metadata")
    first = scales[0]
    version = str(container.get("version") or first.get("version") or "0.4")
    try:
        axes = tuple(_parse_axis(a) for a in first.get("axes", ()))
        shared = first.get("coordinateTransformations", ())
        datasets = tuple(_parse_dataset(d, shared, len(axes)) for d in first["datasets"])
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise StorageError(location, f"its multiscales metadata are malformed ({exc})") from exc
    if not axes or not datasets:
        raise StorageError(location, "its multiscales metadata name no axes or no datasets")
    if len(datasets) > MAX_LEVELS:
        raise StorageError(location, f"it names {len(datasets)} levels; {MAX_LEVELS} can be shown")
    spatial = [a for a in axes if a.type == "space"]
    if not 2 <= len(spatial) <= 3:
        raise StorageError(location, f"it has {len(spatial)} space axes; 2 or 3 can be shown")
    return Multiscale(
        version=version,
        name=str(first.get("name") or ""),
        axes=axes,
        datasets=datasets,
        is_labels="image-label" in container,
        channel_colors=_channel_colors(container.get("omero")),
    )


def _channel_colors(omero: Any) -> tuple[str, ...]:
    """Read the colours of channels, a courtesy that is passed over where it is malformed."""
    channels = omero.get("channels") if isinstance(omero, Mapping) else None
    if not isinstance(channels, Sequence):
        return ()
    found = [str(c.get("color", "")) if isinstance(c, Mapping) else "" for c in channels]
    return tuple(found) if all(re.fullmatch("[0-9a-fA-F]{6}", c) for c in found) else ()


def _parse_axis(raw: Any) -> Axis:
    if isinstance(raw, str):  # 0.3 named its axes by bare letters
        return Axis(raw, {"c": "channel", "t": "time"}.get(raw, "space"))
    name = str(raw["name"])
    kind = str(raw.get("type") or {"c": "channel", "t": "time"}.get(name, "space"))
    unit = raw.get("unit")
    orientation = raw.get("orientation")
    if isinstance(orientation, Mapping):
        orientation = orientation.get("value")
    return Axis(
        name=name,
        type=kind,
        unit_mm=MILLIMETRES.get(str(unit)) if unit else None,
        orientation=str(orientation) if orientation else None,
    )


def _parse_dataset(raw: Mapping[str, Any], shared: Sequence[Any], ndim: int) -> Dataset:
    scale, translation = [1.0] * ndim, [0.0] * ndim
    # Each transformation acts on what the ones before it made: a later scale stretches an earlier
    # translation.
    for step in [*raw.get("coordinateTransformations", ()), *shared]:
        kind = step.get("type")
        if kind == "identity":
            continue
        if kind not in ("scale", "translation") or kind not in step:
            raise ValueError(f"a coordinate transformation of type {kind!r}")
        vector = [float(v) for v in step[kind]]
        if len(vector) != ndim or not all(math.isfinite(v) for v in vector):
            raise ValueError(f"a {kind} {vector} for {ndim} axes")
        if kind == "scale":
            if any(v <= 0 for v in vector):
                raise ValueError(f"a scale that is not positive: {vector}")
            scale = [a * b for a, b in zip(scale, vector, strict=True)]
            translation = [a * b for a, b in zip(translation, vector, strict=True)]
        else:
            translation = [a + b for a, b in zip(translation, vector, strict=True)]
    sized = all(1 / _FARTHEST <= v <= _FARTHEST for v in scale)
    if not sized or not all(abs(v) <= _FARTHEST for v in translation):
        raise ValueError(f"a scale {scale} and a translation {translation} beyond all measure")
    return Dataset(str(raw["path"]), tuple(scale), tuple(translation))


def multiscale_attributes(
    name: str,
    datasets: Sequence[Dataset],
    *,
    channels: int = 0,
    lead: Sequence[str] = (),
    labels: bool = False,
    method: Mapping[str, Any] | None = None,
    colors: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Make the ``ome`` attributes (0.5) of an image in RAS order: axes (c,) z, y, x in mm.

    Parameters
    ----------
    name : str
    datasets : sequence of Dataset
        Scale and translation in stored order, (c,) z, y, x.
    channels : int
        0 for an array without a channel axis.
    lead : sequence of str
        Names of the axes before z, where they are not just ``c``.
    labels : bool
        Write ``image-label`` beside it.
    method : mapping, optional
        How levels were made: NGFF's ``type`` and ``metadata``.
    colors : sequence of mapping
        ``{"label-value", "rgba"}`` of the labels.
    """
    names = lead or (("c",) if channels else ())
    axes: list[dict[str, Any]] = [{"name": n, "type": "channel"} for n in names]
    for axis, word in (
        ("z", "inferior-to-superior"),
        ("y", "posterior-to-anterior"),
        ("x", "left-to-right"),
    ):
        axes.append(
            {
                "name": axis,
                "type": "space",
                "unit": "millimeter",
                "orientation": {"type": "anatomical", "value": word},
            }
        )
    multiscale: dict[str, Any] = {
        "name": name,
        "axes": axes,
        "datasets": [
            {
                "path": d.path,
                "coordinateTransformations": [
                    {"type": "scale", "scale": list(d.scale)},
                    {"type": "translation", "translation": list(d.translation)},
                ],
            }
            for d in datasets
        ],
    }
    multiscale.update(method or {})
    ome: dict[str, Any] = {"version": "0.5", "multiscales": [multiscale]}
    if labels:
        ome["image-label"] = {"version": "0.5", **({"colors": list(colors)} if colors else {})}
    return ome
