import { createHash } from "node:crypto";
import { authoritiesFile } from "../../control/authorities.ts";
import type { OwnContainerSpec } from "../../engine/own-containers.ts";
import {
  type Purpose,
  type Tun,
  tailscaledArguments,
  tailscaledEnvironment,
} from "../../tailscale/daemon/command.ts";
import type { ContainerFacts } from "../../workloads/facts.ts";
import { ROLE_LABEL } from "../../workloads/identity.ts";

export const INSTALLATION_LABEL = "tailnet-share.installation";
export const KEY_LABEL = "tailnet-share.machine";
/** The form of `machineKey`'s results. */
const MACHINE_KEY = /^[0-9a-f]{16}$/;
const TARGET_START_LABEL = "tailnet-share.target-started";
const SPEC_LABEL = "tailnet-share.spec";

/** Why `bin/machine` ended without becoming tailscaled; chosen among sysexits.h. */
export const ENTRY_EXIT = { misused: 64, unguarded: 69, present: 78 } as const;

/** A machine's directory as mounted in its container. */
const STATE_IN_MACHINE = "/state";
const SOCKET = "tailscaled.sock";
const PATHS_IN_MACHINE = { stateDirectory: STATE_IN_MACHINE, socketPath: `${STATE_IN_MACHINE}/${SOCKET}` };

/** Facts that all machines of an installation share. */
export interface MachineRuntime {
  installation: string;
  /** The backend's own image ID. */
  ownImage: string;
  /** The state volume's directory as the engine's host sees it. */
  hostStateDirectory: string;
  /** tailscaled's own switches, e.g. `TS_FORCE_NOISE_443`. */
  environment: Readonly<Record<string, string>>;
  /** Extra trusted authorities as PEM; empty for none. */
  authorities: string;
  tun: Tun;
}

export interface MachineWish {
  key: string;
  name: string;
  targetId: string;
  /** The target's start time, as the engine writes it. A restart makes a new namespace. */
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
  /** Tag of the official image that it runs; empty for the bundled tailscale. */
  tag: string;
}

/** A machine's directory below the state directory. Its container only sees the subdirectory `tailscaled`. */
export function machineDirectory(stateDirectory: string, key: string): string {
  return `${stateDirectory}/machines/${key}`;
}

export function tailscaledDirectory(stateDirectory: string, key: string): string {
  return `${machineDirectory(stateDirectory, key)}/tailscaled`;
}

/** Keys, preferences and accounts of one tailscaled. Source: `ipn/store.go`, `paths.DefaultTailscaledStateFile`. */
export const STATE_FILE = "tailscaled.state";

export function machineSocket(stateDirectory: string, key: string): string {
  return `${tailscaledDirectory(stateDirectory, key)}/${SOCKET}`;
}

/** The image of the given tailscale version. */
export function imageOf(tag: string): string {
  return `${OFFICIAL}:${tag}`;
}

function tagOf(image: string): string {
  return image.startsWith(`${OFFICIAL}:`) ? image.slice(OFFICIAL.length + 1) : "";
}

const OFFICIAL = "tailscale/tailscale";

/** The container that makes its target a machine. Pure. */
export function machineSpec(wish: MachineWish, runtime: MachineRuntime): OwnContainerSpec {
  const purpose: Purpose = { kind: "machine", tun: runtime.tun, udpPort: udpPort(wish.key) };
  const spec = {
    image: wish.tag === "" ? runtime.ownImage : imageOf(wish.tag),
    networkOf: wish.targetId,
    entrypoint: [
      ...entry(wish, runtime),
      "/usr/local/bin/tailscaled",
      ...tailscaledArguments(purpose, PATHS_IN_MACHINE),
    ],
    environment: tailscaledEnvironment(purpose, {
      ...runtime.environment,
      ...(runtime.authorities === ""
        ? {}
        : { SSL_CERT_FILE: `${STATE_IN_MACHINE}/${authoritiesFile(runtime.authorities)}` }),
    }),
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

/** Returns whether a container matches the wish, so that it can stay. */
export function isAsWished(machine: MachineContainer, wish: MachineWish, runtime: MachineRuntime): boolean {
  return (
    machine.run === "running" &&
    machine.targetId === wish.targetId &&
    machine.targetStartedAt === wish.targetStartedAt &&
    machine.spec === machineSpec(wish, runtime).labels[SPEC_LABEL]
  );
}

/**
 * This installation's machines among all containers. `hostStateDirectory`: the state volume's directory as the engine's host sees it; null
 * while unknown. A machine that lives in it is ours even if the settings, and with them the installation's name, were lost.
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
    // Anybody with access to the engine can set labels, and the key names a directory. So validate it.
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

/** The program that prepares the namespace. Only our image has it; for other images a helper container has already done that. */
function entry(wish: MachineWish, runtime: MachineRuntime): string[] {
  return wish.tag === "" ? [...ENTRY_PROGRAM, "run", guardOf(wish, runtime)] : [];
}

/** The guard that our own program puts into a machine's namespace: see `bin/machine`. */
export type Guard = "guard" | "reach" | "bare";

/** Returns the guard that runs in the namespace beside a machine's tailscaled. */
export function guardOf({ reachTailnet }: Pick<MachineWish, "reachTailnet">, { tun }: MachineRuntime): Guard {
  if (tun === "userspace") return "bare";
  return reachTailnet ? "reach" : "guard";
}

export const ENTRY_PROGRAM = ["/usr/local/bin/node", "--max-semi-space-size=1", "/app/machine.mjs"] as const;

/**
 * Keep the same port across restarts. A device that talked to the machine keeps sending to its old address for up to 6.5 s, and a lost
 * answer costs WireGuard another 5 s. tailscaled picks another port if this one is taken. Source of the first figure:
 * `wgengine/magicsock`, `trustUDPAddrDuration`.
 */
function udpPort(key: string): number {
  return FIRST_EPHEMERAL + (Number.parseInt(key.slice(0, 6), 16) % EPHEMERAL_PORTS);
}

/** Start of Linux's usual `ip_local_port_range`, where servers do not choose their ports. */
const FIRST_EPHEMERAL = 32_768;
const EPHEMERAL_PORTS = 28_232;
