import { accessSync, constants } from "node:fs";
import type { Fault } from "@tailnet-share/contract/errors";
import { textOf } from "./text-of.ts";

/** The container's rights, folders and settings. */
export interface ContainerSigns {
  /** `/proc/self/status`. */
  readonly status: string;
  /** `/proc/sys/net/ipv4/ip_forward`. */
  readonly forwarding: string;
  /** Whether the backend can write into the folder. */
  readonly isWritable: (folder: string) => boolean;
}

function readContainerSigns(): ContainerSigns {
  return {
    status: textOf("/proc/self/status"),
    forwarding: textOf("/proc/sys/net/ipv4/ip_forward"),
    isWritable,
  };
}

export function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Bits of capabilities. Source: `include/uapi/linux/capability.h`. */
const BITS = { NET_ADMIN: 12n, NET_RAW: 13n } as const;
export type Right = keyof typeof BITS;

/** Whether this process has the right. Claims it has where that can't be read. */
export function hasRight(right: Right, status = textOf("/proc/self/status")): boolean {
  const [, mask] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  return mask === undefined || ((BigInt(`0x${mask}`) >> BITS[right]) & 1n) === 1n;
}

/** Each part that a container may lack, with the consequence and the flag of `docker run` that adds it. */
interface Lack {
  readonly what: string;
  readonly effect: string;
  readonly flag: string;
}

/**
 * Returns one fault for everything that the container was created without; null if nothing is missing. The engine's socket, the TUN, the
 * volume and NET_ADMIN have faults of their own. `folders`: those that need a tmpfs, and what fails without.
 */
export function containerFault(
  folders: readonly { readonly path: string; readonly effect: string }[],
  { status, forwarding, isWritable: writable }: ContainerSigns = readContainerSigns(),
): Fault | null {
  const lacks: Lack[] = folders
    .filter(({ path }) => !writable(path))
    .map(({ path, effect }) => ({ what: `a writable ${path}`, effect, flag: `--tmpfs ${path}` }));
  if (!hasRight("NET_RAW", status))
    lacks.push({
      what: "the right NET_RAW",
      effect: "ports that don't answer are not noticed, and withdrawn connections end late",
      flag: "--cap-add NET_RAW",
    });
  if (forwarding.trim() === "0")
    lacks.push({
      what: "IPv4 forwarding",
      effect: "no share on the node answers",
      flag: "--sysctl net.ipv4.ip_forward=1",
    });
  if (lacks.length === 0) return null;
  return {
    code: "CONTAINER_INCOMPLETE",
    message: lacks.map(({ what, effect }) => `The container lacks ${what}: ${effect}.`).join(" "),
    hint: `Create the container again with '${lacks.map(({ flag }) => flag).join(" ")}', or by the compose file.`,
  };
}
