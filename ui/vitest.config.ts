import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: {
      // Both Docker packages ship ES modules behind `"type": "commonjs"`; Node would refuse them.
      "@docker/extension-api-client": here("../node_modules/@docker/extension-api-client/dist/index.js"),
    },
  },
  test: {
    name: "ui",
    root: here("."),
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
    // Doesn't measure speed: a machine that is busy with something else must not fail a test.
    testTimeout: 60_000,
    server: { deps: { inline: [/@docker\//, /@mui\/icons-material/] } },
  },
});
