import type { ContainerPort } from "@tailnet-share/contract/port";
import { z } from "zod";
import {
  type DeclaredPorts,
  foldPorts,
  listedPorts,
  portKeys,
  publishedKeys,
} from "../workloads/declared-ports.ts";
import type { ContainerFacts, NetworkMode } from "../workloads/facts.ts";
import { ownLabels, ROLE_LABEL } from "../workloads/identity.ts";
import { type StopRequest, USUAL_STOP } from "../workloads/stop-signal.ts";

/**
 * The parts of the Engine API's answers that we read; everything else is ignored.
 * Source: https://docs.docker.com/reference/api/engine/version/v1.41/ and later.
 */
export const VersionAnswer = z.object({
  Version: z.string(),
  ApiVersion: z.string(),
  MinAPIVersion: z.string().optional(),
  Components: z
    .array(z.object({ Name: z.string() }))
    .nullish()
    .catch(null),
});
export type VersionAnswer = z.infer<typeof VersionAnswer>;

const nullable = <T extends z.ZodType>(schema: T) => schema.nullish();

const NetworkEndpoint = z.object({
  NetworkID: z.string(),
  IPAddress: z.string().default(""),
  EndpointID: z.string().default(""),
  MacAddress: z.string().default(""),
  IPAMConfig: nullable(z.object({ IPv4Address: nullable(z.string()) })),
});

export const ListedContainer = z.object({
  Id: z.string(),
  Names: nullable(z.array(z.string())),
  Image: z.string(),
  ImageID: z.string().default(""),
  State: z.string(),
  /** Human-readable: `Up 5 seconds (healthy)`. */
  Status: z.string().default(""),
  Labels: nullable(z.record(z.string(), z.string())),
  HostConfig: nullable(z.object({ NetworkMode: z.string().optional() })),
  // Parsed without Zod: an image may expose thousands of ports, and every list contains them.
  Ports: nullable(z.custom<readonly unknown[]>(Array.isArray)),
  Mounts: nullable(z.array(z.object({ Source: z.string().default("") }))),
  NetworkSettings: nullable(
    z.object({
      Networks: nullable(z.record(z.string(), NetworkEndpoint)),
    }),
  ),
});
export type ListedContainer = z.infer<typeof ListedContainer>;

/** Splits `/containers/json` into rows and the names or numbers of unreadable rows: one bad row must not hide the others. */
export function listedContainers(answer: unknown): { rows: ListedContainer[]; unread: string[] } {
  const rows: ListedContainer[] = [];
  const unread: string[] = [];
  for (const [index, row] of z.array(z.unknown()).parse(answer).entries()) {
    const read = ListedContainer.safeParse(row);
    if (read.success) rows.push(read.data);
    else unread.push(z.object({ Id: z.string() }).safeParse(row).data?.Id.slice(0, 12) ?? `row ${index}`);
  }
  return { rows, unread };
}

export const InspectedContainer = z.object({
  Config: z.object({
    ExposedPorts: nullable(z.record(z.string(), z.unknown())),
    StopSignal: nullable(z.string()).catch(null),
    StopTimeout: nullable(z.number()).catch(null),
    Hostname: nullable(z.string()).catch(null),
  }),
  HostConfig: nullable(
    z.object({
      PortBindings: nullable(z.record(z.string(), z.unknown())),
      NetworkMode: nullable(z.string()).catch(null),
    }),
  ),
  NetworkSettings: nullable(z.object({ SandboxKey: nullable(z.string()) })).catch(null),
  State: z.object({ StartedAt: z.string(), Running: z.boolean(), ExitCode: z.int() }),
  Mounts: nullable(z.array(z.object({ Source: z.string().default(""), Destination: z.string() }))),
});

export type InspectedContainer = z.infer<typeof InspectedContainer>;

/** Docker leaves `Config` out of an image that was not built to run. */
export const InspectedImage = z.object({
  Config: nullable(z.object({ Labels: nullable(z.record(z.string(), z.string())) })),
});

const Actor = z.object({
  ID: z.string().default(""),
  Attributes: nullable(z.record(z.string(), z.string())).catch(null),
});
export const EngineEvent = z.object({
  Type: z.string(),
  Action: z.string(),
  Actor: Actor.default({ ID: "", Attributes: null }),
});
export type EngineEvent = z.infer<typeof EngineEvent>;

/** Details that the list of containers leaves out. */
export interface Unlisted {
  /** Ports that the container declares; null while unknown. */
  declared: InspectedPorts | null;
  /** Labels of the container's image. */
  imageLabels: Readonly<Record<string, string>>;
  stop: StopRequest;
}

/** Fixed for a container's life. The list omits them for stopped containers and on internal networks. */
export interface InspectedPorts extends DeclaredPorts {
  readonly published: readonly ContainerPort[];
}

export function inspectedPorts({ Config, HostConfig }: InspectedContainer): InspectedPorts {
  const published = publishedKeys(HostConfig?.PortBindings);
  return { ...foldPorts(portKeys(Config.ExposedPorts), published), published };
}

/** Maps a row of `/containers/json` to our facts. */
export function containerFacts(
  row: ListedContainer,
  { declared, imageLabels, stop }: Unlisted = { declared: null, imageLabels: {}, stop: USUAL_STOP },
): ContainerFacts {
  const listed = listedPorts(row.Ports ?? []);
  const published = uniquePorts([...(declared?.published ?? []), ...listed.published]);
  const { ports, ranges } = foldPorts(
    [...(declared?.ports ?? []), ...listed.ports],
    published,
    declared?.ranges,
  );
  return {
    id: row.Id,
    name: ownName(row.Names ?? []) ?? row.Id.slice(0, 12),
    image: row.Image,
    imageId: row.ImageID,
    run: runState(row.State),
    labels: ownLabels(row.Labels ?? {}, imageLabels),
    networkMode: networkMode(row),
    networks: Object.entries(row.NetworkSettings?.Networks ?? {})
      .map(([networkName, { NetworkID, IPAddress, IPAMConfig }]) => ({
        networkId: NetworkID,
        networkName,
        address: IPAddress,
        ...(IPAMConfig?.IPv4Address ? { asked: IPAMConfig.IPv4Address } : {}),
      }))
      .sort((a, b) => (a.networkName < b.networkName ? -1 : 1)),
    life: lifeOf(row),
    young: YOUNG.test(row.Status),
    ports,
    portRanges: ranges,
    portsKnown: declared !== null,
    published,
    stop,
    directories: row.Labels?.[ROLE_LABEL] === undefined ? [] : (row.Mounts ?? []).map(({ Source }) => Source),
  };
}

/** The list gives a container's start time only as this text. Source: docker/go-units, `HumanDuration`. */
const YOUNG = /^Up (?:Less than a second|1 second|\d seconds)\b/;
const AGE = /"Status":"(?!Up (?:Less than a second|1 second|\d seconds)\b)[^"]*"/g;

/**
 * Strips `/containers/json` of age texts that `containerFacts` doesn't read: `Up 5 minutes` changes every minute. Labels are safe:
 * quotes in a label's value are escaped, and a label named `Status` never changes.
 */
export function withoutAges(list: string): string {
  return list.replace(AGE, '"Status":""');
}

/** Engines create a container's network endpoints again with each start. */
function lifeOf({ NetworkSettings }: ListedContainer): string | null {
  const endpoints = Object.values(NetworkSettings?.Networks ?? {}).map(({ EndpointID }) => EndpointID);
  return endpoints.length === 0 || endpoints.includes("") ? null : endpoints.sort().join(" ");
}

/** Linked containers also list aliases such as `/other/db`: the container's own name has no second slash. */
function ownName(names: readonly string[]): string | undefined {
  const plain = names.map((name) => name.replace(/^\//, ""));
  return plain.find((name) => !name.includes("/")) ?? plain[0];
}

function runState(state: string): ContainerFacts["run"] {
  switch (state) {
    case "running":
    case "paused":
    case "restarting":
      return state;
    default:
      return "stopped";
  }
}

/** Checks networks before the mode: a container started without a network keeps mode `none` after it is connected to one. */
function networkMode({ HostConfig, NetworkSettings }: ListedContainer): NetworkMode {
  const mode = HostConfig?.NetworkMode ?? "";
  if (mode === "none") {
    const [network] = Object.keys(NetworkSettings?.Networks ?? {}).filter((name) => name !== "none");
    return network === undefined ? { kind: "none" } : { kind: "own", network };
  }
  if (mode === "host") return { kind: "host" };
  if (mode.startsWith("container:")) return { kind: "container", id: mode.slice("container:".length) };
  const [, program] = /^user:(pasta|slirp4netns)(?::|$)/.exec(mode) ?? [];
  if (program !== undefined) return { kind: "user-mode", program };
  return { kind: "own", network: mode === "default" || mode === "" ? "bridge" : mode };
}

/** The same port is listed once per address family and publication. */
function uniquePorts(ports: readonly ContainerPort[]): ContainerPort[] {
  return [...new Map(ports.map((port) => [`${port.port}/${port.protocol}`, port])).values()];
}
