/** Shaders of an image; `atlasview/marks/imageshader.py` writes the same for any Neuroglancer; pure. */

import colormaps from "./colormaps.json";

export const COLORMAPS: readonly string[] = Object.keys(colormaps);

export function isColormap(text: string): boolean {
  return Object.hasOwn(colormaps, text) || /^[0-9a-f]{6}$/.test(text);
}

const DIALS = `#uicontrol float gamma slider(min=0.1, max=10, default=1)
#uicontrol bool invert checkbox(default=false)
`;
const CONTROLS = `#uicontrol invlerp normalized
${DIALS}`;

/** Black is left out: in 3D it would hide the planes behind it, in 2D the ground is black. */
const GREY = `${CONTROLS}void main() {
  float grey = pow(clamp(normalized(), 0.0, 1.0), gamma);
  if (invert) grey = 1.0 - grey;
  if (grey > 0.0) {
    emitGrayscale(grey);
  } else {
    emitTransparent();
  }
}
`;

/** One of the three colours; they add up as light does. */
function lightShader(rgb: string): string {
  return `${DIALS}void main() {
  float light = pow(toNormalized(getDataValue()), gamma);
  emitRGB(${rgb} * (invert ? 1.0 - light : light));
}
`;
}

/** Of an image in its own colours: red, green and blue. */
export const LIGHT_SHADERS = ["vec3(1, 0, 0)", "vec3(0, 1, 0)", "vec3(0, 0, 1)"].map(lightShader);

/** Of one channel, through a colour map: straight lines between its stops. Black is left out here too. */
export function imageShader(colormap: string): string {
  if (colormap === "gray") return GREY;
  const stops = stopsOf(colormap);
  const last = stops.length - 1;
  const ground = stops[0]?.some(Boolean) ? "" : "  if (at == 0.0) { emitTransparent(); return; }\n";
  const colors = stops.map(([r, g, b]) => `vec3(${r}, ${g}, ${b})`).join(", ");
  return `${CONTROLS}const vec3 stops[${last + 1}] = vec3[${last + 1}](${colors});
void main() {
  float grey = pow(clamp(normalized(), 0.0, 1.0), gamma);
  float at = (invert ? 1.0 - grey : grey) * ${last}.0;
${ground}  int below = min(int(at), ${last - 1});
  emitRGB(mix(stops[below], stops[below + 1], at - float(below)) / 255.0);
}
`;
}

type Rgb = readonly [number, number, number];

/** The colours of a colour map, evenly from its first to its last; a colour grows out of black. */
function stopsOf(name: string): readonly Rgb[] {
  const known: string | undefined = Object.hasOwn(colormaps, name)
    ? colormaps[name as keyof typeof colormaps]
    : undefined;
  if (known !== undefined) return (known.match(/.{6}/g) ?? []).map(rgbOf);
  const [r, g, b] = rgbOf(name);
  const steps = colormaps.gray.length / 6 - 1;
  return Array.from({ length: steps + 1 }, (_, i) => {
    const part = (value: number) => Math.floor((value * i) / steps + 0.5);
    return [part(r), part(g), part(b)];
  });
}

function rgbOf(hex: string): Rgb {
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
  return [r, g, b];
}
