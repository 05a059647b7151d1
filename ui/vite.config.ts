import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Docker Desktop loads the panel from files, so every address in the bundle is relative. */
export default defineConfig({
  base: "./",
  plugins: [react()],
  server: { port: 3000, strictPort: true },
  build: { outDir: "dist", emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 800 },
});
