"""A large box as a row of small ones, along the grid its chunks lie on; pure."""

from __future__ import annotations

from collections.abc import Iterator

from atlasview.geometry import Box, Triple


def layers(box: Box, cell: int, origin: int = 0) -> Iterator[Box]:
    """Cut a box across z where the cells of a grid begin.

    Parameters
    ----------
    box : Box
    cell : int
        Extent of a cell along z.
    origin : int
        Where a cell begins.
    """
    z = box.start[0]
    while z < box.stop[0]:
        stop = min(origin + ((z - origin) // cell + 1) * cell, box.stop[0])
        yield Box((z, *box.start[1:]), (stop, *box.stop[1:]))
        z = stop


def blocks(layer: Box, cell: Triple, origin: Triple, most: int) -> Iterator[Box]:
    """Cut a layer into boxes of whole cells: rows of cells as far as they go, else cells.

    Parameters
    ----------
    layer : Box
    cell : tuple of int
        Extent z, y, x of a cell of the grid.
    origin : tuple of int
        Where a cell begins.
    most : int
        Voxels in a box; a single cell may have more.
    """
    depth, _, width = layer.shape
    _, cell_y, cell_x = cell
    rows = max(1, most // (depth * cell_y * width))
    columns = [(layer.start[2], layer.stop[2])]
    if depth * cell_y * width > most:
        across = max(1, most // (depth * cell_y * cell_x)) * cell_x
        columns = list(_cuts(layer.start[2], layer.stop[2], across, origin[2]))
    for y0, y1 in _cuts(layer.start[1], layer.stop[1], rows * cell_y, origin[1]):
        for x0, x1 in columns:
            yield Box((layer.start[0], y0, x0), (layer.stop[0], y1, x1))


def _cuts(start: int, stop: int, step: int, origin: int) -> Iterator[tuple[int, int]]:
    """Cut a range where a grid's steps begin."""
    at = start
    while at < stop:
        end = min(origin + ((at - origin) // step + 1) * step, stop)
        yield at, end
        at = end
