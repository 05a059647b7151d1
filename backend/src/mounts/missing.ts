import { existsSync, statSync } from "node:fs";
import { assertNever, type Fault } from "@tailnet-share/contract/errors";
import { isWritable } from "./container.ts";
import { isDockerDesktop, isWsl, platformOf, rootlessUidIn, type Signs, socketOf } from "./platforms.ts";
import { textOf } from "./text-of.ts";

/** Whether Podman runs this container. */
export function hasContainerEnv(): boolean {
  return existsSync("/run/.containerenv");
}

/** Reads what this container shows of the platform. Never throws. */
function readSigns(): Signs {
  return {
    hasContainerEnv: hasContainerEnv(),
    kernel: textOf("/proc/sys/kernel/osrelease"),
    rootlessUid: rootlessUidIn(textOf("/proc/self/uid_map")),
  };
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

/** The next step when the kernel data plane can't be used. The first two are up to the command that created the container, on any platform. */
export function kernelHint(
  lacks: "tun" | "net-admin" | "nftables",
  { kernel }: Pick<Signs, "kernel"> = readSigns(),
): string {
  switch (lacks) {
    case "tun":
      return "Create the container with '--device /dev/net/tun'. If the engine's host has no such file, run 'modprobe tun' there.";
    case "net-admin":
      return "Create the container again with '--cap-add NET_ADMIN', or by the compose file.";
    case "nftables":
      if (isDockerDesktop(kernel))
        return "Docker Desktop's kernel normally has nftables. Update Docker Desktop; if this persists, send the diagnostics.";
      if (isWsl(kernel))
        return "Microsoft's kernel normally has nftables. Run 'wsl --update' in Windows; if this persists, send the diagnostics.";
      return "The engine's host needs a kernel with nftables: run 'modprobe nf_tables' there, and start the container again.";
    default:
      return assertNever(lacks);
  }
}

/**
 * Returns a fault if what is stored in the folder is lost with the container: no volume is mounted there, or only memory; or if nothing can
 * be stored there. `mountInfo`: `/proc/self/mountinfo`; empty if that can't be read, and then the volume is taken to be there.
 */
export function stateFault(
  folder: string,
  mountInfo = textOf("/proc/self/mountinfo"),
  writable = isWritable(folder),
): Fault | null {
  if (mountInfo !== "" && !isKept(folder, mountInfo))
    return {
      code: "STORE_NOT_KEPT",
      message: `No volume is mounted at ${folder}: your shares, settings and the node's identity are lost with the container.`,
      hint: `Create the container again with '-v tailnet-share-state:${folder}'.`,
    };
  if (writable) return null;
  return {
    code: "STORE_UNWRITABLE",
    message: `Nothing can be stored: the backend may not write into ${folder}.`,
    hint: "Create the container again with the volume writable, without ':ro'. If it is a folder of the engine's host, let root own it and start the container again: the backend has no special rights to files.",
  };
}

function isKept(folder: string, mountInfo: string): boolean {
  const holding = mountsIn(mountInfo)
    .filter(({ point }) => point === folder || folder.startsWith(`${point}/`))
    .sort((a, b) => b.point.length - a.point.length)[0];
  return holding !== undefined && holding.type !== "tmpfs";
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
