import type { Catalogue } from "../words";

export const words: Catalogue = { "Open in AtlasView": "Abrir en AtlasView" };
