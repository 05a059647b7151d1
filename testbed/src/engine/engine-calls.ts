/*
 * What the backend may ask of the engine, written down a second time and without the code that enforces it: calls as a relay before
 * the engine's socket has seen them, with the names of their parameters and all that stands in their bodies.
 */

/** A call as it was seen, without what differs from container to container. */
export interface EngineCall {
  /** Method and path; whatever is an ID is `{id}`, the ID of an image, or a reference of tailscale's, `{image}`. */
  readonly call: string;
  /** Names of its parameters, in order. */
  readonly query: readonly string[];
  /** Each value of its body by the path to it, as in `HostConfig.Memory=number`; the few that say what is allowed as they are. */
  readonly body: readonly string[];
}

const ID = /^(?:[0-9a-f]{64}|[0-9a-z]{25})$/;

/** `body` as it came; empty for none. */
export function callOf(method: string, url: string, body: string): EngineCall {
  const { pathname, searchParams } = new URL(url, "http://engine");
  const path = pathname
    .replace(/^\/v1\.\d+\//, "/")
    .replace(
      /^\/images\/(?:tailscale\/tailscale:[\w.]+|(?:sha256:)?[0-9a-f]{64})\/(\w+)$/,
      "/images/{image}/$1",
    )
    .split("/")
    .map((part) => (ID.test(part) ? "{id}" : part))
    .join("/");
  return {
    call: `${method} ${path}`,
    query: [...new Set(searchParams.keys())].toSorted(),
    body: body === "" ? [] : [...new Set(leaves("", parsed(body)))].toSorted(),
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return "no JSON";
  }
}

/** Where it matters what stands there, and not only of what kind it is. */
const TOLD = [
  /^(?:Cmd|Entrypoint)\[0\]$/,
  /^User$/,
  /^Healthcheck\./,
  /^HostConfig\.(?:NetworkMode|CapAdd|CapDrop|SecurityOpt|RestartPolicy|LogConfig\.Type)/,
  /^HostConfig\.(?:Devices|Mounts)\[\]\.(?!Source$)/,
];

function leaves(path: string, value: unknown): string[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${path}=[]`];
    // A program's first word is which program it is.
    const inOrder = path === "Cmd" || path === "Entrypoint";
    return value.flatMap((one, index) => leaves(`${path}[${inOrder && index === 0 ? 0 : ""}]`, one));
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) return [`${path}={}`];
    return entries.flatMap(([key, one]) => leaves(path === "" ? key : `${path}.${key}`, one));
  }
  if (typeof value === "boolean" || value === null) return [`${path}=${value}`];
  const told = typeof value === "string" && TOLD.some((pattern) => pattern.test(path));
  return [`${path}=${told ? value.replaceAll(/[0-9a-f]{64}/g, "{id}") : typeof value}`];
}

interface Allowed {
  readonly query?: readonly string[];
  readonly body?: readonly RegExp[];
}

const CREATE_BODY = [
  /^Image=string$/,
  /^Entrypoint\[0\]=\/usr\/local\/bin\/(?:node|tailscaled)$/,
  /^Entrypoint\[\]=string$/,
  /^Cmd=\[\]$/,
  /^User=65534:65534$/,
  /^Env\[\]=string$/,
  /^Labels\.tailnet-share\.[a-z-]+=string$/,
  /^Healthcheck\.Test\[\]=NONE$/,
  /^HostConfig\.NetworkMode=container:\{id\}$/,
  /^HostConfig\.CapDrop\[\]=ALL$/,
  /^HostConfig\.CapAdd(?:=\[\]|\[\]=NET_ADMIN|\[\]=NET_RAW)$/,
  /^HostConfig\.SecurityOpt\[\]=no-new-privileges:true$/,
  /^HostConfig\.ReadonlyRootfs=true$/,
  /^HostConfig\.Tmpfs\.\/tmp=string$/,
  /^HostConfig\.(?:Memory|MemorySwap|PidsLimit)=number$/,
  /^HostConfig\.(?:Devices|Mounts)=\[\]$/,
  /^HostConfig\.Devices\[\]\.(?:PathOnHost|PathInContainer)=\/dev\/net\/tun$/,
  /^HostConfig\.Devices\[\]\.CgroupPermissions=rwm$/,
  /^HostConfig\.Mounts\[\]\.(?:Type=bind|Source=string|Target=\/state)$/,
  /^HostConfig\.RestartPolicy\.Name=no$/,
  /^HostConfig\.LogConfig\.Type=json-file$/,
  /^HostConfig\.LogConfig\.Config\.max-(?:size|file)=string$/,
];

const ALLOWED: Readonly<Record<string, Allowed>> = {
  "GET /version": {},
  "GET /containers/json": { query: ["all"] },
  "GET /containers/{id}/json": {},
  "GET /networks": {},
  "GET /networks/{id}": {},
  "GET /events": { query: ["filters"] },
  "POST /networks/{id}/connect": {
    body: [
      /^Container=string$/,
      /^EndpointConfig\.GwPriority=number$/,
      /^EndpointConfig\.IPAMConfig\.IPv4Address=string$/,
    ],
  },
  "POST /networks/{id}/disconnect": { body: [/^Container=string$/, /^Force=false$/] },
  "POST /containers/create": { query: ["name"], body: CREATE_BODY },
  "POST /containers/{id}/start": {},
  "POST /containers/{id}/stop": { query: ["t"] },
  "POST /containers/{id}/wait": { query: ["condition"] },
  "GET /containers/{id}/logs": { query: ["stderr", "stdout", "tail"] },
  "DELETE /containers/{id}": { query: ["force", "v"] },
  "POST /containers/{id}/exec": {
    body: [/^Cmd\[0\]=\/usr\/local\/bin\/node$/, /^Cmd\[\]=string$/, /^Attach(?:Stdout|Stderr)=true$/],
  },
  "POST /exec/{id}/start": { body: [/^(?:Detach|Tty)=false$/] },
  "GET /exec/{id}/json": {},
  "GET /images/{image}/json": {},
  "POST /images/create": { query: ["fromImage"] },
};

/** Method and path of every call that is allowed. */
export const ALLOWED_CALLS: readonly string[] = Object.keys(ALLOWED);

/** What is wrong with a call; null when it is one of those that are allowed. */
export function strangeness({ call, query, body }: EngineCall): string | null {
  const allowed = Object.hasOwn(ALLOWED, call) ? ALLOWED[call] : undefined;
  if (allowed === undefined) return `${call} is no call of the backend's`;
  if (query.join() !== (allowed.query ?? []).join()) return `${call} with the parameters ${query.join(", ")}`;
  const strange = body.filter((leaf) => !(allowed.body ?? []).some((pattern) => pattern.test(leaf)));
  return strange.length === 0 ? null : `${call} with ${strange.join(", ")}`;
}
