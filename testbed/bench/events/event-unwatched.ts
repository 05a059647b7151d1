import { setTimeout as delay } from "node:timers/promises";
import { untilQuiet } from "../idle-windows.ts";
import { type Context, NODE_NAME } from "../measurement.ts";
import { openVisitor } from "../visitor.ts";
import { eventTime, followEvents } from "./engine-events.ts";

const STARTS_A_ROUND = 4;
const NODE_PORT = 20_500;
const ANSWER_MS = 20_000;
/** The withdrawal is complete by then. Milliseconds. */
const STOPPED_MS = 1_000;

/**
 * Starts a shared container repeatedly while nobody watches. Returns the milliseconds from each start that the engine reports until
 * another device receives its first answer. Never calls the backend, because any request counts as watching.
 */
export async function dataPathLags({
  bed,
  targetImage,
  rounds,
  signal,
}: Context): Promise<readonly number[]> {
  const name = `bench-unwatched-${bed.id}`;
  await bed.samples.createNetwork(name);
  const container = await bed.engine.docker([
    ...["run", "-d", "--init", "--name", name, "--network", name],
    ...["--label", `tailnet-share.bed=${bed.id}`, targetImage, "nginx"],
  ]);
  const workload = `name:${name}`;
  await bed.api.waitFor(`${name} to be listed`, ({ workloads }) =>
    workloads.some(({ id, run }) => id === workload && run === "running"),
  );
  await bed.api.putShare(workload, { ports: [{ port: 80, protocol: "tcp", nodePort: NODE_PORT }] });
  await bed.api.waitFor("the share to be live", ({ workloads }) =>
    workloads.some(({ id, share }) => id === workload && share?.exposure.state === "live"),
  );
  await untilQuiet(signal);
  const events = followEvents(bed, container, ["start"]);
  const visitor = await openVisitor(bed);
  const lags: number[] = [];
  try {
    for (let start = 0; start < rounds * STARTS_A_ROUND; start += 1) {
      await bed.engine.docker(["stop", "-t", "0", container]);
      await delay(STOPPED_MS, undefined, { signal });
      const visit = await visitor.visit(`${NODE_NAME}.tail.test`, [NODE_PORT], 250);
      const [answered] = await Promise.all([
        visit.answered(ANSWER_MS),
        bed.engine.docker(["start", container]),
      ]);
      lags.push(performance.timeOrigin + answered - (await eventTime(events)));
    }
  } finally {
    events.close();
    visitor.close();
  }
  return lags;
}
