import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** `/gallery.html`: every screen and state of the panel, from fixtures. No part of the panel itself. */
export default defineConfig({
  root: here("."),
  base: "./",
  plugins: [react()],
  cacheDir: here("../.artifacts/gallery-cache"),
  server: { port: 3100 },
  preview: { port: 3100 },
  build: {
    outDir: here("../.artifacts/gallery"),
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 4_000,
    rolldownOptions: { input: here("gallery.html") },
  },
});
