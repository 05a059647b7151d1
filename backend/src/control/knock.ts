import { type IncomingMessage, Agent as PlainAgent, request as plain } from "node:http";
import { Agent as EncryptedAgent, request as encrypted } from "node:https";
import { isIP } from "node:net";
import { type ControlTrouble, troubleOfCode } from "./trouble.ts";

/**
 * Resolves when whoever serves the address answers, whatever it says. Rejects with the system's error when nobody does; takes as
 * long as the signal lets it.
 */
export async function knock(address: string, signal: AbortSignal): Promise<void> {
  // Nothing is told to whoever answers, and nothing that it says is believed: a certificate would say no more.
  const answer = await get(new URL(address), signal, { rejectUnauthorized: false });
  answer.destroy();
}

/** The address at which tailscaled begins, too. Source: `loadServerPubKeys` in `control/controlclient/direct.go` of 1.102.3. */
export function keyAddress(controlUrl: string): string {
  return `${controlUrl.replace(/\/+$/, "")}/key?v=${CAPABILITY_VERSION}`;
}

/** `CurrentCapabilityVersion` in `tailcfg/tailcfg.go` of 1.102.3. */
const CAPABILITY_VERSION = 142;

/** A key and little else. */
const MOST_ANSWER = 64 * 1024;

/**
 * Asks a control server for its key, as tailscaled does first, and says why it cannot be used from here; null when nothing is known
 * against it. Never rejects; `signal` ends the wait, which counts as no answer.
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
    // DNS that does not answer takes longer to be given up than anybody waits.
    if (!isResolved && signal.aborted) return "unknown-name";
    return troubleOfCode(code);
  }
}

/** Pure. A redirect says nothing: tailscaled follows it. */
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
  // By the proxy that tailscaled takes, if there is one.
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
