import { defineConfig } from "vitest/config";
import { REMAPPED_ENGINES, wantedEngine } from "./src/engine/wanted.ts";

const engine = wantedEngine();
const remapped = engine !== null && REMAPPED_ENGINES.includes(engine);

/** Specs with a real engine and a real tailnet: one after another, because they share the engine. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    // An engine with remapped users has a smoke test of its own.
    include: [remapped ? `tests/engine/remapped/${engine}.spec.ts` : "tests/*/*.spec.ts"],
    setupFiles: ["tests/fixtures/set-up-details.ts"],
    globalSetup: ["tests/fixtures/global-setup.ts"],
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    // Messages show whole values.
    chaiConfig: { truncateThreshold: 0 },
  },
});
