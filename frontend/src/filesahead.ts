/**
 * Files of the page, fetched ahead of the code that asks for them, so that they lie in the cache then:
 * the engine asks for each only when the one before it has run. Their names the build wrote into the
 * page. Each is asked for with the headers that the engine will send: caches take it for another
 * otherwise. What cannot be had now the engine asks for once more, and tells.
 */

import type { Scene } from "./scene";
import { h } from "./ui/dom";

let fetched = false;

/** Fetch the engine, and then its workers and the decoder that all chunks wait for. */
export async function fetchEngine(): Promise<void> {
  if (fetched) return;
  fetched = true;
  await Promise.all([
    ...named("engine").map((href) => link({ rel: "modulepreload", href, crossorigin: "" })),
    ...named("engine-style").map((href) =>
      link({ rel: "preload", as: "style", href, crossorigin: "" }),
    ),
  ]);
  for (const worker of named("engine-worker")) have(worker);
  for (const href of named("decoder")) void link({ rel: "modulepreload", href, crossorigin: "" });
}

/** Fetch the rooms, which are not to run yet. */
export function fetchRooms(): void {
  for (const href of named("rooms")) void link({ rel: "modulepreload", href, crossorigin: "" });
}

/** Fetch what is written about the arrays of a scene, which the engine reads level by level. */
export function fetchArrays({ image, labels }: Scene, resolve: (path: string) => string): void {
  for (const volume of [image, labels]) {
    if (volume?.source.format !== "zarr3") continue;
    // As the engine writes addresses: caches take it for another otherwise.
    const folder = volume.source.path.replace(/\/?$/, "/").replace("@", "%40");
    const arrays = volume.levels.map((_, level) => `${level}/`);
    for (const array of ["", ...arrays]) have(resolve(`${folder}${array}zarr.json`));
  }
}

function named(name: string): string[] {
  const found = document.querySelectorAll<HTMLMetaElement>(`meta[name="${name}"]`);
  return [...found].map(({ content }) => content);
}

function have(address: string): void {
  fetch(address)
    .then((response) => response.arrayBuffer())
    .catch(() => {});
}

/** Add a link; settles when what it names is here, or does not come. */
function link(attributes: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => resolve();
    document.head.append(h("link", { ...attributes, onload: done, onerror: done }));
  });
}
