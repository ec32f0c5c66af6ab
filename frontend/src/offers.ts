/** What can be shown: atlases by species with their parts, and volumes that belong to none; pure. */

import type { Atlas } from "./atlas";
import { NO_DATA } from "./library";
import type { Data } from "./state";
import type { Volume } from "./volume";
import { t } from "./words";

/** Something that can be shown in one click. */
export interface Offer {
  readonly name: string;
  readonly data: Data;
  /** Templates and parcellations of an atlas, where there are several. */
  readonly parts: readonly Offer[];
}

export interface OfferGroup {
  readonly title: string;
  readonly offers: readonly Offer[];
}

export function offersOf(
  atlases: readonly Atlas[],
  volumes: readonly Volume[],
): readonly OfferGroup[] {
  const names = new Map(volumes.map(({ id, name }) => [id, name]));
  const species = new Map<string, Offer[]>();
  for (const atlas of atlases) {
    const title = atlas.species ?? "";
    species.set(title, [...(species.get(title) ?? []), offerOf(atlas, names)]);
  }
  // With a species first, by name; those that name none after them.
  const named = [...species].filter(([title]) => title !== "").sort(([a], [b]) => (a < b ? -1 : 1));
  const nameless = species.get("") ?? [];
  const inAtlas = new Set(
    atlases.flatMap((atlas) => [
      ...atlas.templates,
      ...atlas.parcellations.flatMap(({ labels, probabilities, hemispheres }) => [
        labels,
        probabilities,
        hemispheres,
      ]),
    ]),
  );
  const bare = volumes.filter(({ id }) => !inAtlas.has(id));
  return [
    ...named.map(([title, offers]) => ({ title, offers })),
    { title: named.length > 0 ? t("Other atlases") : t("Atlases"), offers: nameless },
    {
      title: t("Volumes"),
      offers: bare.map(({ id, name }) => ({ name, data: { ...NO_DATA, volume: id }, parts: [] })),
    },
  ].filter(({ offers }) => offers.length > 0);
}

function offerOf(atlas: Atlas, names: ReadonlyMap<string, string>): Offer {
  const data: Data = { ...NO_DATA, atlas: atlas.id };
  const part = (name: string, more: Partial<Data>): Offer => ({
    name,
    data: { ...data, ...more },
    parts: [],
  });
  const { parcellations, templates } = atlas;
  return {
    name: atlas.name,
    data,
    parts: [
      ...(parcellations.length > 1
        ? parcellations.map(({ id, name }) => part(name, { parcellation: id }))
        : []),
      ...(templates.length > 1
        ? templates.map((id) => part(names.get(id) ?? id, { template: id }))
        : []),
    ],
  };
}

/** Keep what has all the words in its name, or in that of its group or atlas. */
export function found(groups: readonly OfferGroup[], text: string): readonly OfferGroup[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const has = (name: string) => words.every((word) => name.toLowerCase().includes(word));
  return groups
    .map(({ title, offers }) => ({
      title,
      offers: offers.flatMap((offer) => {
        const whole = `${title} ${offer.name}`;
        const parts = offer.parts.filter((part) => has(`${whole} ${part.name}`));
        return has(whole) || parts.length > 0 ? [{ ...offer, parts }] : [];
      }),
    }))
    .filter(({ offers }) => offers.length > 0);
}
