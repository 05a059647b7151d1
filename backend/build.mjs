import { writeFileSync } from "node:fs";
import { build } from "esbuild";

// One file, so that the image needs no node_modules. CommonJS dependencies still call `require` for Node's own modules.
const shared = {
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  legalComments: "linked",
  metafile: true,
  // No source map: Node would keep it in memory for good, and names and lines of a bundle that is not minified tell enough.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
};
const programs = { main: "backend", "machine-entry": "machine", "health-check": "health" };
const files = new Set();
for (const [entry, program] of Object.entries(programs)) {
  const { metafile } = await build({
    ...shared,
    entryPoints: [`src/${entry}.ts`],
    outfile: `dist/${program}.mjs`,
  });
  for (const { inputs } of Object.values(metafile.outputs))
    for (const file of Object.keys(inputs)) files.add(file);
}
// What the programs are made of, for the image's bill of materials.
writeFileSync("dist/files.json", JSON.stringify([...files].sort()));
