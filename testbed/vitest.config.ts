import { defineConfig } from "vitest/config";

/** Specs with a real engine and a real tailnet: one after another, because they share the engine. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["tests/**/*.spec.ts"],
    globalSetup: ["tests/fixtures/global-setup.ts"],
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
  },
});
