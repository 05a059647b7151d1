import { POD_IMAGE } from "../workloads/facts.ts";
import type { InspectedContainer, ListedContainer } from "./parse.ts";

/*
 * Differences between Podman's answers and Docker's. Podman leaves `HostConfig` out of the list of containers, gives no endpoint an ID, and shows
 * a container in another's namespace on that one's networks. Sources: `pkg/api/handlers/compat/containers.go` of 4.3 and 5.4, issue 26313.
 */

export type InspectContainer = (id: string) => Promise<InspectedContainer | null>;

/** Where Podman mounts network namespaces, by root or by a user. */
const NAMESPACE = /^\/run\/(?:user\/\d+\/)?netns\/netns-[0-9a-f-]{36}$/;

/** A container's facts from its inspection that its row in the list lacks. They hold for one start. */
export interface Placed {
  readonly mode: string;
  /** Path of its own network namespace; empty while it doesn't run or uses another's. */
  readonly namespace: string;
  readonly startedAt: string;
  readonly hostname: string;
  readonly sources: readonly string[];
}

export function placedOf({ State, Config, HostConfig, NetworkSettings, Mounts }: InspectedContainer): Placed {
  const mode = HostConfig?.NetworkMode ?? "";
  return {
    mode,
    // A container in another's namespace shows that one's path.
    namespace: State.Running && !isBorrowed(mode) ? (NetworkSettings?.SandboxKey ?? "") : "",
    startedAt: State.Running ? State.StartedAt : "",
    hostname: Config.Hostname ?? "",
    sources: (Mounts ?? []).map(({ Source }) => Source),
  };
}

/** A text that changes when the container is started again or joins a network. */
export function startOf({ State, NetworkSettings }: ListedContainer): string {
  const cards = Object.values(NetworkSettings?.Networks ?? {}).map(({ MacAddress }) => MacAddress);
  return [State, ...cards].join(" ");
}

/** Whether a network is given by its name, as Podman up to 4 does. */
export function isName(networkId: string): boolean {
  return !/^[0-9a-f]{64}$/.test(networkId);
}

/** A container's own networks, without those of a namespace that it shares. */
export function ownNetworks(
  { NetworkSettings }: ListedContainer,
  { mode }: Placed,
): NonNullable<NonNullable<ListedContainer["NetworkSettings"]>["Networks"]> {
  const isOn = mode !== "host" && mode !== "none" && !isBorrowed(mode);
  return isOn ? (NetworkSettings?.Networks ?? {}) : {};
}

/**
 * Rows as Docker's list has them. `idOf`: a network's ID by its name, for names that stand in place of IDs.
 */
export function completeRows(
  rows: readonly { row: ListedContainer; placed: Placed }[],
  idOf: (network: string) => string,
): ListedContainer[] {
  const owners = new Map(
    rows.flatMap(({ row, placed }) => (placed.namespace === "" ? [] : [[placed.namespace, row.Id] as const])),
  );
  return rows.map(({ row, placed }) => {
    const networks = Object.entries(ownNetworks(row, placed));
    return {
      ...row,
      ...(isPod(row) ? { Names: [`/${placed.hostname}`], Image: POD_IMAGE } : {}),
      HostConfig: { NetworkMode: dockersMode(row, placed, owners) },
      Mounts: placed.sources.map((Source) => ({ Source })),
      NetworkSettings: {
        Networks: Object.fromEntries(
          networks.map(([name, { NetworkID, ...endpoint }]) => [
            name,
            {
              ...endpoint,
              NetworkID: isName(NetworkID) ? idOf(NetworkID) : NetworkID,
              EndpointID: placed.startedAt,
            },
          ]),
        ),
      },
    };
  });
}

/** The container that holds a pod's network namespace. It is listed like any other. */
function isPod({ Names, Image }: ListedContainer): boolean {
  return /^\/[0-9a-f]{12}-infra$/.test(Names?.[0] ?? "") && /^$|\/podman-pause(?::|@|$)/.test(Image);
}

function dockersMode(row: ListedContainer, placed: Placed, owners: ReadonlyMap<string, string>): string {
  const { mode } = placed;
  if (mode.startsWith("ns:")) return `container:${owners.get(mode.slice("ns:".length)) ?? ""}`;
  // Docker's networks may have such names, and a colon is in none.
  if (/^(?:pasta|slirp4netns)(?::|$)/.test(mode)) return `user:${mode}`;
  return mode === "bridge" ? createdOn(row) : mode;
}

/**
 * The network that a container was created on. Podman doesn't keep that: every mode is `bridge`. So it is known only for the extension's own
 * network, for a project's default network, and where there is just one. Otherwise empty.
 */
function createdOn({ Labels, NetworkSettings }: ListedContainer): string {
  const names = Object.keys(NetworkSettings?.Networks ?? {});
  const project = Labels?.["com.docker.compose.project"];
  const own = names.find((name) => name.startsWith("0-tailnet-share"));
  const [only, ...others] = names;
  return (
    own ??
    names.find((name) => name === `${project}_default`) ??
    (others.length === 0 ? only : undefined) ??
    ""
  );
}

function isBorrowed(mode: string): boolean {
  return mode.startsWith("container:") || mode.startsWith("ns:");
}

/**
 * A container that joins another by `container:` keeps that one from being removed, and starting it starts the other. By the path of the
 * namespace, neither happens.
 */
export async function namespaceMode(id: string, inspect: InspectContainer): Promise<string | null> {
  const seen = new Set<string>();
  for (let next = id; !seen.has(next); ) {
    seen.add(next);
    const inspected = await inspect(next);
    if (inspected === null || !inspected.State.Running) return null;
    const { mode, namespace } = placedOf(inspected);
    if (!mode.startsWith("container:")) return NAMESPACE.test(namespace) ? `ns:${namespace}` : null;
    next = mode.slice("container:".length);
  }
  return null;
}
