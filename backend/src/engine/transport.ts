import { type EngineKind, engineName } from "@tailnet-share/contract/engine-name";
import { AppError, type Fault } from "@tailnet-share/contract/errors";
import { z } from "zod";
import { createUnixHttp, type HttpAnswer, type HttpRequest } from "../lib/net/unix-http.ts";
import { socketFault } from "../mounts/missing.ts";
import { atLeast, type Dialect, dialectOf, presumedDialect } from "./dialect.ts";
import { VersionAnswer } from "./parse.ts";
import { assertRight } from "./rights.ts";

/** Newest Engine API that this code was tested against; older engines get the version they support. */
const NEWEST_API = "1.56";

/** Allows for a slow engine; one that hasn't answered by then never will. Milliseconds. */
const ANSWER_MS = 20_000;

export interface EngineInfo extends EngineKind {
  version: string;
  apiVersion: string;
}

/**
 * HTTP to the engine's socket in the newest API version that both sides support. Sends no call that is missing from `ENGINE_RIGHTS`.
 * Rejects with `AppError("ENGINE_UNREACHABLE" | "ENGINE_REFUSED")`.
 */
export interface EngineTransport {
  /** Renegotiates the API version. */
  connect(signal?: AbortSignal): Promise<EngineInfo>;
  /** `allowed`: statuses from 400 up that are valid answers instead of refusals. */
  call(options: HttpRequest, allowed?: readonly number[]): Promise<HttpAnswer>;
  /** Resolves when the headers arrive. */
  stream(options: HttpRequest): Promise<{ status: number; body: AsyncIterable<Uint8Array> }>;
  /** Maps system errors that occur while an answer is read. */
  reach<T>(work: () => Promise<T>): Promise<T>;
  /** The engine's dialect; a presumed one until the first answer. */
  dialect(): Dialect;
}

export function createEngineTransport(socketPath: string): EngineTransport {
  const http = createUnixHttp(socketPath, "docker");
  let apiVersion = "";
  let dialect = presumedDialect(NEWEST_API);

  async function reach<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw engineAway(cause, () => socketFault(socketPath), dialect.kind);
    }
  }

  async function negotiate(signal?: AbortSignal): Promise<EngineInfo> {
    const answer = await http.send({
      method: "GET",
      path: "/version",
      timeoutMs: ANSWER_MS,
      ...(signal ? { signal } : {}),
    });
    if (answer.status !== 200) throw engineRefusal(answer, dialect);
    const version = VersionAnswer.parse(JSON.parse(answer.body));
    apiVersion = olderVersion(version.ApiVersion, NEWEST_API);
    dialect = dialectOf(version, apiVersion);
    return { version: version.Version, apiVersion, ...dialect.kind };
  }

  return {
    reach,
    connect: async (signal) => await reach(async () => await negotiate(signal)),
    dialect: () => dialect,
    async call(options, allowed = []) {
      assertRight(options);
      return await reach(async () => {
        if (apiVersion === "") await negotiate(options.signal);
        const answer = await http.send({
          timeoutMs: ANSWER_MS,
          ...options,
          path: `/v${apiVersion}${options.path}`,
        });
        if (answer.status >= 400 && !allowed.includes(answer.status)) throw engineRefusal(answer, dialect);
        return answer;
      });
    },
    async stream(options) {
      assertRight(options);
      return await reach(async () => {
        if (apiVersion === "") await negotiate(options.signal);
        return await http.stream({ ...options, path: `/v${apiVersion}${options.path}` });
      });
    },
  };
}

/**
 * Maps a system error to a fault: a socket without permission needs a different fix from an engine that does not run. `missing` returns
 * the fault of a socket that is not mounted.
 */
export function engineAway(cause: unknown, missing: () => Fault | null, kind: EngineKind): AppError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  // Connecting to a folder is refused.
  const fault = code === "ENOENT" || code === "ECONNREFUSED" ? missing() : null;
  if (fault !== null) return new AppError(fault.code, fault.message, fault.hint, { cause });
  if (code !== "EACCES" && code !== "EPERM")
    return new AppError(
      "ENGINE_UNREACHABLE",
      `Can't reach ${engineName(kind)}.`,
      `Start ${kind.podman ? "podman.socket" : "Docker"}. Sharing resumes automatically.`,
      { cause },
    );
  return new AppError(
    "ENGINE_UNREACHABLE",
    `Tailnet Share has no permission to open ${engineName(kind)}'s socket.`,
    kind.podman
      ? "With SELinux, give Tailnet Share's container the option label=disable."
      : "An engine with userns-remap keeps containers from its socket: turn that off, or use a rootless engine.",
    { cause },
  );
}

/** Converts the engine's refusal to an `AppError`. */
export function engineRefusal(answer: HttpAnswer, { kind }: Pick<Dialect, "kind">): AppError {
  return new AppError(
    "ENGINE_REFUSED",
    `${engineName(kind)} returned an error: ${refusalReason(answer)}`,
    "Retrying automatically.",
  );
}

export function refusalReason(answer: HttpAnswer): string {
  const parsed = z.object({ message: z.string() }).safeParse(safeJson(answer.body));
  return parsed.success ? parsed.data.message : `status ${answer.status}`;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Returns the older of two API versions such as `1.41` and `1.54`. */
export function olderVersion(a: string, b: string): string {
  return atLeast(a, b) ? b : a;
}
