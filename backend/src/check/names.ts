import { request } from "node:http";
import type { Fault } from "@tailnet-share/contract/errors";
import type { ContainerPort } from "@tailnet-share/contract/port";
import { schemeOf } from "../ports/schemes.ts";

/** An HTTP server's answer; null without an answer or for another protocol. */
export interface NamedAnswer {
  status: number;
  /** The first part of the body. */
  body: string;
}

export type AskByName = (address: string, port: number, host: string) => Promise<NamedAnswer | null>;

/** Milliseconds. */
const ANSWER_MS = 2_000;
const MOST_CHARACTERS = 4_096;

/** `GET /` with this Host header. */
export const askByName: AskByName = async (address, port, host) =>
  await new Promise((resolve) => {
    const outgoing = request({
      ...{ host: address, port, path: "/", agent: false, timeout: ANSWER_MS },
      headers: { host, "user-agent": "tailnet-share-check", connection: "close" },
    });
    outgoing.once("timeout", () => outgoing.destroy(new Error("timeout")));
    outgoing.once("error", () => resolve(null));
    outgoing.once("response", (answer) => {
      let body = "";
      const end = () => {
        outgoing.destroy();
        resolve({ status: answer.statusCode ?? 0, body });
      };
      answer.setEncoding("utf8");
      answer.on("data", (text: string) => {
        body += text;
        if (body.length >= MOST_CHARACTERS) end();
      });
      answer.once("end", end);
      answer.once("error", end);
    });
    outgoing.end();
  });

/**
 * Web frameworks refuse unknown host names to prevent DNS rebinding. Requests each web port by its tailnet name and, if refused, by
 * `localhost`. Returns the failures.
 */
export async function tryNames(
  address: string,
  name: string,
  ports: readonly (ContainerPort & { nodePort: number })[],
  ask: AskByName,
): Promise<Fault | null> {
  if (name === "") return null;
  for (const port of ports.filter((candidate) => schemeOf(candidate) === "http").slice(0, MOST_ASKED)) {
    const named = await ask(address, port.port, port.nodePort === 80 ? name : `${name}:${port.nodePort}`);
    if (named === null || !REFUSALS.has(named.status)) continue;
    const local = await ask(address, port.port, `localhost:${port.port}`);
    if (local !== null && local.status >= 200 && local.status < 400)
      return refusesName(name, port.port, named);
  }
  return null;
}

const MOST_ASKED = 8;
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 421]);

/** Frameworks' settings, by a phrase on their error pages. */
const SETTINGS: readonly (readonly [RegExp, string])[] = [
  [/server\.allowedHosts|vite\.config/i, "Vite's server.allowedHosts"],
  [/ALLOWED_HOSTS|<title>Bad Request \(400\)<\/title>|DisallowedHost/i, "Django's ALLOWED_HOSTS"],
  [/config\.hosts|Blocked hosts?/i, "Rails' config.hosts"],
  [/Invalid Host header/i, "webpack-dev-server's allowedHosts"],
];
const ANY_SETTING = `such as ${SETTINGS.map(([, setting]) => setting).join(", ")}`;

/** Pure. */
export function refusesName(name: string, port: number, { status, body }: NamedAnswer): Fault {
  const known = SETTINGS.find(([words]) => words.test(body))?.[1];
  return {
    code: "HOST_REFUSED",
    message: `The application on port ${port} answers ${status} to the name ${name}, and answers 'localhost' well.`,
    hint: `Add ${name} to the names that it accepts: ${known ?? ANY_SETTING}.`,
  };
}
