import { type ApiRequest, Refusal, readKeyRequest, requireNoBody } from "./checks.ts";
import type { Headscale, HeadscaleNode } from "./headscale.ts";
import type { ApiAnswer, ApiSettings, OAuthClient } from "./protocol.ts";
import { createTokens, type Tokens } from "./tokens.ts";

export interface Api {
  /** Answers a request. Rejects with a `Refusal`, or with the error that kept the tailnet from answering. */
  handle(request: ApiRequest): Promise<ApiAnswer>;
  /** Keeps tokens, but their permissions follow their client. Tokens of a removed client expire. */
  change(settings: ApiSettings): void;
}

export interface ApiOptions {
  readonly settings: ApiSettings;
  readonly headscale: Headscale;
  /** The tailnet's MagicDNS domain. */
  readonly domain: string;
  /** Milliseconds since the epoch, for token lifetimes. */
  readonly now: () => number;
}

interface Route {
  readonly method: string;
  /** Excludes the query. */
  readonly path: RegExp;
  readonly queries: readonly string[];
  readonly run: (request: ApiRequest, id: string) => Promise<ApiAnswer> | ApiAnswer;
}

/**
 * Implements the part of https://tailscale.com/api that the product uses, strictly, on top of headscale. `documented.ts` holds the
 * shape and the source of each answer, and the tests of both sides check against it.
 */
export function createApi({ headscale, domain, now, ...options }: ApiOptions): Api {
  let settings = options.settings;
  const tokens = createTokens(() => settings.clients, now);
  const routes: readonly Route[] = [
    { method: "POST", path: /^\/api\/v2\/oauth\/token$/, queries: [], run: tokens.issue },
    ...keyRoutes(headscale, tokens, (tag) => settings.tagOwners[tag]),
    ...deviceRoutes(headscale, tokens, domain),
  ];

  return {
    async handle(request) {
      const [path = "", query = ""] = request.path.split("?", 2);
      const samePath = routes.filter((route) => route.path.test(path));
      const route = samePath.find(({ method }) => method === request.method);
      if (samePath.length === 0) throw new Refusal(404, "404 page not found");
      if (route === undefined) throw new Refusal(405, `${request.method} is not allowed here`);
      if (query !== "" && !route.queries.includes(query)) throw new Refusal(400, `unknown query: ${query}`);
      if (route.method !== "POST") requireNoBody(request);
      return await route.run(request, route.path.exec(path)?.[1] ?? "");
    },
    change(next) {
      settings = next;
    },
  };
}

type OwnersOf = (tag: string) => readonly string[] | undefined;

function keyRoutes(headscale: Headscale, tokens: Tokens, ownersOf: OwnersOf): readonly Route[] {
  async function createKey(request: ApiRequest): Promise<ApiAnswer> {
    const client = tokens.authorize(request, "auth_keys");
    const wanted = readKeyRequest(request);
    const { reusable, ephemeral, preauthorized, tags, expirySeconds, description } = wanted;
    if (tags.length === 0) throw new Refusal(400, "tailnet-owned auth key must have tags set");
    if (!mayGive(client, tags, ownersOf))
      throw new Refusal(400, `requested tags [${tags.join(" ")}] are invalid or not permitted`);
    const made = await headscale.createKey({ reusable, ephemeral, tags, expirySeconds });
    return {
      status: 200,
      body: {
        id: `k${made.id}CNTRL`,
        key: made.key,
        keyType: "auth",
        expirySeconds,
        created: made.created,
        expires: made.expires,
        description,
        capabilities: { devices: { create: { reusable, ephemeral, preauthorized, tags } } },
      },
    };
  }

  async function deleteKey(request: ApiRequest, id: string): Promise<ApiAnswer> {
    tokens.authorize(request, "auth_keys");
    const own = /^k(\d+)CNTRL$/.exec(id)?.[1];
    if (own === undefined || !(await headscale.deleteKey(own))) throw new Refusal(404, "key not found");
    return { status: 200 };
  }

  return [
    { method: "POST", path: /^\/api\/v2\/tailnet\/-\/keys$/, queries: [], run: createKey },
    { method: "DELETE", path: /^\/api\/v2\/tailnet\/-\/keys\/([\w-]+)$/, queries: [], run: deleteKey },
  ];
}

/** Requires exactly the client's tags, or only tags that one of the client's tags owns: no mixture and no subset. */
function mayGive(client: OAuthClient, tags: readonly string[], ownersOf: OwnersOf): boolean {
  const owners = tags.map(ownersOf);
  if (owners.includes(undefined)) return false;
  const same = tags.length === client.tags.length && tags.every((tag) => client.tags.includes(tag));
  return same || owners.every((list) => list?.some((owner) => client.tags.includes(owner)));
}

function deviceRoutes(headscale: Headscale, tokens: Tokens, domain: string): readonly Route[] {
  async function listDevices(request: ApiRequest): Promise<ApiAnswer> {
    tokens.authorize(request, "devices:core:read");
    const devices = (await headscale.nodes()).map((node) => deviceOf(node, domain));
    return { status: 200, body: { devices } };
  }

  async function deleteDevice(request: ApiRequest, id: string): Promise<ApiAnswer> {
    tokens.authorize(request, "devices:core");
    if (!/^\d+$/.test(id) || !(await headscale.deleteNode(id))) throw new Refusal(404, "no such device");
    return { status: 200 };
  }

  return [
    {
      method: "GET",
      path: /^\/api\/v2\/tailnet\/-\/devices$/,
      queries: ["", "fields=default"],
      run: listDevices,
    },
    { method: "DELETE", path: /^\/api\/v2\/device\/([\w-]+)$/, queries: [], run: deleteDevice },
  ];
}

/** The default fields of `Device` in tailscale-client-go-v2's `devices.go`; empty where headscale has no value. */
function deviceOf(node: HeadscaleNode, domain: string): Record<string, unknown> {
  return {
    addresses: node.ipAddresses,
    id: node.id,
    nodeId: node.id,
    user: node.user?.name ?? "",
    name: `${node.givenName}.${domain}`,
    hostname: node.name,
    clientVersion: "",
    updateAvailable: false,
    os: "linux",
    created: node.createdAt,
    connectedToControl: node.online ?? false,
    lastSeen: node.lastSeen ?? node.createdAt,
    keyExpiryDisabled: false,
    expires: node.expiry ?? "0001-01-01T00:00:00Z",
    authorized: true,
    isExternal: false,
    isEphemeral: false,
    machineKey: node.machineKey,
    nodeKey: node.nodeKey,
    blocksIncomingConnections: false,
    tags: node.tags ?? [],
    tailnetLockError: "",
    tailnetLockKey: "",
  };
}
