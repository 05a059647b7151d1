import { defineConfig } from "vitest/config";
import { PODMAN_ENGINES, REMAPPED_ENGINES, wantedEngine } from "./src/engine/wanted.ts";

const engine = wantedEngine();

/** An engine with remapped users has a smoke test of its own, and Podman specs of its own. */
function specs(): string {
  if (engine !== null && REMAPPED_ENGINES.includes(engine)) return `tests/engine/remapped/${engine}.spec.ts`;
  return engine !== null && PODMAN_ENGINES.includes(engine)
    ? "tests/engine/podman/*.spec.ts"
    : "tests/*/*.spec.ts";
}

/** Specs with a real engine and a real tailnet: one after another, because they share the engine. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: [specs()],
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
