/** The part of headscale's node that maps to a device of Tailscale's API. Source: `headscale.swagger.json` of 0.29.2, `v1Node`. */
export interface HeadscaleNode {
  readonly id: string;
  readonly name: string;
  readonly givenName: string;
  readonly ipAddresses: readonly string[];
  readonly machineKey: string;
  readonly nodeKey: string;
  readonly createdAt: string;
  readonly lastSeen?: string | null;
  readonly expiry?: string | null;
  readonly online?: boolean;
  readonly tags?: readonly string[];
  readonly user?: { readonly name: string } | null;
}

export interface KeyWish {
  readonly reusable: boolean;
  readonly ephemeral: boolean;
  readonly tags: readonly string[];
  readonly expirySeconds: number;
}

export interface MadeKey {
  readonly id: string;
  readonly key: string;
  /** RFC 3339. */
  readonly created: string;
  readonly expires: string;
}

/** Operations that the stand-in needs from the tailnet. */
export interface Headscale {
  /** Creates a key owned by its tags only, as an OAuth client does. */
  createKey(wish: KeyWish): Promise<MadeKey>;
  /** Resolves to false when there is no such key. */
  deleteKey(id: string): Promise<boolean>;
  nodes(): Promise<readonly HeadscaleNode[]>;
  /** Resolves to false when there is no such node. */
  deleteNode(id: string): Promise<boolean>;
}

/** Calls headscale's REST API with an API key. Headscale's own schema checks its answers; the tests check the result. */
export function createHeadscale({ url, apiKey }: { url: string; apiKey: string }): Headscale {
  async function ask(
    method: string,
    path: string,
    json?: unknown,
  ): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${url}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(5_000),
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    if (response.status !== 404 && !response.ok) throw new Error(`headscale: ${response.status} ${text}`);
    return { status: response.status, body: response.ok ? JSON.parse(text) : null };
  }

  return {
    async createKey({ tags, expirySeconds, ...flags }) {
      const expiration = new Date(Date.now() + expirySeconds * 1_000).toISOString();
      const { body } = await ask("POST", "preauthkey", { ...flags, expiration, aclTags: tags });
      const { preAuthKey } = body as { preAuthKey: { id: string; key: string; createdAt: string } };
      return { id: preAuthKey.id, key: preAuthKey.key, created: preAuthKey.createdAt, expires: expiration };
    },
    async deleteKey(id) {
      const { body } = await ask("GET", "preauthkey");
      const { preAuthKeys } = body as { preAuthKeys?: readonly { readonly id: string }[] };
      if (!preAuthKeys?.some((key) => key.id === id)) return false;
      await ask("DELETE", `preauthkey?id=${id}`);
      return true;
    },
    async nodes() {
      const { body } = await ask("GET", "node");
      return (body as { nodes?: readonly HeadscaleNode[] }).nodes ?? [];
    },
    async deleteNode(id) {
      return (await ask("DELETE", `node/${id}`)).status !== 404;
    },
  };
}
