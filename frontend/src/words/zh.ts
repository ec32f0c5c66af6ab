import type { Catalogue } from "../words";

export const words: Catalogue = { "Open in AtlasView": "在 AtlasView 中打开" };
