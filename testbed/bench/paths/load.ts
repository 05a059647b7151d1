import { z } from "zod";
import type { RunResult } from "../../src/lib/run.ts";

/** Runs a program in the container that generates the load. */
export type Exec = (argv: readonly string[], options?: { readonly timeoutMs?: number }) => Promise<RunResult>;

const SECONDS = 3;
const LIMIT = { timeoutMs: (SECONDS + 15) * 1000 };

export interface Requests {
  readonly perSecond: number;
  readonly p50Ms: number;
  /** Failed connections and answers other than 2xx. */
  readonly errors: number;
}

async function output(exec: Exec, argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await exec(argv, LIMIT);
  if (code === 0) return stdout;
  throw new Error(`\`${argv.join(" ")}\` ended with code ${code}: ${(stderr || stdout).slice(-500)}`);
}

const Iperf = z.object({ end: z.object({ sum_received: z.object({ bits_per_second: z.number() }) }) });

/** Sends one TCP stream to iperf3's server. Returns the received Mbit/s without the first second. */
export async function stream(exec: Exec, address: string): Promise<number> {
  const text = await output(exec, ["iperf3", "-c", address, "-t", String(SECONDS), "-O", "1", "-J"]);
  return Iperf.parse(JSON.parse(text)).end.sum_received.bits_per_second / 1e6;
}

const IN_A_MILLISECOND: Readonly<Record<string, number>> = { us: 1_000, ms: 1, s: 1 / 1_000, m: 1 / 60_000 };

/** Parses the output of `wrk --latency`. Throws for any other text. */
export function parseWrk(text: string): Requests {
  const perSecond = /^Requests\/sec:\s+([\d.]+)/m.exec(text)?.[1];
  const [, p50, unit] = /^\s+50%\s+([\d.]+)(us|ms|s|m)\b/m.exec(text) ?? [];
  if (perSecond === undefined || p50 === undefined || unit === undefined)
    throw new Error(`wrk printed no figures:\n${text.slice(-500)}`);
  const socket = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text) ?? [];
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? "0";
  const errors = [...socket.slice(1), refused].reduce((sum, count) => sum + Number(count), 0);
  return {
    perSecond: Number(perSecond),
    p50Ms: Number(p50) / (IN_A_MILLISECOND[unit] ?? Number.NaN),
    errors,
  };
}

/** Sends HTTP requests one after another on each of `clients` connections, kept alive or new for every request. */
export async function requests(
  exec: Exec,
  address: string,
  { clients, kept }: { readonly clients: number; readonly kept: boolean },
): Promise<Requests> {
  const scale = [`-t${Math.min(2, clients)}`, `-c${clients}`, `-d${SECONDS}s`, "--latency"];
  const header = kept ? [] : ["-H", "Connection: close"];
  // With an explicit port: the image lacks /etc/services, where wrk would look up `http`.
  return parseWrk(await output(exec, ["wrk", ...scale, ...header, `http://${address}:80/`]));
}
