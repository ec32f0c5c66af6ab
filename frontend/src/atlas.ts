/** An atlas, as the server describes it. */

import { array, optional, record, string, words } from "./json";

export interface Parcellation {
  readonly id: string;
  readonly name: string;
  readonly labels: string;
  /** The volume of its probability maps, one channel a region. */
  readonly probabilities: string | null;
  /** The volume that tells left from right. */
  readonly hemispheres: string | null;
}

export interface Atlas {
  readonly id: string;
  readonly name: string;
  readonly species: string | null;
  readonly citation: string | null;
  readonly licence: string | null;
  readonly space: string;
  readonly templates: readonly string[];
  readonly parcellations: readonly Parcellation[];
}

export function atlas(value: unknown, what: string): Atlas {
  const json = record(value, what);
  const name = string(json.id, `${what}.id`);
  return {
    id: name,
    name: words(json.name, `${name}.name`) ?? name,
    species: words(json.species, `${name}.species`),
    citation: words(json.citation, `${name}.citation`),
    licence: words(json.licence, `${name}.licence`),
    space: optional(string)(json.space, `${name}.space`) ?? "",
    templates: array(json.templates, `${name}.templates`, string),
    parcellations: array(json.parcellations, `${name}.parcellations`, (item, where) => {
      const parcellation = record(item, where);
      const parcellationId = string(parcellation.id, `${where}.id`);
      return {
        id: parcellationId,
        name: words(parcellation.name, `${where}.name`) ?? parcellationId,
        labels: string(parcellation.labels, `${where}.labels`),
        hemispheres: words(parcellation.hemispheres, `${where}.hemispheres`),
        probabilities: optional((told, what) => string(record(told, what).volume, what))(
          parcellation.probabilities,
          `${where}.probabilities`,
        ),
      };
    }),
  };
}
