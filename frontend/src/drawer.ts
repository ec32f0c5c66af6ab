/** What draws the views of a page: the engine, or without WebGL2 the flat one. */

import type { Viewer } from "./viewer/viewer";

export type Drawer = Pick<Viewer, keyof Viewer>;
