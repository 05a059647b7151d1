import { API, partNames, type Route } from "@tailnet-share/contract/api";
import { API_PREFIX, NO_KEY, PANEL_HEADER, SESSION_ROUTES } from "@tailnet-share/contract/session";
import type { Peer } from "../../src/tailnet/peer.ts";

/** The workload that the specs of the panel's doors share. */
export const SHARED = "name:panel-app";
const VALUES: Readonly<Record<string, string>> = {
  workload: SHARED,
  name: "web",
  machine: "0123456789abcdef",
};
/** Every route below the panel's address, with values for its parts. */
export const REQUESTS = [
  ...Object.values<Route>(API).map(({ method, path }) => ({
    method,
    path: `${API_PREFIX}${partNames(path)
      .reduce((text, part) => text.replace(`:${part}`, encodeURIComponent(VALUES[part] ?? "")), path)
      .replace(/\?.*/, "")}`,
  })),
  ...Object.values(SESSION_ROUTES).map(({ method, path }) => ({ method, path })),
];

interface Ask {
  readonly method?: string;
  /** The panel's scheme, name and port. */
  readonly origin?: string;
  /** Overrides of what the panel's page sends. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Flags of curl. */
  readonly flags?: readonly string[];
}

/** Sends a request from a device to the panel, as the panel's own page would, and whatever else an attacker adds. Status 0: no answer. */
export async function askAsPanel(
  peer: Pick<Peer, "exec">,
  path: string,
  { method = "GET", origin = "http://docker.tail.test:4180", headers = {}, flags = [] }: Ask = {},
): Promise<{ readonly status: number; readonly body: string }> {
  const sent = Object.entries({ [PANEL_HEADER]: NO_KEY, origin, ...headers });
  const { stdout } = await peer.exec([
    ...["curl", "-s", "-m", "5", "-X", method, "-w", "\n%{http_code}", ...flags],
    ...[...sent.flatMap(([name, value]) => ["-H", `${name}: ${value}`]), `${origin}${path}`],
  ]);
  const end = stdout.lastIndexOf("\n");
  return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
}

export function codeOf({ body }: { readonly body: string }): string {
  return (JSON.parse(body) as { error: { code: string } }).error.code;
}
