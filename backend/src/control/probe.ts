import { type IncomingMessage, Agent as PlainAgent, request as plain } from "node:http";
import { Agent as EncryptedAgent, request as encrypted } from "node:https";
import { isIP } from "node:net";
import { type ControlTrouble, troubleOfCode } from "./trouble.ts";

/**
 * Resolves on any answer from the address. Rejects with the system's error when nothing answers. The signal is the only deadline.
 */
export async function probeControl(address: string, signal: AbortSignal): Promise<void> {
  // Skip certificate checks: this sends no data and trusts none of the answer.
  const answer = await get(new URL(address), signal, { rejectUnauthorized: false });
  answer.destroy();
}

/** tailscaled's first request goes here too. Source: `loadServerPubKeys` in `control/controlclient/direct.go` of 1.102.3. */
export function keyAddress(controlUrl: string): string {
  return `${controlUrl.replace(/\/+$/, "")}/key?v=${CAPABILITY_VERSION}`;
}

/** `CurrentCapabilityVersion` in `tailcfg/tailcfg.go` of 1.102.3. */
const CAPABILITY_VERSION = 142;

/** Enough for a key. */
const MOST_ANSWER = 64 * 1024;

/**
 * Requests the control server's key, as tailscaled does first. Resolves with the trouble found, or null. Never rejects; an aborted
 * `signal` counts as no answer.
 */
export async function askControl(controlUrl: string, signal: AbortSignal): Promise<ControlTrouble | null> {
  let isResolved = false;
  const onResolved = () => {
    isResolved = true;
  };
  try {
    const url = new URL(keyAddress(controlUrl));
    if (isIP(url.hostname.replace(/^\[|\]$/g, "")) !== 0) onResolved();
    const answer = await get(url, signal, {}, onResolved);
    return troubleOfAnswer(answer.statusCode ?? 0, await textOf(answer));
  } catch (error) {
    const code = codeOf(error);
    // A silent DNS server times out later than this signal.
    if (!isResolved && signal.aborted) return "unknown-name";
    return troubleOfCode(code);
  }
}

/** Pure. Ignores redirects, because tailscaled follows them. */
export function troubleOfAnswer(status: number, body: string): ControlTrouble | null {
  if (status === 200) return isKey(body) ? null : "not-a-control-server";
  if (status === 407) return "proxy";
  if (status >= 500) return "unreachable";
  return status === 429 || (status >= 300 && status < 400) ? null : "not-a-control-server";
}

/** `OverTLSPublicKeyResponse`, and what came before it: 64 hexadecimal digits. */
function isKey(body: string): boolean {
  return /"publicKey"\s*:\s*"mkey:/.test(body) || /^\s*[0-9a-f]{64}\s*$/.test(body);
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString("latin1");
    if (text.length > MOST_ANSWER) break;
  }
  return text;
}

async function get(
  url: URL,
  signal: AbortSignal,
  options: { rejectUnauthorized?: boolean } = {},
  onResolved: () => void = () => undefined,
): Promise<IncomingMessage> {
  // Use the same proxy as tailscaled, if one is set.
  const proxyEnv = process.env;
  return await new Promise((resolve, reject) => {
    const outgoing =
      url.protocol === "https:"
        ? encrypted(url, { ...options, signal, agent: new EncryptedAgent({ proxyEnv }) }, resolve)
        : plain(url, { signal, agent: new PlainAgent({ proxyEnv }) }, resolve);
    outgoing.on("error", reject);
    outgoing.on("socket", (socket) => {
      socket.on("lookup", (error: Error | null) => {
        if (!error) onResolved();
      });
    });
    outgoing.end();
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
