import { writeFileSync } from "node:fs";
import { build } from "esbuild";

const NO_LOCALES = "no-locales";

// One file, so that the image needs no node_modules. CommonJS dependencies still call `require` for Node's own modules.
const shared = {
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  legalComments: "linked",
  metafile: true,
  // Without comments and blanks, and so in characters of one byte: V8 keeps the source of whatever runs. Names stay for the log, and a
  // source map would be kept in memory as well.
  minifyWhitespace: true,
  minifySyntax: true,
  plugins: [{ name: "english-only", setup: englishOnly }],
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
};

/** Zod's texts in fifty languages, which are loaded with it. The English ones are imported by another path. */
function englishOnly(build) {
  build.onResolve({ filter: /[\\/]locales[\\/]index\.js$/ }, ({ path, importer }) =>
    /[\\/]zod[\\/]/.test(importer) ? { path, namespace: NO_LOCALES } : null,
  );
  build.onLoad({ filter: /.*/, namespace: NO_LOCALES }, () => ({ contents: "export {}" }));
}

const programs = { main: "backend", "machine-entry": "machine", "health-check": "health" };
const files = new Set();
for (const [entry, program] of Object.entries(programs)) {
  const { metafile } = await build({
    ...shared,
    entryPoints: [`src/${entry}.ts`],
    outfile: `dist/${program}.mjs`,
  });
  for (const { inputs } of Object.values(metafile.outputs))
    for (const file of Object.keys(inputs)) if (!file.startsWith(NO_LOCALES)) files.add(file);
}
// What the programs are made of, for the image's bill of materials.
writeFileSync("dist/files.json", JSON.stringify([...files].sort()));
