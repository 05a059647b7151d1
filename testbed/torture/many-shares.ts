import type { Bed } from "../src/bed.ts";
import { buildBedImage } from "../src/images/bed-images.ts";
import { labelFlags } from "../src/lib/bed-id.ts";
import type { TortureContext } from "./part.ts";

const NETWORKS = 5;
const PORT = 80;

/** Many small web servers on a few networks, each shared on its own node port. */
export interface ManyShares {
  readonly workloads: readonly string[];
  readonly firstNodePort: number;
  share(index: number): Promise<void>;
  unshare(index: number): Promise<void>;
  /** Shares all of them and waits until they are live. */
  shareAll(): Promise<void>;
}

export async function openManyShares(
  { prerequisites, steps, signal }: TortureContext,
  bed: Bed,
  { count, firstNodePort }: { readonly count: number; readonly firstNodePort: number },
): Promise<ManyShares> {
  const { engine, images } = prerequisites;
  const image = await buildBedImage(engine, "bench-target", [`DEBIAN_IMAGE=${images.debian}`], steps);
  const names = Array.from({ length: count }, (_, index) => `tt-crowd-${bed.id}-${index}`);

  async function fill(first: number): Promise<void> {
    const network = `tt-crowd-${bed.id}-net-${first}`;
    await bed.samples.createNetwork(network);
    // Starts them one by one in each network: old engines miscount a network's members when several join it at once.
    for (const name of names.filter((_, index) => index % NETWORKS === first)) {
      signal.throwIfAborted();
      const flags = ["--init", "--name", name, "--network", network, ...labelFlags(bed.id)];
      await engine.docker(["run", "-d", ...flags, image, "nginx"]);
    }
  }
  await steps.step(`start ${count} containers`, async () => {
    // Wait for all of them before the bed may be swept, even when one has failed.
    const networks = await Promise.allSettled(Array.from({ length: NETWORKS }, (_, first) => fill(first)));
    for (const end of networks) if (end.status === "rejected") throw end.reason;
  });

  const workloads = names.map((name) => `name:${name}`);
  const at = (index: number): string => workloads[index % count] ?? "";
  const share = async (index: number): Promise<void> => {
    const nodePort = firstNodePort + (index % count);
    await bed.api.putShare(at(index), { ports: [{ port: PORT, protocol: "tcp", nodePort }] });
  };
  return {
    workloads,
    firstNodePort,
    share,
    unshare: async (index) => void (await bed.api.deleteShare(at(index))),
    async shareAll() {
      for (const index of names.keys()) await share(index);
      const live = new Set(workloads);
      await bed.api.waitFor(
        "all of them to be live",
        (snapshot) =>
          snapshot.workloads.filter(({ id, share: view }) => live.has(id) && view?.exposure.state === "live")
            .length === count,
      );
    },
  };
}
