import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";
import { uncompiled } from "./annotation-patch.ts";

const WORKERS = ["chunk_worker", "async_computation"] as const;

// Neuroglancer lays the sagittal plane on its side. In a RAS world turned by
// crossSectionOrientation [1, 0, 0, 0] this quaternion draws it with anterior at the right and
// superior up.
const SAGITTAL_ON_ITS_SIDE = "quat.rotateY(quat.create(), quat.create(), Math.PI / 2)";
const SAGITTAL_UPRIGHT = "quat.fromValues(0.5, -0.5, -0.5, 0.5)";

// Neuroglancer lights surfaces from the eye alone, vertex by vertex. Here a key light stands at the
// upper left, a fill light opposite, and a fine rim parts what lies before from what lies behind.
const LIT_BY_VERTEX = `
float absCosAngle = abs(dot(normal, uLightDirection.xyz));
float lightingFactor = absCosAngle + uLightDirection.w;
vColor = vec4(lightingFactor * uColor.rgb, uColor.a);
`;
const LIT_LATER = `
vNormal = normal;
`;
const SILHOUETTE = `
          vertexMain += \`
vColor *= pow(1.0 - absCosAngle, uSilhouettePower);
\`;`;
const EMITTED = 'builder.setFragmentMain("emit(vColor, uPickID);");';
const LIGHT = `
vec3 eye = normalize(uLightDirection.xyz);
vec3 normal = normalize(vNormal);
float facing = dot(normal, eye);
if (facing < 0.0) { normal = -normal; facing = -facing; }
mat4 m = uModelViewProjection;
vec3 across = normalize(uNormalMatrix * vec3(m[0][0], m[1][0], m[2][0]));
vec3 above = normalize(uNormalMatrix * vec3(m[0][1], m[1][1], m[2][1]));
vec3 key = normalize(eye * 0.75 - across * 0.45 + above * 0.6);
vec3 fill = normalize(eye * 0.5 + across * 0.8 - above * 0.2);
float bright = 0.2 + 0.74 * pow(0.5 + 0.5 * dot(normal, key), 1.6)
  + 0.16 * max(0.0, dot(normal, fill));
float shine = 0.22 * pow(max(0.0, dot(normal, normalize(key + eye))), 28.0);
float rim = 0.16 * pow(1.0 - facing, 3.0);
vec4 lit = vec4(uColor.rgb * bright + vec3(shine + rim), uColor.a);
`;

/** The engine decodes Zstandard with what only decodes it. */
const zstd: Plugin = {
  name: "atlasview:zstd",
  enforce: "pre",
  resolveId: (source) =>
    source === "numcodecs/zstd" ? join(import.meta.dirname, "src/viewer/zstd.ts") : null,
};

/** Make Neuroglancer's workers visible to Vite, its sagittal plane upright and its surfaces well lit. */
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
    if (id.split("?")[0]?.endsWith("/lib/mesh/frontend.js")) {
      changed = light(changed);
    }
    if (id.split("?")[0]?.endsWith("/lib/annotation/index.js")) {
      changed = uncompiled(changed);
    }
    // Vite overlooks `new Worker(/* webpackChunkName… */ new URL(…))`, without a word.
    changed = changed.replace(/\/\*\s*webpackChunkName:[^*]*\*\//g, "");
    return changed === code ? null : { code: changed, map: null };
  },
};

/** Light surfaces fragment by fragment. */
function light(code: string): string {
  const change = (text: string, from: string, to: string) => {
    if (!text.includes(from)) throw new Error(`mesh/frontend.js of Neuroglancer lacks ${from}`);
    return text.replace(from, () => to);
  };
  let lit = change(code, LIT_BY_VERTEX, LIT_LATER);
  lit = change(lit, SILHOUETTE, "");
  lit = change(lit, 'addVarying("highp vec4", "vColor")', 'addVarying("highp vec3", "vNormal")');
  const faded = "lit *= pow(1.0 - facing, uSilhouettePower);";
  return change(
    lit,
    EMITTED,
    `builder.setFragmentMain(${JSON.stringify(LIGHT)} + (silhouetteRenderingEnabled2 ? ` +
      `${JSON.stringify(faded)} : "") + "emit(lit, uPickID);");`,
  );
}

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

/**
 * Name the files in the page that it fetches ahead, once the first pixels are there: each would be
 * asked for only when the one before it has run.
 */
const filesNamed: Plugin = {
  name: "atlasview:files-named",
  apply: "build",
  writeBundle({ dir }, bundle) {
    const folder = dir ?? "dist";
    const files = readdirSync(join(folder, "assets"));
    const starting = (start: string) => {
      const file = files.find((name) => name.startsWith(start) && name.endsWith(".js"));
      if (!file) throw new Error(`The build lacks ${start}*.js`);
      return `assets/${file}`;
    };
    const chunkOf = (room: string) => {
      for (const part of Object.values(bundle)) {
        if (part.type === "chunk" && part.facadeModuleId?.endsWith(`/src/${room}.ts`)) return part;
      }
      throw new Error(`The build lacks ${room}.ts as a part of its own`);
    };
    const rooms = chunkOf("main");
    const engine = chunkOf("viewer/viewer");
    const page = join(folder, "index.html");
    const html = readFileSync(page, "utf8");
    const late = [rooms.fileName, ...rooms.imports].filter((file) => !html.includes(file));
    const named = [
      ...late.map((file) => ["rooms", file]),
      ["engine", engine.fileName],
      ...[...(engine.viteMetadata?.importedCss ?? [])].map((file) => ["engine-style", file]),
      ...WORKERS.map((worker) => ["engine-worker", starting(`${worker}.bundle-`)]),
      ["decoder", starting("zstd-")],
    ];
    const meta = named.map(([name, file]) => `    <meta name="${name}" content="./${file}" />\n`);
    writeFileSync(page, html.replace("</head>", `${meta.join("").trimStart()}  </head>`));
  },
};

/** Lay each file beside it as small as it gets, so that the server packs nothing while it is asked. */
const packed: Plugin = {
  name: "atlasview:packed",
  apply: "build",
  async writeBundle({ dir }) {
    const folder = join(dir ?? "dist", "assets");
    await Promise.all(
      readdirSync(folder).map(async (file) => {
        const bytes = readFileSync(join(folder, file));
        if (bytes.length < 1024) return;
        writeFileSync(join(folder, `${file}.br`), await promisify(brotliCompress)(bytes));
        writeFileSync(join(folder, `${file}.gz`), await promisify(gzip)(bytes, { level: 9 }));
      }),
    );
  },
};

// `npm run dev` shows the page from its sources against a server that is already running.
const server = process.env.ATLASVIEW_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "./",
  plugins: [neuroglancer, zstd, workersExist, filesNamed, packed],
  worker: { format: "es", plugins: () => [neuroglancer, zstd] },
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
  // What is built in is named with its licence, beside the page.
  build: { target: "es2022", chunkSizeWarningLimit: 4000, license: { fileName: "licences.md" } },
  server: { proxy: { "/api": server, "/chunks": server, "/zarr": server, "/precomputed": server } },
  optimizeDeps: {
    exclude: ["neuroglancer"],
    entries: [
      "index.html",
      ...["main", ...WORKERS].map((name) => `node_modules/neuroglancer/lib/${name}.bundle.js`),
    ],
  },
});
