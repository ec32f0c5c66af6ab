"""Segments: the numbers under which surfaces are found, of regions and of what groups them.

A segment is a voxel value. A region that only groups others has no voxels of its own: under its
label, or its id where it has none, is the surface of all that it groups. A region that has both
voxels and descendants is found under its label without them.
"""

from __future__ import annotations

from collections.abc import Container

from atlasview.atlas import Terminology


def segment_labels(
    terms: Terminology, segment: int, present: Container[int]
) -> frozenset[int] | None:
    """Return the voxel values that a segment's surface goes around; None if it is none.

    Parameters
    ----------
    terms : Terminology
    segment : int
    present : container of int
        Voxel values that there are.
    """
    region = terms.by_label.get(segment)
    if region is not None and segment in present:
        return frozenset([segment])
    region = region or terms.by_id.get(segment)
    return None if region is None else terms.labels([region])


def segment_of(terms: Terminology, region: int) -> int | None:
    """Return the segment under which a region's surface is found; None where it has none."""
    found = terms.by_id[region]
    if found.label is not None:
        return found.label
    return None if found.id in terms.by_label else found.id


def all_segments(terms: Terminology, present: Container[int]) -> dict[int, frozenset[int]]:
    """Return the voxel values of every segment that a parcellation has; see `segment_labels`."""
    found: dict[int, frozenset[int]] = {}
    for region in terms:
        segment = segment_of(terms, region.id)
        labels = None if segment is None else segment_labels(terms, segment, present)
        if segment is not None and labels:
            found[segment] = labels
    return found
