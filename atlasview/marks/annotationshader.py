"""How annotations are coloured and which are drawn, as a shader that Neuroglancer runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from atlasview.marks.viewdocument import ShownSet

Rgb = tuple[int, int, int]
_GREY: Rgb = (150, 150, 150)
#: From low to high; dark to bright, so that it can be told in grey as well.
_RAMP: tuple[Rgb, ...] = (
    (68, 1, 84),
    (59, 82, 139),
    (33, 145, 140),
    (94, 201, 98),
    (253, 231, 37),
)
_LARGEST = 1 << 32


def annotation_shader(
    shown: ShownSet, colors: Mapping[int, Rgb], below: Collection[int] | None
) -> str:
    """Return a shader for a set as a view shows it.

    Parameters
    ----------
    shown : ShownSet
    colors : mapping
        Colour of each region, by id.
    below : collection of int or None
        Regions whose annotations are drawn; all when None.

    Returns
    -------
    str
        For a source that has the properties ``region`` and ``color``, and the number that is named.
    """
    parts, color = _coloring(shown, colors)
    test = ""
    if below is not None:
        cases = "".join(f"    case {i}u:\n" for i in sorted(below) if 0 < i < _LARGEST)
        body = f"  switch (region) {{\n{cases}      return true;\n  }}\n" if cases else ""
        parts = f"bool shown(uint region) {{\n{body}  return false;\n}}\n{parts}"
        test = "  if (!shown(prop_region())) { discard; }\n"
    return f"{parts}void main() {{\n{test}  setColor({color});\n}}\n"


def _coloring(shown: ShownSet, colors: Mapping[int, Rgb]) -> tuple[str, str]:
    """Return functions, and what is a colour by them."""
    if shown.coloring == "region" and colors:
        cases = "".join(
            f"    case {i}u: return {_glsl(rgb)};\n"
            for i, rgb in sorted(colors.items())
            if 0 < i < _LARGEST
        )
        body = f"  switch (region) {{\n{cases}  }}\n" if cases else ""
        code = f"vec3 regionColor(uint region) {{\n{body}  return {_glsl(_GREY)};\n}}\n"
        return code, "regionColor(prop_region())"
    if shown.range is not None:
        low, high = shown.range
        mixed = "".join(
            f"  color = mix(color, {_glsl(rgb)}, clamp(at - {k}.0, 0.0, 1.0));\n"
            for k, rgb in enumerate(_RAMP[1:])
        )
        code = (
            "vec3 rampColor(float value) {\n"
            f"  if (!(value == value)) {{ return {_glsl(_GREY)}; }}\n"
            f"  float share = (value - float({low!r})) / float({high - low!r});\n"
            "  float at = clamp(share, 0.0, 1.0) * 4.0;\n"
            f"  vec3 color = {_glsl(_RAMP[0])};\n{mixed}  return color;\n}}\n"
        )
        return code, f"rampColor(prop_{shown.coloring.removeprefix('number:')}())"
    return "", "prop_color()"


def _glsl(rgb: Rgb) -> str:
    return "vec3({:.4f}, {:.4f}, {:.4f})".format(*(v / 255 for v in rgb))
