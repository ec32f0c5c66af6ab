/** The list of volumes, for a server or a choice without an atlas. */

import type { Volume } from "../volume";
import { plural, t } from "../words";
import { fill, h } from "./dom";

export class VolumeList {
  readonly element = h("nav", { class: "volumes", "aria-label": t("Volumes") });

  constructor(private readonly onChoose: (id: string) => void) {}

  show(volumes: readonly Volume[], current: string | null): void {
    fill(
      this.element,
      h("h2", {}, t("Volumes")),
      h(
        "ul",
        {},
        ...volumes.map((volume) =>
          h(
            "li",
            {},
            h(
              "button",
              {
                type: "button",
                "aria-current": volume.id === current ? "true" : undefined,
                onclick: () => this.onChoose(volume.id),
              },
              h("span", { class: "volume-name" }, volume.name),
              h("span", { class: "volume-facts" }, facts(volume)),
            ),
          ),
        ),
      ),
    );
  }
}

function facts({ kind, dtype, channels, voxelSize }: Volume): string {
  const sizes = voxelSize.map((size) => Number(size.toPrecision(3)));
  const size = new Set(sizes).size === 1 ? `${sizes[0]}` : sizes.join(" × ");
  const many = channels > 1 ? [plural(channels, "{n} channel", "{n} channels")] : [];
  return [kind === "image" ? t("image") : t("labels"), dtype, ...many, `${size} mm`].join(" · ");
}
