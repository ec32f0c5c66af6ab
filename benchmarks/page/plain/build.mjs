// Builds the plain client with the page's own tools and packages: node build.mjs FRONTEND OUT
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [frontend, out] = process.argv.slice(2);
const vite = createRequire(join(frontend, "package.json")).resolve("vite");
const { build, loadConfigFromFile } = await import(pathToFileURL(vite).href);
const command = { command: "build", mode: "production" };
const { config } = await loadConfigFromFile(command, join(frontend, "vite.config.ts"));
// It keeps the decoder that it is published with, and fetches nothing ahead.
const itsOwn = ({ name }) => !["atlasview:zstd", "atlasview:files-named"].includes(name);
const root = mkdtempSync(join(tmpdir(), "plain-"));
try {
  const here = dirname(fileURLToPath(import.meta.url));
  for (const file of ["index.html", "main.ts"]) cpSync(join(here, file), join(root, file));
  symlinkSync(join(frontend, "node_modules"), join(root, "node_modules"));
  await build({
    ...config,
    plugins: config.plugins.filter(itsOwn),
    worker: { ...config.worker, plugins: () => config.worker.plugins().filter(itsOwn) },
    configFile: false,
    root,
    logLevel: "warn",
    build: { ...config.build, outDir: out, emptyOutDir: true },
  });
} finally {
  rmSync(root, { recursive: true });
}
