import { spawn } from "node:child_process";
import type { Bed } from "./bed.ts";
import { liveAt } from "./compose-rounds.ts";

export interface Load {
  readonly kills: number;
  /** Number of programs that only burn CPU time. */
  readonly loops: number;
}

/** Time limit that holds even if this process dies. Milliseconds. */
const LOOP_MS = 300_000;

/**
 * Kills a shared container repeatedly on a busy computer. Returns how long its row still showed it as reachable, in milliseconds
 * after the call of `docker kill`.
 */
export async function endsUnderLoad(
  { engine, api, samples, ...bed }: Bed,
  { kills, loops }: Load,
  signal?: AbortSignal,
): Promise<readonly number[]> {
  const name = `busy-${bed.id}`;
  const workload = `name:${name}`;
  const { id } = await samples.start({ name, http: 8080 });
  await api.putShare(workload, { mode: "node", ports: [{ port: 8080, protocol: "tcp" }] });
  const busy = Array.from({ length: loops }, () =>
    spawn("sh", ["-c", "while :; do :; done"], { stdio: "ignore", timeout: LOOP_MS, killSignal: "SIGKILL" }),
  );
  const took: number[] = [];
  try {
    while (took.length < kills && signal?.aborted !== true) {
      await engine.docker(["start", id]);
      await liveAt({ api }, workload);
      let { revision } = await api.snapshot();
      const began = performance.now();
      const killed = engine.docker(["kill", id]);
      for (let isLive = true; isLive; ) {
        const snapshot = await api.snapshot(revision);
        revision = snapshot.revision;
        isLive =
          snapshot.workloads.find((candidate) => candidate.id === workload)?.share?.exposure.state === "live";
      }
      took.push(Math.round(performance.now() - began));
      await killed;
    }
  } finally {
    for (const loop of busy) loop.kill("SIGKILL");
  }
  await api.deleteShare(workload);
  await samples.remove(id);
  return took;
}
