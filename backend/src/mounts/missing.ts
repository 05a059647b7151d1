import { existsSync, readFileSync, statSync } from "node:fs";
import type { Fault } from "@tailnet-share/contract/errors";
import { isDockerDesktop, platformOf, rootlessUidIn, type Signs, socketOf } from "./platforms.ts";

/** Reads what this container shows of the platform. Never throws. */
function readSigns(): Signs {
  return {
    hasContainerEnv: existsSync("/run/.containerenv"),
    kernel: textOf("/proc/sys/kernel/osrelease"),
    rootlessUid: rootlessUidIn(textOf("/proc/self/uid_map")),
  };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Returns why there is no engine's socket at the path; null if there is one. */
export function socketFault(path: string, readPlatform: () => Signs = readSigns): Fault | null {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isSocket() === true) return null;
  const signs = readPlatform();
  const platform = platformOf(signs);
  const source = socketOf(platform, signs);
  return {
    code: "ENGINE_UNREACHABLE",
    // An engine makes a folder for a bind mount whose source is missing.
    message:
      found === undefined
        ? `The engine's socket is not mounted: there is no ${path}.`
        : `The mount of the engine's socket has the wrong source: ${path} is no socket.`,
    hint: `With ${platform.name} the source is ${source}. Set DOCKER_SOCKET=${source} for the compose file, or use '-v ${source}:${path}', and create the container again.`,
  };
}

/** The next step when the kernel data plane can't be used. */
export function kernelHint(
  lacks: "tun" | "nftables",
  { kernel }: Pick<Signs, "kernel"> = readSigns(),
): string {
  if (isDockerDesktop(kernel))
    return "Docker Desktop normally provides this. Restart it; if this persists, send the diagnostics.";
  return lacks === "tun"
    ? "Create the container with '--device /dev/net/tun'. If the engine's host has no such file, run 'modprobe tun' there."
    : "The engine's host needs a kernel with nftables: run 'modprobe nf_tables' there, and start the container again.";
}

/**
 * Returns a fault if what is stored in the folder is lost with the container: no volume is mounted there, or only memory. `mountInfo`:
 * `/proc/self/mountinfo`; empty if that can't be read, and then there is no fault.
 */
export function stateFault(folder: string, mountInfo = textOf("/proc/self/mountinfo")): Fault | null {
  if (mountInfo === "") return null;
  const holding = mountsIn(mountInfo)
    .filter(({ point }) => point === folder || folder.startsWith(`${point}/`))
    .sort((a, b) => b.point.length - a.point.length)[0];
  if (holding !== undefined && holding.type !== "tmpfs") return null;
  return {
    code: "STORE_NOT_KEPT",
    message: `No volume is mounted at ${folder}: your shares, settings and the node's identity are lost with the container.`,
    hint: `Create the container again with '-v tailnet-share-state:${folder}'.`,
  };
}

/** Mounts but the root's. Format: proc_pid_mountinfo(5). */
function mountsIn(mountInfo: string): { point: string; type: string }[] {
  return mountInfo.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const point = before.split(" ")[4];
    const [type = ""] = after.split(" ");
    return point === undefined || point === "/" ? [] : [{ point: unescaped(point), type }];
  });
}

/** The kernel writes a space as `\040`. */
function unescaped(point: string): string {
  return point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
