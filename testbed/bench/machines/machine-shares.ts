import type { Sample } from "../../src/samples.ts";
import type { Context } from "../measurement.ts";

export const PORT = 80;
const ANSWER_MS = 40_000;

export const workloadOf = (name: string): string => `name:${name}`;

/** Starts a container on a network where a machine reaches the control server. */
export async function startSample({ bed }: Context, name: string): Promise<Sample> {
  const networks = [bed.tailnet.network.name];
  const sample = await bed.samples.start({ name, http: PORT, expose: [], networks });
  await bed.api.waitFor(`${name} to be listed`, ({ workloads }) =>
    workloads.some(({ id, run }) => id === workloadOf(name) && run === "running"),
  );
  return sample;
}

export async function live({ bed }: Context, name: string): Promise<void> {
  await bed.api.waitFor(
    `${name} to be a machine`,
    ({ workloads }) =>
      workloads.some(({ id, share }) => id === workloadOf(name) && share?.exposure.state === "live"),
    ANSWER_MS,
  );
}
