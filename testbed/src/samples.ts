import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { ComposeGeneration } from "./engine/compose.ts";
import type { Engine } from "./engine/engine.ts";
import { BED_LABEL, labelFlags } from "./lib/bed-id.ts";
import type { RunResult } from "./lib/run.ts";
import { waitFor } from "./lib/wait-for.ts";

export interface SampleOptions {
  /** If omitted, the engine generates one. */
  readonly name?: string;
  /** Ports to serve. `expose` decides whether the container declares them. */
  readonly http?: number;
  readonly tcp?: number;
  readonly udp?: number;
  /** Listen address, e.g. `127.0.0.1`; defaults to all addresses. */
  readonly bind?: string;
  /** Ports to declare, e.g. `8080` or `53/udp`; defaults to the served ports. `[]` declares none. */
  readonly expose?: readonly string[];
  /** Network names, the first one joined at start; also `none`, `host` or `container:…`. Defaults to the default bridge. */
  readonly networks?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Extra flags of `docker run`, e.g. a restart policy. */
  readonly flags?: readonly string[];
}

export interface Sample {
  readonly id: string;
  readonly name: string;
}

export interface ComposeProject {
  readonly name: string;
  up(args?: readonly string[]): Promise<void>;
  /** Runs any compose command, e.g. `["restart", "web"]`, and returns stdout. */
  compose(args: readonly string[]): Promise<string>;
  /** Returns the result whatever the exit code: compose may warn and exit with 0. */
  tryCompose(args: readonly string[]): Promise<RunResult>;
  down(): Promise<void>;
}

export interface ProjectOptions {
  /** The compose program to use; defaults to the engine's usual one. */
  readonly generation?: ComposeGeneration;
}

export interface Samples {
  /** The samples' image, for compose files. */
  readonly image: string;
  /** Starts a sample and waits until it listens. */
  start(options?: SampleOptions): Promise<Sample>;
  /** Removes a sample by ID or name. */
  remove(idOrName: string): Promise<void>;
  /** Creates a network that is removed with the bed. */
  createNetwork(name: string, flags?: readonly string[]): Promise<void>;
  /** Writes a Compose file. Labels every service and the default network with the bed's label. `services` and `networks` as in Compose. */
  project(
    name: string,
    services: ComposeEntries,
    networks?: ComposeEntries,
    options?: ProjectOptions,
  ): Promise<ComposeProject>;
  /** Removes the compose files. The bed's sweep removes the containers. */
  close(): Promise<void>;
}

function environment(options: SampleOptions): Readonly<Record<string, string>> {
  const { name, http, tcp, udp, bind } = options;
  const pairs: readonly (readonly [string, string | number | undefined])[] = [
    ["NAME", name],
    ["HTTP_PORT", http],
    ["TCP_PORT", tcp],
    ["UDP_PORT", udp],
    ["BIND", bind],
  ];
  return Object.fromEntries(
    pairs.flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
  );
}

function declaredPorts({ http, tcp, udp, expose }: SampleOptions): readonly string[] {
  if (expose !== undefined) return expose;
  const served = [http, tcp].flatMap((port) => (port === undefined ? [] : [String(port)]));
  return udp === undefined ? served : [...served, `${udp}/udp`];
}

/** A program for `node -e` that exits with 0 if the sample listens. */
function listeningTest(options: SampleOptions): string {
  const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const tcp = [options.http, options.tcp].flatMap((port) => (port === undefined ? [] : [hex(port)]));
  const udp = options.udp === undefined ? [] : [hex(options.udp)];
  // Read inside the container, because a container without networks is unreachable from outside.
  return `const r=(f)=>{try{return require("fs").readFileSync("/proc/net/"+f,"utf8")}catch{return""}};
const t=r("tcp")+r("tcp6"),u=r("udp")+r("udp6");
process.exit(${JSON.stringify(tcp)}.every((p)=>t.includes(p+" "))&&${JSON.stringify(udp)}.every((p)=>u.includes(p+" "))?0:1)`;
}

/** `hosts`: flags for the names in each sample's hosts file. */
export function createSamples(
  engine: Engine,
  image: string,
  bedId: string,
  hosts: readonly string[] = [],
): Samples {
  const folders: string[] = [];

  async function start(options: SampleOptions = {}): Promise<Sample> {
    const [, ...otherNetworks] = options.networks ?? [];
    const id = await engine.docker(["run", "-d", ...runFlags(options, hosts), ...labelFlags(bedId), image]);
    for (const network of otherNetworks) await engine.docker(["network", "connect", network, id]);
    const listens = ["exec", id, "node", "-e", listeningTest(options)];
    await waitFor(async () => (await engine.tryDocker(listens)).code === 0, {
      what: `the sample ${options.name ?? id.slice(0, 12)} to listen`,
      timeoutMs: 20_000,
    });
    const name = (await engine.docker(["inspect", "-f", "{{.Name}}", id])).replace(/^\//, "");
    return { id, name };
  }

  return {
    image,
    start,
    async project(name, services, networks = {}, options = {}) {
      const folder = await mkdtemp(join(tmpdir(), "tailnet-share-project-"));
      folders.push(folder);
      const path = join(folder, "compose.yaml");
      await writeFile(path, stringify(composeFile(image, bedId, services, networks)));
      return composeProject(engine, name, path, options);
    },
    async remove(idOrName) {
      await engine.docker(["rm", "-f", "-v", idOrName]);
    },
    async createNetwork(name, flags = []) {
      await engine.docker(["network", "create", ...labelFlags(bedId), ...flags, name]);
    },
    async close() {
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Flags of `docker run` for one sample. */
function runFlags(options: SampleOptions, hosts: readonly string[]): string[] {
  const [network] = options.networks ?? [];
  return [
    ...(options.name === undefined ? [] : ["--name", options.name]),
    ...(network === undefined ? [] : ["--network", network]),
    // A container in another's namespace uses that one's hosts file.
    ...(network?.startsWith("container:") ? [] : hosts),
    ...Object.entries(environment(options)).flatMap(([key, value]) => ["-e", `${key}=${value}`]),
    ...declaredPorts(options).flatMap((port) => ["--expose", port]),
    ...Object.entries(options.labels ?? {}).flatMap(([key, value]) => ["--label", `${key}=${value}`]),
    ...(options.flags ?? []),
  ];
}

type ComposeEntries = Readonly<Record<string, Record<string, unknown>>>;

/** Labels every service and the default network with the bed's label. */
function composeFile(image: string, bedId: string, services: ComposeEntries, networks: ComposeEntries) {
  const labels = { [BED_LABEL]: bedId };
  const labelled = Object.entries(services).map(([service, own]) => [
    service,
    { image, ...own, labels: { ...labels, ...(own.labels as Record<string, string> | undefined) } },
  ]);
  return { services: Object.fromEntries(labelled), networks: { default: { labels }, ...networks } };
}

function composeProject(engine: Engine, name: string, file: string, options: ProjectOptions): ComposeProject {
  const ofProject = (args: readonly string[]): readonly string[] => ["-f", file, "-p", name, ...args];
  const compose = (args: readonly string[]): Promise<string> => engine.compose(ofProject(args), options);
  return {
    name,
    compose,
    tryCompose: (args) => engine.tryCompose(ofProject(args), options),
    up: async (args = []) => void (await compose(["up", "-d", ...args])),
    down: async () => void (await compose(["down", "-v", "-t", "1"])),
  };
}
