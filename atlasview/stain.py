"""The compiled inner loop of the computed brain: tissue maps, interpolated and stained.

Each voxel is worked out alone and always in the same order, so that its value does not depend on
the block it is asked for in.
"""

# mypy: ignore-errors
# Compiled by numba from untyped Python; numba's own annotations do not describe what it compiles.

from __future__ import annotations

import numba
import numpy as np

_F = np.float32


@numba.njit(nogil=True, cache=True)
def stain(grey, white, first, weights, low, scale, shades, cells, texture, start, out):
    """Write one block of voxels.

    Parameters
    ----------
    grey, white : ndarray of uint8, shape (z, y, x)
        Maps of the two tissues, 255 where there is nothing else.
    first : tuple of ndarray
        For z, y, x: the first map voxel that each voxel of the block takes from.
    weights : tuple of ndarray of float32, shape (n, taps)
        For z, y, x: how much it takes from that and the following ones.
    low, scale : float32
        Tissue, as a part of 1, at which its edge begins, and 1 / the width of the edge.
    shades, cells : ndarray of float32
        Grey, and strength of the texture, by depth.
    texture : ndarray of float32, shape (n, n, n)
        n is a power of two, or 0 where there is none.
    start : tuple of int
        Voxel z, y, x of the level at which the block begins.
    out : ndarray of uint8, shape (z, y, x)
    """
    zs, ys, xs = first
    wz, wy, wx = weights
    taps = wz.shape[1]
    y_low, x_low = ys[0], xs[0]
    rows, columns = ys[-1] + taps - y_low, xs[-1] + taps - x_low
    plane = np.empty((2, rows, columns), _F)
    line = np.empty((2, columns), _F)
    last = shades.size - 1
    mask = texture.shape[0] - 1
    for z in range(out.shape[0]):
        z0 = zs[z]
        for r in range(rows):
            for c in range(columns):
                g = w = _F(0)
                for k in range(taps):
                    g += wz[z, k] * _F(grey[z0 + k, y_low + r, x_low + c])
                    w += wz[z, k] * _F(white[z0 + k, y_low + r, x_low + c])
                plane[0, r, c] = g
                plane[1, r, c] = w
        for y in range(out.shape[1]):
            r0 = ys[y] - y_low
            for c in range(columns):
                g = w = _F(0)
                for k in range(taps):
                    g += wy[y, k] * plane[0, r0 + k, c]
                    w += wy[y, k] * plane[1, r0 + k, c]
                line[0, c] = g
                line[1, c] = w
            for x in range(out.shape[2]):
                c0 = xs[x] - x_low
                g = w = _F(0)
                for k in range(taps):
                    g += wx[x, k] * line[0, c0 + k]
                    w += wx[x, k] * line[1, c0 + k]
                tissue = (g + w) * _F(1 / 255)
                edge = (tissue - low) * scale
                if edge <= _F(0):
                    out[z, y, x] = 255
                    continue
                # the outer part of the cortex by how much tissue there is, the inner by its kind
                outer = min(max((tissue - _F(0.5)) * _F(2.2), _F(0)), _F(1))
                depth = _F(0.4) * outer + _F(0.6) * w / (g + w)
                at = int(depth * _F(last) + _F(0.5))
                value = shades[at]
                if mask >= 0:
                    value += (
                        cells[at]
                        * (
                            texture[
                                (start[0] + z) & mask, (start[1] + y) & mask, (start[2] + x) & mask
                            ]
                        )
                    )
                if edge < _F(1):
                    value = _F(255) - edge * edge * (_F(3) - _F(2) * edge) * (_F(255) - value)
                out[z, y, x] = np.uint8(min(max(value, _F(0)), _F(255)) + _F(0.5))
