import { createHash } from "node:crypto";
import { authoritiesFile } from "../../control/authorities.ts";
import type { OwnContainerSpec } from "../../engine/own-containers.ts";
import { TAILNET_INTERFACE } from "../../tailscale/interface.ts";
import type { ContainerFacts } from "../../workloads/facts.ts";
import { ROLE_LABEL } from "../../workloads/identity.ts";

export const INSTALLATION_LABEL = "tailnet-share.installation";
export const KEY_LABEL = "tailnet-share.machine";
/** What `machineKey` makes. */
const MACHINE_KEY = /^[0-9a-f]{16}$/;
const TARGET_START_LABEL = "tailnet-share.target-started";
const SPEC_LABEL = "tailnet-share.spec";

/** Why `bin/machine` ended without becoming tailscaled; chosen among sysexits.h. */
export const ENTRY_EXIT = { misused: 64, unguarded: 69, present: 78 } as const;

/** Where a machine's directory appears in its container. */
const STATE_IN_MACHINE = "/state";

/** What all machines of an installation have in common. */
export interface MachineRuntime {
  installation: string;
  /** Image ID of the backend itself. */
  ownImage: string;
  /** The state volume's directory, as the engine's host calls it. */
  hostStateDirectory: string;
  /** tailscaled's own switches, e.g. `TS_FORCE_NOISE_443`. */
  environment: Readonly<Record<string, string>>;
  /** Extra trusted authorities as PEM; empty for none. */
  authorities: string;
  tun: "kernel" | "userspace";
}

export interface MachineWish {
  key: string;
  name: string;
  targetId: string;
  /** When the target was started, as the engine writes it: another start is another namespace. */
  targetStartedAt: string;
  reachTailnet: boolean;
  /** Tag of the official image; empty for the bundled tailscale. */
  tag: string;
}

/** A machine's container as the engine shows it. */
export interface MachineContainer {
  key: string;
  containerId: string;
  run: ContainerFacts["run"];
  targetId: string;
  targetStartedAt: string;
  spec: string;
  /** Of the official image that it runs; empty for the bundled tailscale. */
  tag: string;
}

/** A machine's directory below the state directory: `tailscaled` is what its container sees of it. */
export function machineDirectory(stateDirectory: string, key: string): string {
  return `${stateDirectory}/machines/${key}`;
}

export function tailscaledDirectory(stateDirectory: string, key: string): string {
  return `${machineDirectory(stateDirectory, key)}/tailscaled`;
}

/** Keys, preferences and accounts of one tailscaled. Source: `ipn/store.go`, `paths.DefaultTailscaledStateFile`. */
export const STATE_FILE = "tailscaled.state";

export function machineSocket(stateDirectory: string, key: string): string {
  return `${tailscaledDirectory(stateDirectory, key)}/tailscaled.sock`;
}

/** The image of another version of tailscale. */
export function imageOf(tag: string): string {
  return `${OFFICIAL}:${tag}`;
}

function tagOf(image: string): string {
  return image.startsWith(`${OFFICIAL}:`) ? image.slice(OFFICIAL.length + 1) : "";
}

const OFFICIAL = "tailscale/tailscale";

/** The container that makes its target a machine. Pure. */
export function machineSpec(wish: MachineWish, runtime: MachineRuntime): OwnContainerSpec {
  const spec = {
    image: wish.tag === "" ? runtime.ownImage : imageOf(wish.tag),
    networkOf: wish.targetId,
    entrypoint: [...entry(wish, runtime), "/usr/local/bin/tailscaled", ...tailscaledArguments(wish, runtime)],
    environment: {
      ...runtime.environment,
      // Other images than ours bring iptables, which would be preferred.
      TS_DEBUG_FIREWALL_MODE: "nftables",
      HOME: "/tmp",
      ...(runtime.authorities === ""
        ? {}
        : { SSL_CERT_FILE: `${STATE_IN_MACHINE}/${authoritiesFile(runtime.authorities)}` }),
    },
    directories: new Map([[STATE_IN_MACHINE, tailscaledDirectory(runtime.hostStateDirectory, wish.key)]]),
    tun: runtime.tun === "kernel",
  };
  return {
    ...spec,
    rights: "network",
    name: containerName(wish.key, runtime.installation),
    labels: {
      [ROLE_LABEL]: "machine",
      [INSTALLATION_LABEL]: runtime.installation,
      [KEY_LABEL]: wish.key,
      [TARGET_START_LABEL]: wish.targetStartedAt,
      [SPEC_LABEL]: createHash("sha256")
        .update(JSON.stringify([spec, [...spec.directories]]))
        .digest("hex")
        .slice(0, 16),
    },
  };
}

/** Whether a container is what is wished for, so that it can stay. */
export function isAsWished(there: MachineContainer, wish: MachineWish, runtime: MachineRuntime): boolean {
  return (
    there.run === "running" &&
    there.targetId === wish.targetId &&
    there.targetStartedAt === wish.targetStartedAt &&
    there.spec === machineSpec(wish, runtime).labels[SPEC_LABEL]
  );
}

/**
 * This installation's machines among all containers. `hostStateDirectory`: the state volume's directory, as the engine's host calls
 * it; null while it is not known. A machine that lives in it is ours also when the installation's name was lost with its settings.
 */
export function machineContainers(
  containers: readonly ContainerFacts[],
  installation: string,
  hostStateDirectory: string | null = null,
): MachineContainer[] {
  return containers.flatMap(({ id, run, labels, networkMode, image, directories }): MachineContainer[] => {
    const key = labels[KEY_LABEL];
    const isNamed = labels[INSTALLATION_LABEL] === installation;
    const livesHere =
      hostStateDirectory !== null && directories.includes(tailscaledDirectory(hostStateDirectory, key ?? ""));
    const ours = labels[ROLE_LABEL] === "machine" && (isNamed || livesHere);
    // Anybody who may ask the engine can label a container, and the key names a directory.
    if (!ours || key === undefined || !MACHINE_KEY.test(key) || networkMode.kind !== "container") return [];
    return [
      {
        key,
        containerId: id,
        run,
        targetId: networkMode.id,
        targetStartedAt: labels[TARGET_START_LABEL] ?? "",
        spec: labels[SPEC_LABEL] ?? "",
        tag: tagOf(image),
      },
    ];
  });
}

export function containerName(key: string, installation: string): string {
  return `tailnet-share-${installation.slice(0, 8)}-${key}`;
}

/** The program that readies the namespace. Only our image has it; for another one a helper container has done that before. */
function entry(wish: MachineWish, runtime: MachineRuntime): string[] {
  return wish.tag === "" ? [...ENTRY_PROGRAM, "run", guardOf(wish, runtime)] : [];
}

/** What our own program puts into a machine's namespace: see `bin/machine`. */
export type Guard = "guard" | "reach" | "bare";

/** What stands in the namespace beside a machine's tailscaled. */
export function guardOf({ reachTailnet }: Pick<MachineWish, "reachTailnet">, { tun }: MachineRuntime): Guard {
  if (tun === "userspace") return "bare";
  return reachTailnet ? "reach" : "guard";
}

export const ENTRY_PROGRAM = ["/usr/local/bin/node", "--max-semi-space-size=1", "/app/machine.mjs"] as const;

function tailscaledArguments({ key }: MachineWish, { tun }: MachineRuntime): string[] {
  return [
    `--statedir=${STATE_IN_MACHINE}`,
    `--socket=${STATE_IN_MACHINE}/tailscaled.sock`,
    `--tun=${tun === "kernel" ? TAILNET_INTERFACE : "userspace-networking"}`,
    `--port=${udpPort(key)}`,
    "--no-logs-no-support",
  ];
}

/**
 * The same after every start: a device that talked to the machine goes on sending to its old address for up to 6.5 s, and an
 * answer lost there costs WireGuard another 5 s. tailscaled takes any other port when it is taken. Source of the first figure:
 * `wgengine/magicsock`, `trustUDPAddrDuration`.
 */
function udpPort(key: string): number {
  return FIRST_EPHEMERAL + (Number.parseInt(key.slice(0, 6), 16) % EPHEMERAL_PORTS);
}

/** Linux's usual `ip_local_port_range`, where servers do not choose their ports. */
const FIRST_EPHEMERAL = 32_768;
const EPHEMERAL_PORTS = 28_232;
