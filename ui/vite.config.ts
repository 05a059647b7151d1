import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin, type Rolldown } from "vite";

/** Name of the chunk with everything that the first screen needs. */
const START = "start";

/** Docker Desktop loads the panel from files, so every address in the bundle is relative. */
export default defineConfig({
  base: "./",
  plugins: [react(), preloadsStart(), namesItsFiles()],
  server: { port: 3000, strictPort: true },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 800,
    // Every Chromium that Docker Desktop contains preloads modules.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // The code for the first call, separate from everything else.
            { name: "main", tags: ["$initial"], priority: 1 },
            // Without this, every set of modules that some lazy part shares would be a file.
            { name: START, test: /\/src\/start\.tsx$/ },
          ],
        },
      },
    },
  },
});

/** Has the browser load `start.tsx` at once. Without this, it would only load it when `main.ts` imports it. */
function preloadsStart(): Plugin {
  return {
    name: "preloads-start",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle = {} }) {
        const start = Object.values(bundle).find(
          (output) => output.type === "chunk" && output.name === START,
        );
        if (!start) throw new Error(`the bundle has no chunk named ${START}`);
        return [...withImports(start.fileName, bundle)].map((file) => ({
          tag: "link",
          attrs: { rel: "modulepreload", crossorigin: true, href: `./${file}` },
          injectTo: "head",
        }));
      },
    },
  };
}

/** The file names of a chunk and of everything that it imports statically. */
function withImports(
  fileName: string,
  bundle: Rolldown.OutputBundle,
  found = new Set<string>(),
): Set<string> {
  const output = bundle[fileName];
  if (output?.type !== "chunk" || found.has(fileName)) return found;
  found.add(fileName);
  for (const imported of output.imports) withImports(imported, bundle, found);
  return found;
}

/** Writes down what the bundle is made of, for the image's bill of materials. */
function namesItsFiles(): Plugin {
  return {
    name: "names-its-files",
    apply: "build",
    generateBundle(_options, bundle) {
      const files = Object.values(bundle).flatMap((output) =>
        output.type === "chunk" ? Object.keys(output.modules) : [],
      );
      this.emitFile({ type: "asset", fileName: "files.json", source: JSON.stringify(files.sort()) });
    },
  };
}
