import { readdirSync } from "node:fs";
import { join } from "node:path";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";

const WORKERS = ["chunk_worker", "async_computation"] as const;

// Neuroglancer lays the sagittal plane on its side. In a RAS world turned by
// crossSectionOrientation [1, 0, 0, 0] this quaternion draws it with anterior at the right and
// superior up.
const SAGITTAL_ON_ITS_SIDE = "quat.rotateY(quat.create(), quat.create(), Math.PI / 2)";
const SAGITTAL_UPRIGHT = "quat.fromValues(0.5, -0.5, -0.5, 0.5)";

/** Make Neuroglancer's workers visible to Vite, and its sagittal plane upright. */
const neuroglancer: Plugin = {
  name: "atlasview:neuroglancer",
  enforce: "pre",
  transform(code, id) {
    if (!id.includes("/neuroglancer/lib/")) return null;
    let changed = code;
    if (id.split("?")[0]?.endsWith("/lib/data_panel_layout.js")) {
      if (!code.includes(SAGITTAL_ON_ITS_SIDE)) {
        throw new Error("data_panel_layout.js of Neuroglancer no longer holds the sagittal table");
      }
      changed = changed.replace(SAGITTAL_ON_ITS_SIDE, SAGITTAL_UPRIGHT);
    }
    // Vite overlooks `new Worker(/* webpackChunkName… */ new URL(…))`, without a word.
    changed = changed.replace(/\/\*\s*webpackChunkName:[^*]*\*\//g, "");
    return changed === code ? null : { code: changed, map: null };
  },
};

/** Fail the build when a worker was not emitted as a file of its own. */
const workersExist: Plugin = {
  name: "atlasview:workers-exist",
  apply: "build",
  writeBundle({ dir }) {
    const files = readdirSync(join(dir ?? "dist", "assets"));
    for (const worker of WORKERS) {
      if (!files.some((file) => file.startsWith(`${worker}.bundle-`) && file.endsWith(".js"))) {
        throw new Error(
          `The build lacks Neuroglancer's ${worker} worker: no chunk would ever load`,
        );
      }
    }
  },
};

// `npm run dev` shows the page from its sources against a server that is already running.
const server = process.env.ATLASVIEW_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "./",
  plugins: [neuroglancer, workersExist],
  worker: { format: "es", plugins: () => [neuroglancer] },
  resolve: {
    conditions: [
      "neuroglancer/datasource:none_by_default",
      "neuroglancer/datasource/zarr:enabled",
      "neuroglancer/datasource/precomputed:enabled",
      "neuroglancer/kvstore:none_by_default",
      "neuroglancer/kvstore/http:enabled",
      ...defaultClientConditions,
    ],
  },
  build: { target: "es2022", chunkSizeWarningLimit: 4000 },
  server: { proxy: { "/api": server, "/chunks": server, "/zarr": server, "/precomputed": server } },
  optimizeDeps: {
    exclude: ["neuroglancer"],
    entries: [
      "index.html",
      ...["main", ...WORKERS].map((name) => `node_modules/neuroglancer/lib/${name}.bundle.js`),
    ],
  },
});
