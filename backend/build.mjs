import { writeFileSync } from "node:fs";
import { build } from "esbuild";

const NO_LOCALES = "no-locales";
const BUILT_IN = "built-in";
const LEFT_OUT = "left-out";

// Bundles each program into one file, so that the image needs no node_modules. CommonJS dependencies still `require` Node's modules.
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
  plugins: [
    { name: "english-only", setup: englishOnly },
    { name: "left-out", setup: leaveOut },
    { name: "built-in", setup: requireBuiltIns },
  ],
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

/** An imported module of Node's evaluates all of its exports, and those of `node:http` load the web's `fetch`: megabytes. */
function requireBuiltIns(build) {
  build.onResolve({ filter: /^node:/ }, ({ path, namespace }) =>
    namespace === BUILT_IN ? { path, external: true } : { path, namespace: BUILT_IN },
  );
  build.onLoad({ filter: /.*/, namespace: BUILT_IN }, ({ path }) => ({
    contents: `module.exports = require(${JSON.stringify(path)})`,
  }));
}

/** Parts of Fastify that are never needed here: its schema compilers, its test client, HTTP/2. */
function leaveOut(build) {
  const filter = /^(?:@fastify\/(?:ajv-compiler|fast-json-stringify-compiler)|light-my-request|node:http2)$/;
  build.onResolve({ filter }, ({ path }) => ({ path, namespace: LEFT_OUT }));
  build.onLoad({ filter: /.*/, namespace: LEFT_OUT }, () => ({ contents: "module.exports = {}" }));
}

const NO_FILE = new RegExp(`^(?:${[NO_LOCALES, BUILT_IN, LEFT_OUT].join("|")}):`);
const files = new Set();
for (const program of ["backend", "machine", "health", "panel-secret", "panel-link"]) {
  const { metafile } = await build({
    ...shared,
    entryPoints: [`src/bin/${program}.ts`],
    outfile: `dist/${program}.mjs`,
  });
  for (const { inputs } of Object.values(metafile.outputs))
    for (const file of Object.keys(inputs)) if (!NO_FILE.test(file)) files.add(file);
}
// The programs' components, for the image's bill of materials.
writeFileSync("dist/files.json", JSON.stringify([...files].sort()));
