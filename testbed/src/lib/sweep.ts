import type { Engine } from "../engine/engine.ts";
import { BED_LABEL, isAbandoned } from "./bed-id.ts";

interface Kind {
  readonly list: readonly string[];
  readonly inspect: string;
}
const CONTAINERS: Kind = { list: ["ps", "-aq", "--no-trunc"], inspect: ".Config.Labels" };
const NETWORKS: Kind = { list: ["network", "ls", "-q", "--no-trunc"], inspect: ".Labels" };
const VOLUMES: Kind = { list: ["volume", "ls", "-q"], inspect: ".Labels" };

function lines(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}

async function idsOf(engine: Engine, { list }: Kind, bedId: string): Promise<readonly string[]> {
  return lines(await engine.docker([...list, "--filter", `label=${BED_LABEL}=${bedId}`]));
}

async function bedsOf(engine: Engine, { list, inspect }: Kind): Promise<readonly string[]> {
  const ids = lines(await engine.docker([...list, "--filter", `label=${BED_LABEL}`]));
  if (ids.length === 0) return [];
  const type = list[0] === "ps" ? "container" : (list[0] ?? "");
  const format = `{{index ${inspect} "${BED_LABEL}"}}`;
  // Another run may remove one of its own in between. That one is not ours to sweep.
  const { stdout } = await engine.tryDocker([type, "inspect", "-f", format, ...ids]);
  return lines(stdout);
}

/** Containers that the product under test created: they keep their state in one of the bed's volumes. */
async function machinesOf(engine: Engine, volumes: readonly string[]): Promise<readonly string[]> {
  const ids = lines(
    await engine.docker(["ps", "-aq", "--no-trunc", "--filter", "label=tailnet-share.machine"]),
  );
  if (ids.length === 0) return [];
  const format = "{{.Id}}{{range .Mounts}} {{.Source}}{{end}}";
  // The product under test may remove one of its own in between.
  const { stdout } = await engine.tryDocker(["inspect", "-f", format, ...ids]);
  return lines(stdout).flatMap((line) => {
    const [id, ...sources] = line.split(" ");
    const ours = sources.some((source) => volumes.some((volume) => source.includes(`/volumes/${volume}/`)));
    return ours && id !== undefined ? [id] : [];
  });
}

/** Disconnects remaining containers from a network, e.g. one of the product under test that joined it. */
async function emptyNetwork(engine: Engine, network: string): Promise<void> {
  const format = "{{range $id, $c := .Containers}}{{$id}}\n{{end}}";
  for (const member of lines(await engine.docker(["network", "inspect", "-f", format, network]))) {
    await engine.tryDocker(["network", "disconnect", "-f", network, member]);
  }
}

/** Returns the reason why the network remains, or null when it is gone. */
async function removeNetwork(engine: Engine, network: string): Promise<string | null> {
  await emptyNetwork(engine, network);
  const { code, stderr } = await engine.tryDocker(["network", "rm", network]);
  return code === 0 ? null : stderr.trim();
}

/** Removes them one by one: when hundreds left a network at once, engine 20.10 miscounted its members and never removed it. */
async function removeContainers(engine: Engine, ids: readonly string[]): Promise<void> {
  for (const id of ids) await engine.docker(["rm", "-f", "-v", id]);
}

/** Removes one bed's containers, networks and volumes by ID. Returns their number. Rejects when something remains. */
export async function sweepBed(engine: Engine, bedId: string): Promise<number> {
  const volumes = await idsOf(engine, VOLUMES, bedId);
  const containers = await idsOf(engine, CONTAINERS, bedId);
  await removeContainers(engine, containers);
  // Only now: the product under test may have created another one until it was removed itself.
  const machines = await machinesOf(engine, volumes);
  await removeContainers(engine, machines);
  const networks = await idsOf(engine, NETWORKS, bedId);
  const stuck: string[] = [];
  for (const network of networks) {
    const why = await removeNetwork(engine, network);
    if (why !== null) stuck.push(why);
  }
  if (volumes.length > 0) await engine.docker(["volume", "rm", "-f", ...volumes]);
  if (stuck.length > 0) throw new Error(`networks that the engine does not remove: ${stuck.join("; ")}`);
  return containers.length + machines.length + networks.length + volumes.length;
}

/**
 * Removes leftovers of runs whose process has ended. Keeps the beds of runs that are still in progress. Returns the number of
 * removed things.
 */
export async function sweepAbandoned(engine: Engine): Promise<number> {
  const beds = new Set<string>();
  for (const kind of [CONTAINERS, NETWORKS, VOLUMES]) {
    for (const bed of await bedsOf(engine, kind)) if (isAbandoned(bed)) beds.add(bed);
  }
  let count = 0;
  // Failure to remove something must not block a new run, e.g. a network whose members the engine miscounts until its restart.
  for (const bed of beds) {
    count += await sweepBed(engine, bed).catch((error: unknown) => {
      console.warn(`! bed ${bed}: ${error instanceof Error ? error.message : String(error)}`);
      return 0;
    });
  }
  return count;
}
