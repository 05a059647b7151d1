import { z } from "zod";

/** A part of every `EngineState`, also while the engine does not answer: whether it is Podman. Left out for Docker Engine. */
export const EngineKind = z.object({ podman: z.literal(true).optional() });
export type EngineKind = z.infer<typeof EngineKind>;

/** Returns the engine's name for messages. */
export function engineName({ podman }: EngineKind): "Podman" | "Docker Engine" {
  return podman === true ? "Podman" : "Docker Engine";
}

/** Returns a value's part that says which engine it is of. */
export function kindOf({ podman }: EngineKind): EngineKind {
  return podman === true ? { podman } : {};
}
