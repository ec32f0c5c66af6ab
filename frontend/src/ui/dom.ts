/** Small helpers to make elements. Whatever text they are given stays text. */

type Child = Node | string | null | undefined | false;

type Listeners = {
  [K in keyof HTMLElementEventMap as `on${K}`]?: (event: HTMLElementEventMap[K]) => void;
};

export type Attributes = Listeners & Record<string, unknown>;

/** Make an element: attributes by name, listeners as `onclick`, `class`, `true` for a bare one. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null) continue;
    // An ARIA state that is false says so; any other attribute that is false is absent.
    if (value === false && !name.startsWith("aria-")) continue;
    if (name.startsWith("on") && typeof value === "function") {
      element.addEventListener(name.slice(2), value as EventListener);
    } else {
      element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : String(value));
    }
  }
  fill(element, ...children);
  return element;
}

/** Replace what is in an element. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(
    ...children.filter((child): child is Node | string => child !== null && !!child),
  );
}

/** Change a text only where it differs: a screen reader is not told twice. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function toggleAttribute(element: Element, name: string, value: string | null): void {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

const SVG = "http://www.w3.org/2000/svg";

/** Make an element of a drawing. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const ICONS = {
  menu: "M3 5h14M3 10h14M3 15h14",
  more: "M4.200 10a.6.6 0 1 0 .01 0M10 10a.6.6 0 1 0 .01 0M15.800 10a.6.6 0 1 0 .01 0",
  layers: "M10 3l7 4-7 4-7-4zM3 11l7 4 7-4",
  link: "M8 12l4-4M9 6l2-2a3.2 3.2 0 0 1 5 5l-2 2M11 14l-2 2a3.2 3.2 0 0 1-5-5l2-2",
  help: "M7.5 7.8c0-3.6 5-3.6 5 0 0 1.9-2.5 2-2.5 4M10 15v.5",
  settings: "M3 6h7M14 6h3M12 4v4M3 14h3M10 14h7M8 12v4M3 10h10M17 10h0M15 8v4",
  home: "M4 9.5L10 4l6 5.5M6 8.5V16h8V8.5",
  close: "M5 5l10 10M15 5L5 15",
  copy: "M7 7h9v9H7zM13 7V4H4v9h3",
  target: "M10 3v4M10 13v4M3 10h4M13 10h4M10 6a4 4 0 1 0 .01 0",
  search: "M9 4a5 5 0 1 0 .01 0M12.7 12.7L17 17",
  chevron: "M8 5l5 5-5 5",
  back: "M12 5l-5 5 5 5",
  play: "M6 4l9 6-9 6z",
  fold: "M4 13l6 3 6-3M10 4v9M7 10l3 3 3-3",
  up: "M10 16V4M5 9l5-5 5 5",
  down: "M10 4v12M5 11l5 5 5-5",
  replace: "M4 9a6 6 0 0 1 11-2M15 3v4h-4M16 11a6 6 0 0 1-11 2M5 17v-4h4",
  views: "M3 5h8v7H3zM9 12v3h8V8h-6",
  trash: "M4 6h12M8 6V4h4v2M6 6l1 10h6l1-10",
  grid: "M3 3h14v14H3zM10 3v14M3 10h14",
  horizontal: "M3 13l7 3 7-3M3 10l7-3.5 7 3.5-7 3.5z",
  coronal: "M4 4h12v12H4zM10 2v16",
  cube: "M10 3l6 3.5v7L10 17l-6-3.5v-7zM4 6.5l6 3.5 6-3.5M10 10v7",
  grow: "M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4",
  shrink: "M8 4v4H4M16 8h-4V4M12 16v-4h4M4 12h4v4",
  plane: "M3 12l6-7 8 3-6 8zM10 10V3M10 3l-1.6 2M10 3l1.6 2",
  ruler: "M3 13L13 3l4 4L7 17zM6 10l2 2M9 7l2 2",
  map: "M3 5l4.5-1.5 5 2L17 4v11l-4.5 1.5-5-2L3 16zM7.5 3.5v11M12.5 5.5v11",
  eye: "M2.5 10s2.8-5 7.5-5 7.5 5 7.5 5-2.8 5-7.5 5-7.5-5-7.5-5zM10 7.8a2.2 2.2 0 1 0 .01 0",
  hidden:
    "M3 3l14 14M8 5.3a8 8 0 0 1 2-.3c4.700 0 7.500 5 7.500 5a13 13 0 0 1-2.300 2.800M12.500 14.500a7.500 7.500 0 0 1-2.500.500c-4.700 0-7.500-5-7.500-5a13 13 0 0 1 3-3.400",
  several: "M3 5h3v3H3zM3 12h3v3H3zM9 6.500h8M9 13.500h8",
  isolate: "M10 6a4 4 0 1 0 .01 0M3 6V3h3M14 3h3v3M17 14v3h-3M6 17H3v-3",
  image: "M3 4h14v12H3zM3 13l4-4 4 4 2-2 4 4M13 7.500a.7.7 0 1 0 .01 0",
  file: "M5 2.500h7l3.500 3.500v11.500h-10.500zM12 2.500v3.500h3.500M7.500 10h5M7.500 13h5",
  level: "M3 10h14M6 6l-3 4 3 4M14 6l3 4-3 4",
  pen: "M4 16l1-4 8.5-8.5 3 3L8 15zM12 5l3 3",
  pick: "M5 3l10 6-4.5 1.2L8 15z",
  point: "M10 6.5a3.5 3.5 0 1 0 .01 0",
  line: "M4 16L16 4",
  polyline: "M3 15l4-8 5 5 5-8",
  polygon: "M10 3l7 5-3 8H6L3 8z",
  box: "M3 7h10v10H3zM3 7l4-4h10v10l-4 4M13 7l4-4",
  ellipsoid: "M10 4c4.5 0 7 2.7 7 6s-2.5 6-7 6-7-2.7-7-6 2.5-6 7-6M3 10c3 2.2 11 2.2 14 0",
  undo: "M7 4L3 8l4 4M3 8h8a5 5 0 0 1 0 9H8",
  redo: "M13 4l4 4-4 4M17 8H9a5 5 0 0 0 0 9h3",
  history: "M4 4v4h4M4.500 8A7 7 0 1 1 3 11M10 6.500V10l3 2",
  gear: "M10 7a3 3 0 1 0 .01 0M10 2.500V5M10 15v2.500M2.500 10H5M15 10h2.500M4.700 4.700l1.800 1.800M13.500 13.500l1.800 1.800M15.300 4.700l-1.800 1.800M6.500 13.500l-1.800 1.800",
  upload: "M10 13V4M6 8l4-4 4 4M4 16h12",
  download: "M10 4v9M6 9l4 4 4-4M4 16h12",
} as const;

export type IconName = keyof typeof ICONS;

export function icon(name: IconName): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows an icon, named for those who do not see it. */
export function iconButton(
  name: IconName,
  label: string,
  onclick: () => void,
  text: string | null = null,
): HTMLButtonElement {
  return h(
    "button",
    {
      type: "button",
      class: text === null ? "icon-button" : "icon-button with-text",
      title: label,
      "aria-label": text === null ? label : undefined,
      onclick,
    },
    icon(name),
    text,
  );
}

export function swatch(color: string): HTMLElement {
  const element = h("span", { class: "swatch", "aria-hidden": "true" });
  element.style.backgroundColor = color;
  return element;
}

/** A region's acronym, unless it says no more than the name beside it. */
export function acronymOf({
  acronym,
  name,
}: {
  acronym: string;
  name: string;
}): HTMLElement | null {
  if (acronym === "" || acronym.toLowerCase() === name.toLowerCase()) return null;
  return h("span", { class: "acronym" }, acronym);
}
