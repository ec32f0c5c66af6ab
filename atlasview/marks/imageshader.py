"""Shaders of an image for Neuroglancer.

``frontend/src/imageshader.ts`` has the same, and ``tests/golden/image-shaders.json`` holds them
together.
"""

from __future__ import annotations

from atlasview.colormaps import STOPS, colormap_stops, is_grey

_DIALS = """#uicontrol float gamma slider(min=0.1, max=10, default=1)
#uicontrol bool invert checkbox(default=false)
"""
_CONTROLS = f"""#uicontrol invlerp normalized
{_DIALS}"""
_GREY = f"""{_CONTROLS}void main() {{
  float grey = pow(clamp(normalized(), 0.0, 1.0), gamma);
  if (invert) grey = 1.0 - grey;
  if (grey > 0.0) {{
    emitGrayscale(grey);
  }} else {{
    emitTransparent();
  }}
}}
"""
#: An image in its own colours.
RGB_SHADER = f"""{_DIALS}void main() {{
  vec3 rgb = pow(vec3(
    toNormalized(getDataValue(0)), toNormalized(getDataValue(1)), toNormalized(getDataValue(2))
  ), vec3(gamma));
  emitRGB(invert ? 1.0 - rgb : rgb);
}}
"""


def image_shader(colormap: str) -> str:
    """Return the shader of one channel, through a colour map.

    Raises
    ------
    InvalidParameterError
        There is no such colour map.
    """
    if is_grey(colormap):
        return _GREY
    told = colormap_stops(colormap)
    stops = ", ".join("vec3({}, {}, {})".format(*bytes.fromhex(rgb)) for rgb in told)
    ground = "  if (at == 0.0) { emitTransparent(); return; }\n" if told[0] == "000000" else ""
    return f"""{_CONTROLS}const vec3 stops[{STOPS}] = vec3[{STOPS}]({stops});
void main() {{
  float grey = pow(clamp(normalized(), 0.0, 1.0), gamma);
  float at = (invert ? 1.0 - grey : grey) * {STOPS - 1}.0;
{ground}  int below = min(int(at), {STOPS - 2});
  emitRGB(mix(stops[below], stops[below + 1], at - float(below)) / 255.0);
}}
"""
