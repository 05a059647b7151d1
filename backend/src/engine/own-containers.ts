import { engineName } from "@tailnet-share/contract/engine-name";
import { AppError } from "@tailnet-share/contract/errors";
import { z } from "zod";
import type { HttpAnswer, HttpRequest } from "../lib/net/unix-http.ts";
import { deadlineSignal } from "../lib/timing.ts";
import { inspect } from "./inspect.ts";
import { demultiplexed } from "./multiplexed.ts";
import { type EngineTransport, engineRefusal, refusalReason } from "./transport.ts";

/** Our own container in another container's network namespace. The caller has checked every value: they go to a program with privileges. */
export interface OwnContainerSpec {
  name: string;
  /** Image ID or reference. */
  image: string;
  /** ID of the container whose network namespace it shares. */
  networkOf: string;
  entrypoint: readonly string[];
  environment: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  /** Directories on the engine's host, by their path in the container. */
  directories: ReadonlyMap<string, string>;
  /** Needs the kernel's TUN device. */
  tun: boolean;
  /** The container's privileges: `network` may change the network namespace as tailscaled does; `none` may only read. */
  rights: "network" | "none";
}

/** Calls on containers that the extension itself creates. They never receive a user's container. */
export interface OwnContainerCalls {
  /** Creates it without starting it; returns its ID. Rejects with `AppError("IMAGE_UNAVAILABLE")` when the engine lacks the image. */
  createOwn(spec: OwnContainerSpec, signal?: AbortSignal): Promise<string>;
  startOwn(id: string, signal?: AbortSignal): Promise<void>;
  /** Asks it to stop and kills it after `seconds`. Succeeds also when it has exited or is gone. */
  stopOwn(id: string, seconds: number, signal?: AbortSignal): Promise<void>;
  /** Kills it if it runs, and removes it. Succeeds also when it is gone. */
  removeOwn(id: string, signal?: AbortSignal): Promise<void>;
  /** Runs a program in it until it exits; returns its output and exit code. */
  runInOwn(
    id: string,
    command: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ code: number; output: string }>;
  /** Waits until it exits; returns its exit code. */
  waitForOwn(id: string, signal?: AbortSignal): Promise<number>;
  /** Returns its last lines of output. */
  ownOutput(id: string, lines: number, signal?: AbortSignal): Promise<string>;
  /** Pulls an image if the engine doesn't have it yet. Rejects with `AppError("IMAGE_UNAVAILABLE")`. */
  ensureImage(reference: string, signal?: AbortSignal): Promise<void>;
}

/** tailscaled with a hundred peers and full load stays well under this. Swap would only hide a leak. */
const MEMORY_BYTES = 256 * 1024 * 1024;
/** Threads count: Go creates one for each core and for each blocking system call. */
const MOST_PROCESSES = 256;
/** Limits for a program that only reads: Node itself and the longest list of connections. */
const LOOK = { memoryBytes: 128 * 1024 * 1024, processes: 64, user: "65534:65534" } as const;
const PULL_TIMEOUT_MS = 120_000;
const OUTPUT_TIMEOUT_MS = 10_000;

export function createOwnContainerCalls(transport: EngineTransport): OwnContainerCalls {
  return {
    createOwn: async (...values) => await createOwn(transport, ...values),
    startOwn: async (...values) => await startOwn(transport, ...values),
    stopOwn: async (...values) => await stopOwn(transport, ...values),
    removeOwn: async (...values) => await removeOwn(transport, ...values),
    runInOwn: async (...values) => await runInOwn(transport, ...values),
    waitForOwn: async (...values) => await waitForOwn(transport, ...values),
    ownOutput: async (...values) => await ownOutput(transport, ...values),
    ensureImage: async (...values) => await ensureImage(transport, ...values),
  };
}

async function createOwn(
  transport: EngineTransport,
  spec: OwnContainerSpec,
  signal?: AbortSignal,
): Promise<string> {
  const networkMode = await transport
    .dialect()
    .namespaceMode(spec.networkOf, async (id) => await inspect(transport, id, signal));
  if (networkMode === null)
    throw new AppError(
      "ENGINE_REFUSED",
      "The container has no network namespace: it has ended.",
      "Retrying automatically.",
    );
  const answer = await transport.call(
    {
      method: "POST",
      path: `/containers/create?name=${encodeURIComponent(spec.name)}`,
      json: createBody(spec, networkMode),
      ...(signal ? { signal } : {}),
    },
    [404],
  );
  if (answer.status === 404) {
    throw new AppError(
      "IMAGE_UNAVAILABLE",
      `${engineName(transport.dialect().kind)} can't create the machine: ${refusalReason(answer)}`,
      "Choose another version in the settings, or update Tailnet Share.",
    );
  }
  return z.object({ Id: z.string() }).parse(JSON.parse(answer.body)).Id;
}

async function startOwn({ call }: EngineTransport, id: string, signal?: AbortSignal): Promise<void> {
  await call({ method: "POST", path: `${at(id)}/start`, ...(signal ? { signal } : {}) });
}

async function stopOwn(
  { call }: EngineTransport,
  id: string,
  seconds: number,
  signal?: AbortSignal,
): Promise<void> {
  await call(
    {
      method: "POST",
      path: `${at(id)}/stop?t=${seconds}`,
      timeoutMs: (seconds + 10) * 1_000,
      ...(signal ? { signal } : {}),
    },
    [404],
  );
}

async function removeOwn({ call }: EngineTransport, id: string, signal?: AbortSignal): Promise<void> {
  // 409: its removal is already under way.
  await call(
    { method: "DELETE", path: `${at(id)}?force=true&v=true`, ...(signal ? { signal } : {}) },
    [404, 409],
  );
}

async function runInOwn(
  transport: EngineTransport,
  id: string,
  command: readonly string[],
  signal?: AbortSignal,
): Promise<{ code: number; output: string }> {
  const own = signal ? { signal } : {};
  const made = await transport.call({
    method: "POST",
    path: `${at(id)}/exec`,
    json: { Cmd: command, AttachStdout: true, AttachStderr: true },
    ...own,
  });
  const { Id } = z.object({ Id: z.string() }).parse(JSON.parse(made.body));
  const output = await read(transport, {
    method: "POST",
    path: `/exec/${encodeURIComponent(Id)}/start`,
    json: { Detach: false, Tty: false },
    ...own,
  });
  const ended = await transport.call({ method: "GET", path: `/exec/${encodeURIComponent(Id)}/json`, ...own });
  const { ExitCode } = z.object({ ExitCode: z.int().nullable() }).parse(JSON.parse(ended.body));
  return { code: ExitCode ?? -1, output };
}

async function waitForOwn({ call }: EngineTransport, id: string, signal?: AbortSignal): Promise<number> {
  const answer = await call({
    method: "POST",
    path: `${at(id)}/wait?condition=not-running`,
    ...(signal ? { signal } : {}),
  });
  return z.object({ StatusCode: z.int() }).parse(JSON.parse(answer.body)).StatusCode;
}

async function ownOutput(
  transport: EngineTransport,
  id: string,
  lines: number,
  signal?: AbortSignal,
): Promise<string> {
  return await read(transport, {
    method: "GET",
    path: `${at(id)}/logs?stdout=true&stderr=true&tail=${lines}`,
    ...(signal ? { signal } : {}),
  });
}

async function ensureImage(
  { call }: EngineTransport,
  reference: string,
  signal?: AbortSignal,
): Promise<void> {
  const own = signal ? { signal } : {};
  const image = await call({ method: "GET", path: `/images/${reference}/json`, ...own }, [404]);
  if (image.status !== 404) return;
  const pull: HttpRequest = {
    method: "POST",
    path: `/images/create?fromImage=${encodeURIComponent(reference)}`,
    timeoutMs: PULL_TIMEOUT_MS,
    ...own,
  };
  const reason = await call(pull, [404, 500]).then(pullFailure, (error: unknown) => {
    // The engine is well; the registry doesn't answer.
    if (timedOut(error)) return "it took too long";
    throw error;
  });
  if (reason === null) return;
  throw new AppError(
    "IMAGE_UNAVAILABLE",
    `Couldn't pull ${reference}.`,
    "Check the tag and your internet connection, or choose the bundled version in Settings.",
    { cause: new Error(reason) },
  );
}

/** Times out, so that a hanging program doesn't block the callers that wait for it. */
async function read({ stream, reach, dialect }: EngineTransport, request: HttpRequest): Promise<string> {
  const signal = deadlineSignal(OUTPUT_TIMEOUT_MS, request.signal);
  const { status, body } = await stream({ ...request, signal });
  if (status === 404) return "";
  if (status >= 400) throw engineRefusal({ status, headers: {}, body: "" }, dialect());
  return await reach(async () => await demultiplexed(body));
}

function at(id: string): string {
  return `/containers/${encodeURIComponent(id)}`;
}

/** Returns null for a pulled image. A pull that fails midway returns 200, and its last line has `error`. */
function pullFailure(answer: HttpAnswer): string | null {
  if (answer.status >= 400) return refusalReason(answer);
  return /"error":"[^"]*/.exec(answer.body)?.[0] ?? null;
}

function timedOut(error: unknown): boolean {
  return error instanceof Error && (error.name === "TimeoutError" || timedOut(error.cause));
}

/** Source: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerCreate */
function createBody(spec: OwnContainerSpec, networkMode: string): object {
  const looks = spec.rights === "none";
  const memory = looks ? LOOK.memoryBytes : MEMORY_BYTES;
  return {
    Image: spec.image,
    Entrypoint: spec.entrypoint,
    Cmd: [],
    ...(looks ? { User: LOOK.user } : {}),
    Env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
    Labels: spec.labels,
    // The image's own health check would probe a program that doesn't run in this container.
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      NetworkMode: networkMode,
      CapDrop: ["ALL"],
      CapAdd: looks ? [] : ["NET_ADMIN", "NET_RAW"],
      SecurityOpt: ["no-new-privileges:true"],
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "size=16m,mode=1777" },
      Memory: memory,
      MemorySwap: memory,
      PidsLimit: looks ? LOOK.processes : MOST_PROCESSES,
      Devices: spec.tun
        ? [{ PathOnHost: "/dev/net/tun", PathInContainer: "/dev/net/tun", CgroupPermissions: "rwm" }]
        : [],
      Mounts: [...spec.directories].map(([target, source]) => ({
        Type: "bind",
        Source: source,
        Target: target,
      })),
      // Only the reconcile loop decides when it runs.
      RestartPolicy: { Name: "no" },
      LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } },
    },
  };
}
