/** How an engine is run, and where a container finds its socket. */
export interface Platform {
  readonly name: string;
  /** The socket's path where the engine runs, which is a virtual machine with some. `UID` is the number of the user who runs it. */
  readonly socket: string;
  /** Whether a container runs there. Absent where nothing inside a container shows it. */
  readonly isHere?: (signs: Signs) => boolean;
}

/** Signs of the platform that a container can see. */
export interface Signs {
  /** Podman puts `/run/.containerenv` into each container. */
  readonly hasContainerEnv: boolean;
  /** The kernel's release, `/proc/sys/kernel/osrelease`. */
  readonly kernel: string;
  /** The user who runs a rootless engine; null with a root engine. */
  readonly rootlessUid: number | null;
}

const DOCKER: Platform = { name: "Docker Engine", socket: "/var/run/docker.sock" };

/**
 * The first that is here counts. Source: the platforms' documentation and code; Colima, Lima, Rancher Desktop and OrbStack were not run
 * here.
 */
export const PLATFORMS: readonly Platform[] = [
  {
    name: "rootless Podman",
    socket: "/run/user/UID/podman/podman.sock",
    isHere: ({ hasContainerEnv, rootlessUid }) => hasContainerEnv && rootlessUid !== null,
  },
  { name: "Podman", socket: "/run/podman/podman.sock", isHere: ({ hasContainerEnv }) => hasContainerEnv },
  {
    name: "rootless Docker, and Lima's template docker",
    socket: "/run/user/UID/docker.sock",
    isHere: ({ rootlessUid }) => rootlessUid !== null,
  },
  { name: "OrbStack", socket: "/var/run/docker.sock", isHere: ({ kernel }) => kernel.includes("orbstack") },
  {
    name: "Docker Desktop",
    socket: "/var/run/docker.sock",
    isHere: ({ kernel }) => isDockerDesktop(kernel),
  },
  {
    // All engines in it have Microsoft's kernel.
    name: "Docker Desktop, Rancher Desktop or Docker Engine in WSL2",
    socket: "/var/run/docker.sock",
    isHere: ({ kernel }) => isWsl(kernel),
  },
  DOCKER,
  { name: "Colima", socket: "/var/run/docker.sock" },
  { name: "Lima's template docker-rootful", socket: "/var/run/docker.sock" },
  { name: "Rancher Desktop", socket: "/var/run/docker.sock" },
];

export function isDockerDesktop(kernel: string): boolean {
  return kernel.includes("linuxkit");
}

export function isWsl(kernel: string): boolean {
  return /microsoft/i.test(kernel);
}

/** Falls back to Docker Engine, which Colima, Lima and Rancher Desktop run in a virtual machine. */
export function platformOf(signs: Signs): Platform {
  return PLATFORMS.find(({ isHere }) => isHere?.(signs) === true) ?? DOCKER;
}

/** The socket's path, with the user's number where that is known. */
export function socketOf({ socket }: Platform, { rootlessUid }: Signs): string {
  return rootlessUid === null ? socket : socket.replace("UID", String(rootlessUid));
}

/**
 * Returns the user who runs a rootless engine, from `/proc/self/uid_map`: there, the container's root is that one user. `userns-remap` maps
 * a range instead, and a root engine everybody.
 */
export function rootlessUidIn(uidMap: string): number | null {
  const [inside, outside, count] = uidMap.trim().split("\n")[0]?.trim().split(/\s+/).map(Number) ?? [];
  return inside === 0 && count === 1 && outside !== undefined && outside > 0 ? outside : null;
}
