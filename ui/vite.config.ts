import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Docker Desktop loads the panel from files, so every address in the bundle is relative. */
export default defineConfig({
  base: "./",
  plugins: [react(), namesItsFiles()],
  server: { port: 3000, strictPort: true },
  build: { outDir: "dist", emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 800 },
});

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
