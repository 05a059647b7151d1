import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { HttpRequest } from "../lib/net/unix-http.ts";
import { EVENT_FILTERS } from "./event-filters.ts";
import { OwnCommand, ownContainerBody, TAILSCALE_IMAGE } from "./own-container-body.ts";

/** A call to the engine that the backend may make. */
export interface EngineRight {
  readonly method: "GET" | "POST" | "DELETE";
  /** Without the API version; `{…}` is one of `PARAMETERS`. */
  readonly path: string;
  /** The pattern for each parameter. All parameters are required, and no others are allowed. */
  readonly query: Readonly<Record<string, RegExp>>;
  readonly body: z.ZodType | null;
  readonly why: string;
}

const ID = "[0-9a-f]{64}";
/** Swarm's networks have shorter IDs. */
const NETWORK_ID = `${ID}|[0-9a-z]{25}`;

const PARAMETERS: Readonly<Record<string, string>> = {
  container: ID,
  network: NETWORK_ID,
  program: ID,
  image: `(?:sha256:)?${ID}|${TAILSCALE_IMAGE}`,
};

const ContainerId = z.string().regex(new RegExp(`^(?:${ID})$`));
const SMALL_NUMBER = /^\d{1,3}$/;
const TRUE = /^true$/;
const exactly = (text: string): RegExp => new RegExp(`^${text.replaceAll(/[^\w",:]/g, "\\$&")}$`);

const right = (
  method: EngineRight["method"],
  path: string,
  why: string,
  { query = {}, body = null }: Partial<Pick<EngineRight, "query" | "body">> = {},
): EngineRight => ({ method, path, query, body, why });

/**
 * Every call to the engine that the backend may make. The transport sends no call that is missing from this table. Names
 * that users, images or containers choose match none of the places.
 */
export const ENGINE_RIGHTS: readonly EngineRight[] = [
  right("GET", "/version", "which engine it is, and which API it speaks"),
  right("GET", "/containers/json", "the list of containers", { query: { all: TRUE } }),
  right(
    "GET",
    "/containers/{container}/json",
    "a container's declared ports, its stop signal, when it started, and its mounts; on Podman, also its network mode and the path of its namespace",
  ),
  right(
    "GET",
    "/networks",
    "which networks there are: their subnets, options, and whether they have a way out",
  ),
  right(
    "GET",
    "/networks/{network}",
    "the host's address on a network, and which of a network's addresses are free",
  ),
  right("GET", "/events", "that something about containers or networks changed", {
    query: { filters: exactly(EVENT_FILTERS) },
  }),
  right(
    "POST",
    "/networks/{network}/connect",
    "the backend itself joins a shared container's network, at an address that no other container needs",
    {
      body: z.strictObject({
        Container: ContainerId,
        EndpointConfig: z
          .strictObject({
            GwPriority: z.literal(-1_000).optional(),
            // The backend computes it from the network's subnet; no other input reaches it.
            IPAMConfig: z.strictObject({ IPv4Address: z.ipv4() }).optional(),
          })
          .optional(),
      }),
    },
  ),
  right("POST", "/networks/{network}/disconnect", "and leaves it", {
    body: z.strictObject({ Container: ContainerId, Force: z.literal(false) }),
  }),
  right("POST", "/containers/create", "a machine's container, or a helper's, and no other kind", {
    query: { name: /^tailnet-share-[0-9a-f]{8}-[0-9a-z-]{1,40}$/ },
    body: ownContainerBody,
  }),
  right("POST", "/containers/{container}/start", "starts one of its own containers"),
  right("POST", "/containers/{container}/stop", "stops one of its own containers", {
    query: { t: SMALL_NUMBER },
  }),
  right(
    "POST",
    "/containers/{container}/wait",
    "waits for the end of one of its own containers; on Podman, also of a shared one",
    {
      query: { condition: /^not-running$/ },
    },
  ),
  right("GET", "/containers/{container}/logs", "the output of one of its own containers", {
    query: { stdout: TRUE, stderr: TRUE, tail: SMALL_NUMBER },
  }),
  right("DELETE", "/containers/{container}", "removes one of its own containers", {
    query: { force: TRUE, v: TRUE },
  }),
  right("POST", "/containers/{container}/exec", "its own program, in one of its own containers", {
    body: z.strictObject({
      Cmd: OwnCommand,
      AttachStdout: z.literal(true),
      AttachStderr: z.literal(true),
    }),
  }),
  right("POST", "/exec/{program}/start", "starts that program", {
    body: z.strictObject({ Detach: z.literal(false), Tty: z.literal(false) }),
  }),
  right("GET", "/exec/{program}/json", "how that program ended"),
  right(
    "GET",
    "/images/{image}/json",
    "whether the tailscale image that the settings name is there; and which labels an image gives its containers",
  ),
  right("POST", "/images/create", "pulls the tailscale image that the settings name", {
    query: { fromImage: new RegExp(`^(?:${TAILSCALE_IMAGE})$`) },
  }),
];

const PATTERNS = new Map(ENGINE_RIGHTS.map((right) => [right, patternOf(right.path)] as const));

/** Throws before anything is sent when the backend may not make this call. */
export function assertRight({ method, path, json }: Pick<HttpRequest, "method" | "path" | "json">): void {
  const url = path.split("?");
  const query = [...new URLSearchParams(url[1] ?? "")];
  const allowed = ENGINE_RIGHTS.some(
    (right) =>
      right.method === method &&
      url.length <= 2 &&
      PATTERNS.get(right)?.test(url[0] ?? "") === true &&
      fitsQuery(query, right.query) &&
      (right.body === null ? json === undefined : fitsBody(json, right.body)),
  );
  if (!allowed) throw new Error(`no right to this call of the engine: ${method} ${path.slice(0, 200)}`);
}

/** Zod skips a key `__proto__`, so the body sent must be the parsed one. */
function fitsBody(json: unknown, wanted: z.ZodType): boolean {
  const parsed = wanted.safeParse(json);
  return parsed.success && isDeepStrictEqual(parsed.data, json);
}

function fitsQuery(query: readonly [string, string][], wanted: EngineRight["query"]): boolean {
  return (
    query.length === Object.keys(wanted).length &&
    new Set(query.map(([name]) => name)).size === query.length &&
    query.every(([name, value]) => Object.hasOwn(wanted, name) && wanted[name]?.test(value) === true)
  );
}

function patternOf(path: string): RegExp {
  const parts = path.split(/(\{\w+\})/).map((part) => {
    const parameter = /^\{(\w+)\}$/.exec(part)?.[1];
    return parameter === undefined ? part.replaceAll("/", "\\/") : `(?:${PARAMETERS[parameter] ?? "$^"})`;
  });
  return new RegExp(`^${parts.join("")}$`);
}
