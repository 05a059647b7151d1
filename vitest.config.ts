import { defineConfig } from "vitest/config";

/** Unit tests only: what needs a socket, a process, an engine or a browser lives in `testbed/` with its own config. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "contract", root: "contract", include: ["src/**/*.test.ts"] } },
      { test: { name: "backend", root: "backend", include: ["src/**/*.test.ts"] } },
      "ui",
    ],
  },
});
