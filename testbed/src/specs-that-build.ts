/**
 * Specs that build images, relative to `testbed`. `npm test` runs them on the engine that can reach the package registries, among the specs that may
 * restart that engine, never beside them.
 */
export const SPECS_THAT_BUILD: readonly string[] = ["tests/image/image-layers.spec.ts"];
