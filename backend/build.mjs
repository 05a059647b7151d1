import { build } from "esbuild";

// One file, so that the image needs no node_modules. CommonJS dependencies still call `require` for Node's own modules.
const shared = {
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  legalComments: "linked",
  // No source map: Node would keep it in memory for good, and names and lines of a bundle that is not minified tell enough.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
};
await build({ ...shared, entryPoints: ["src/main.ts"], outfile: "dist/backend.mjs" });
await build({ ...shared, entryPoints: ["src/machine-entry.ts"], outfile: "dist/machine.mjs" });
