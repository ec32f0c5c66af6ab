import "neuroglancer";
import { makeMinimalViewer } from "neuroglancer/unstable/ui/minimal_viewer.js";

const target = document.getElementById("app") as HTMLElement;
makeMinimalViewer({ target, showLayerDialog: false, resetStateWhenEmpty: false });
