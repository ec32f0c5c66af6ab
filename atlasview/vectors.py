"""Outlines of regions as a drawing: SVG with a named path for each region; pure."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from atlasview.atlas import Region
from atlasview.contours import IntArray, Outline
from atlasview.geometry import PixelGrid


def outlines_svg(
    found: Sequence[Outline],
    regions: Sequence[Region],
    grid: PixelGrid,
    title: str,
    *,
    fill: float = 0.5,
) -> bytes:
    """Draw outlines, a unit a pixel of the grid and the drawing as large as what it shows.

    Parameters
    ----------
    found : sequence of Outline
    regions : sequence of Region
        By the index that an outline names.
    grid : PixelGrid
    title : str
    fill : float
        How strongly the regions are filled; 0 leaves the lines alone.
    """
    across, down = grid.mm_per_pixel
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {grid.width} {grid.height}",
            "width": f"{grid.width * across:.9g}mm",
            "height": f"{grid.height * down:.9g}mm",
        },
    )
    ElementTree.SubElement(root, "title").text = title
    origin, right, below = (
        ",".join(f"{v:.9g}" for v in vector) for vector in (grid.origin, grid.right, grid.down)
    )
    ElementTree.SubElement(root, "desc").text = (
        f"The first pixel's centre is at {origin} mm; a pixel further right is {right} mm further, "
        f"a pixel further down {below} mm; x to the right, y anterior, z superior."
    )
    for outline in found:
        region = None if outline.region is None else regions[outline.region]
        colour = "#" + "".join(f"{v:02x}" for v in outline.rgb)
        path = ElementTree.SubElement(
            root,
            "path",
            {
                "id": f"region-{outline.label if region is None else region.id}",
                "data-acronym": "" if region is None else region.acronym,
                "fill": colour if fill > 0 else "none",
                "fill-opacity": f"{fill:g}",
                "fill-rule": "evenodd",
                "stroke": colour,
                "vector-effect": "non-scaling-stroke",
                "d": "".join(_path(loop) for loop in outline.loops),
            },
        )
        name = f"Label {outline.label}" if region is None else region.name
        ElementTree.SubElement(path, "title").text = name
    text: str = ElementTree.tostring(root, encoding="unicode")
    return text.encode()


def _path(loop: IntArray) -> str:
    """Write a loop whose corners are all square."""
    corners = loop.tolist()
    (x, y), parts = corners[0], []
    parts.append(f"M{x} {y}")
    for col, row in corners[1:]:
        parts.append(f"V{row}" if col == x else f"H{col}")
        x, y = col, row
    return "".join(parts) + "Z"
