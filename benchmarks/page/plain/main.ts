/** The plain Neuroglancer client, as it starts itself: it keeps its viewer in `window.viewer`. */

import "neuroglancer";
import { setupDefaultViewer } from "neuroglancer/unstable/ui/default_viewer_setup.js";

setupDefaultViewer();
