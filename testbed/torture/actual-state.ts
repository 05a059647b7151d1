import { z } from "zod";
import type { Bed } from "../src/bed.ts";

/** The actual state, read from the kernel, the engine and the control server. Never asks the backend. */
export interface ActualState {
  /** `8080 → 172.18.0.3:80`, sorted. */
  readonly forwards: readonly string[];
  /** Names of the networks that the backend is attached to, sorted. */
  readonly networks: readonly string[];
  /** This installation's containers other than the backend: whose namespace each one joins, and whether it runs. */
  readonly machines: readonly { readonly target: string; readonly runs: boolean }[];
}

const Listing = z.object({
  nftables: z.array(
    z.object({ map: z.object({ name: z.string(), elem: z.array(z.unknown()).default([]) }).optional() }),
  ),
});
const Target = z.tuple([z.number(), z.object({ concat: z.tuple([z.string(), z.number()]) })]);

async function forwards({ desktop }: Bed): Promise<readonly string[]> {
  const list = ["nft", "--json", "list", "table", "inet", "tailnet_share"];
  const { code, stdout, stderr } = await desktop.backend.exec(list);
  if (code !== 0) throw new Error(`the backend's rules cannot be read: ${stderr}`);
  return Listing.parse(JSON.parse(stdout))
    .nftables.flatMap(({ map }) => (map?.name.endsWith("_targets") ? map.elem : []))
    .map((element) => {
      const [nodePort, { concat }] = Target.parse(element);
      return forwardText(nodePort, concat[0], concat[1]);
    })
    .toSorted();
}

export function forwardText(nodePort: number, address: string, port: number): string {
  return `${nodePort} → ${address}:${port}`;
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

async function networks({ engine, desktop }: Bed): Promise<readonly string[]> {
  const format = "{{range $name, $network := .NetworkSettings.Networks}}{{$name}}\n{{end}}";
  return lines(await engine.docker(["inspect", "-f", format, desktop.backend.containerId])).toSorted();
}

/** One line per existing container. Skips containers that were removed since the listing. */
export async function inspectAll(
  engine: Bed["engine"],
  format: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const { code, stdout, stderr } = await engine.tryDocker(["inspect", "-f", format, ...ids]);
  if (code !== 0 && !stderr.includes("No such object"))
    throw new Error(`containers cannot be inspected: ${stderr}`);
  return lines(stdout);
}

async function machines({ engine }: Bed, installation: string): Promise<ActualState["machines"]> {
  const own = `label=tailnet-share.installation=${installation}`;
  const ids = lines(await engine.docker(["ps", "-aq", "--no-trunc", "--filter", own]));
  const format = "{{.HostConfig.NetworkMode}} {{.State.Running}}";
  return (await inspectAll(engine, format, ids)).map((line) => {
    const [mode = "", runs] = line.split(" ");
    return { target: mode.replace(/^container:/, ""), runs: runs === "true" };
  });
}

/** Rejects when the backend does not run. */
export async function readActualState(bed: Bed, installation: string): Promise<ActualState> {
  const [rules, joined, own] = await Promise.all([forwards(bed), networks(bed), machines(bed, installation)]);
  return { forwards: rules, networks: joined, machines: own };
}

const READ_VOLUME = `
const fs = require("fs"), root = "/var/lib/tailnet-share";
const names = (folder) => { try { return fs.readdirSync(folder); } catch { return []; } };
const { installation, value } = JSON.parse(fs.readFileSync(root + "/settings.json", "utf8"));
console.log(JSON.stringify({
  installation: installation ?? value.installation,
  machines: names(root + "/machines"),
  odd: [...names(root), ...names(root + "/kept-devices")].filter((name) => /\\.(tmp|damaged|newer)/.test(name)),
}));`;

const Stored = z.object({
  installation: z.string(),
  /** Directories of machines' identities. */
  machines: z.array(z.string()),
  /** Files that are half-written or were set aside. */
  odd: z.array(z.string()),
});

/** Reads the backend's volume. The backend must be running. */
export async function readVolume({ desktop }: Bed): Promise<z.infer<typeof Stored>> {
  const { stdout, stderr, code } = await desktop.backend.exec(["/usr/local/bin/node", "-e", READ_VOLUME]);
  if (code !== 0) throw new Error(`the backend's volume cannot be read: ${stderr}`);
  return Stored.parse(JSON.parse(stdout));
}
