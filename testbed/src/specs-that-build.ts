/**
 * Specs that build images. `npm test` runs them on the engine that can reach the package registries, among the specs that may
 * restart that engine, never beside them.
 */
export const SPECS_THAT_BUILD: readonly string[] = ["image-layers.spec.ts"];
