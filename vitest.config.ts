import { defineConfig } from "vitest/config";

/** Unit tests only: what needs a socket, a process, an engine or a browser is in `testbed/tests`, with its own config. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "contract", root: "contract", include: ["src/**/*.test.ts"] } },
      { test: { name: "backend", root: "backend", include: ["src/**/*.test.ts"] } },
      { test: { name: "testbed", root: "testbed", include: ["{src,bench,torture}/**/*.test.ts"] } },
      "ui",
    ],
  },
});
