import type { Bed } from "../../src/bed.ts";
import { machineryFlags } from "../../src/lib/bed-id.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import type { Peer } from "../../src/tailnet/peer.ts";
import type { Context } from "../measurement.ts";
import type { Exec } from "./load.ts";

const WEB = 80;
const IPERF = 5201;

/** A path from a client to a target, with the same web and iperf3 server at every end. */
export interface DataPath {
  readonly exec: Exec;
  readonly address: string;
}
export const DATA_PATHS = ["direct", "sidecar", "firewall", "machine", "gateway", "node", "serve"] as const;
export type DataPathName = (typeof DATA_PATHS)[number];

async function startTarget({ bed, targetImage }: Context, name: string, network: string): Promise<string> {
  const flags = ["--init", "--label", `tailnet-share.bed=${bed.id}`];
  return bed.engine.docker(["run", "-d", "--name", name, "--network", network, ...flags, targetImage]);
}

async function addressOn({ engine }: Bed, containerId: string, network: string): Promise<string> {
  const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`;
  return engine.docker(["inspect", "-f", format, containerId]);
}

/** A client on the target's own network, without a tailnet in between. */
async function direct({ bed }: Context, network: string, target: string): Promise<DataPath> {
  const { engine, id, images } = bed;
  const client = await engine.docker([
    "run",
    "-d",
    "--init",
    ...["--name", `bench-direct-${id}`, "--network", network, ...machineryFlags(id)],
    // About 4,000 new connections per second would exhaust the default port range within one load.
    ...["--sysctl", "net.ipv4.ip_local_port_range=1024 65000", "--sysctl", "net.ipv4.tcp_tw_reuse=1"],
    images.peer,
    ...["sleep", "infinity"],
  ]);
  return {
    address: target,
    exec: (argv, { timeoutMs = 10_000 } = {}) =>
      engine.tryDocker(["exec", client, "timeout", "-s", "KILL", String(timeoutMs / 1000), ...argv], {
        timeoutMs: timeoutMs + 10_000,
      }),
  };
}

/** tailscaled in the target's network namespace. Uses its own target, because that changes the namespace for every data path. */
async function sidecar(context: Context, name = "bench-sidecar"): Promise<Peer> {
  const { tailnet, id } = context.bed;
  const target = await startTarget(context, `${name}-target-${id}`, tailnet.network.name);
  return tailnet.addPeer(name, { networkFlags: ["--network", `container:${target}`] });
}

/**
 * A sidecar with the least stateful firewall that keeps the application from opening connections to the tailnet. What it loses against the
 * plain sidecar is the price of that promise, not of our rules.
 */
async function firewall(context: Context): Promise<Peer> {
  const peer = await sidecar(context, "bench-firewall");
  const rules = `
table inet by_hand {
  chain arriving {
    type filter hook input priority filter;
    iifname "tailscale0" ct direction original ct mark set 1
  }
  chain leaving {
    type filter hook output priority filter;
    oifname "tailscale0" ct mark != 1 drop
  }
}
`;
  await addRules(context, peer, rules);
  return peer;
}

/** Our share on the node. */
async function node({ bed }: Context, container: string): Promise<string> {
  const workload = `name:${container}`;
  await bed.api.waitFor(`${container} to be listed`, ({ workloads }) =>
    workloads.some((candidate) => candidate.id === workload),
  );
  const ports = [WEB, IPERF].map((port) => ({ port, nodePort: port, protocol: "tcp" as const }));
  await bed.api.putShare(workload, { ports });
  return bed.api.waitFor("the share to be live", (snapshot) => {
    const exposure = snapshot.workloads.find((candidate) => candidate.id === workload)?.share?.exposure;
    return exposure?.state === "live" && snapshot.node.state === "connected"
      ? snapshot.node.addresses[0]
      : null;
  });
}

/** Our share as a machine. */
async function machine(context: Context): Promise<string> {
  const { bed } = context;
  const container = `bench-machine-target-${bed.id}`;
  await startTarget(context, container, bed.tailnet.network.name);
  const workload = `name:${container}`;
  const authKey = await bed.tailnet.control.createAuthKey();
  await bed.api.patchSettings({ machineCredential: { kind: "auth-key", authKey }, oneClick: "node" });
  await bed.api.waitFor(`${container} to be listed`, ({ workloads }) =>
    workloads.some((candidate) => candidate.id === workload),
  );
  await bed.api.putShare(workload, { mode: "machine" });
  return bed.api.waitFor("the machine to be connected", (snapshot) => {
    const share = snapshot.workloads.find((candidate) => candidate.id === workload)?.share;
    return share?.exposure.state === "live" ? share.machine?.addresses[0] : null;
  });
}

/**
 * A node container like ours, on the same two networks, with the least rules that somebody would write by hand: translate, and
 * masquerade. What it loses against a sidecar is the price of the second network, not of our rules.
 */
async function gateway(context: Context, network: string, target: string): Promise<Peer> {
  const { engine, tailnet } = context.bed;
  const name = "bench-gateway";
  const networkFlags = ["--hostname", name, "--network", tailnet.network.name];
  const forwarding = ["--sysctl", "net.ipv4.ip_forward=1"];
  const peer = await tailnet.addPeer(name, { networkFlags: [...networkFlags, ...forwarding] });
  await engine.docker(["network", "connect", network, peer.containerId]);
  const rules = `
table ip by_hand {
  chain prerouting {
    type nat hook prerouting priority dstnat;
    iifname "tailscale0" tcp dport { ${WEB}, ${IPERF} } dnat to ${target}
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ct status dnat masquerade
  }
}
`;
  await addRules(context, peer, rules);
  return peer;
}

/** Runs an `nft` script in the network namespace of a device's container. */
async function addRules({ bed }: Context, { containerId }: Peer, rules: string): Promise<void> {
  const nft = ["--network", `container:${containerId}`, "--cap-add", "NET_ADMIN", "--entrypoint", "nft"];
  const flags = ["--rm", "-i", ...machineryFlags(bed.id), ...nft];
  await bed.engine.docker(["run", ...flags, bed.images.product, "-f", "-"], { input: rules });
}

/** A node container like ours, on the same two networks, with tailscale's own TCP forwarding instead of ours. */
async function serve({ bed }: Context, network: string, target: string): Promise<Peer> {
  const peer = await bed.tailnet.addPeer("bench-serve");
  await bed.engine.docker(["network", "connect", network, peer.containerId]);
  const forwards = [WEB, IPERF].map((port) => [port, { TCPForward: `${target}:${port}` }]);
  // The `tailscale serve` command accepts local targets only; the LocalAPI behind it accepts any.
  const url = "http://local-tailscaled.sock/localapi/v0/serve-config";
  const body = JSON.stringify({ TCP: Object.fromEntries(forwards) });
  const socket = ["--unix-socket", "/var/run/tailscale/tailscaled.sock"];
  const set = await peer.exec(["curl", "-sS", "--fail-with-body", ...socket, "-d", body, url]);
  if (set.code !== 0) throw new Error(`tailscaled refused the serve config: ${set.stdout}${set.stderr}`);
  return peer;
}

/** Builds all data paths, and waits until each answers without a relay. */
export async function openDataPaths(context: Context): Promise<Readonly<Record<DataPathName, DataPath>>> {
  const { bed } = context;
  const network = `bench-paths-${bed.id}`;
  const container = `bench-target-${bed.id}`;
  await bed.samples.createNetwork(network);
  const target = await addressOn(bed, await startTarget(context, container, network), network);
  const { exec } = bed.peer;
  const dataPaths = {
    direct: await direct(context, network, target),
    sidecar: { exec, address: (await sidecar(context)).address },
    firewall: { exec, address: (await firewall(context)).address },
    machine: { exec, address: await machine(context) },
    node: { exec, address: await node(context, container) },
    gateway: { exec, address: (await gateway(context, network, target)).address },
    serve: { exec, address: (await serve(context, network, target)).address },
  };
  for (const name of DATA_PATHS) {
    const dataPath = dataPaths[name];
    if (name !== "direct") {
      await waitFor(
        async () =>
          (await exec(["tailscale", "ping", "--until-direct", "-c", "10", dataPath.address])).code === 0,
        { what: `a direct connection for '${name}'`, timeoutMs: 60_000, signal: context.signal },
      );
    }
    await waitFor(
      async () => (await dataPath.exec(["curl", "-sSf", "-m", "2", dataPath.address])).code === 0,
      {
        what: `the first answer by '${name}'`,
        timeoutMs: 30_000,
        signal: context.signal,
      },
    );
  }
  return dataPaths;
}
