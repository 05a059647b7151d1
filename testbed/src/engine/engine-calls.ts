/* Lists the calls that the backend may make to the engine, independently of the code that enforces this. A relay before the engine's
   socket records the calls with their parameter names and their complete bodies. */

/** A recorded call without the parts that differ from container to container. */
export interface EngineCall {
  /** Method and path. `{id}` replaces any ID; `{image}` replaces an image's ID or a reference to a tailscale image. */
  readonly call: string;
  /** Parameter names in the call's order. */
  readonly query: readonly string[];
  /** Each value of the body with its path, as in `HostConfig.Memory=number`. The few values that the rules depend on are verbatim. */
  readonly body: readonly string[];
}

const ID = /^(?:[0-9a-f]{64}|[0-9a-z]{25})$/;

/** `body` is the raw body; empty for none. */
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

/** Paths whose values matter, not only their types. */
const RECORDED_VALUES = [
  /^(?:Cmd|Entrypoint)\[0\]$/,
  /^User$/,
  /^Healthcheck\./,
  /^HostConfig\.(?:NetworkMode|CapAdd|CapDrop|SecurityOpt|RestartPolicy|LogConfig\.Type)/,
  /^HostConfig\.(?:Devices|Mounts)\[\]\.(?!Source$)/,
];

function leaves(path: string, value: unknown): string[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${path}=[]`];
    // The first word of a command identifies the program.
    const inOrder = path === "Cmd" || path === "Entrypoint";
    return value.flatMap((item, index) => leaves(`${path}[${inOrder && index === 0 ? 0 : ""}]`, item));
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) return [`${path}={}`];
    return entries.flatMap(([key, member]) => leaves(path === "" ? key : `${path}.${key}`, member));
  }
  if (typeof value === "boolean" || value === null) return [`${path}=${value}`];
  const isRecorded = typeof value === "string" && RECORDED_VALUES.some((pattern) => pattern.test(path));
  return [`${path}=${isRecorded ? value.replaceAll(/[0-9a-f]{64}/g, "{id}") : typeof value}`];
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
  /^HostConfig\.NetworkMode=(?:container:\{id\}|ns:\/run\/(?:user\/\d+\/)?netns\/netns-[0-9a-f-]{36})$/,
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

/** Method and path of every allowed call. */
export const ALLOWED_CALLS: readonly string[] = Object.keys(ALLOWED);

/** Explains why a call is not allowed. Returns null for an allowed call. */
export function whyNotAllowed({ call, query, body }: EngineCall): string | null {
  const allowed = Object.hasOwn(ALLOWED, call) ? ALLOWED[call] : undefined;
  if (allowed === undefined) return `${call} is no call of the backend's`;
  if (query.join() !== (allowed.query ?? []).join()) return `${call} with the parameters ${query.join(", ")}`;
  const strange = body.filter((leaf) => !(allowed.body ?? []).some((pattern) => pattern.test(leaf)));
  return strange.length === 0 ? null : `${call} with ${strange.join(", ")}`;
}
