import { z } from "zod";
import { refused, scopeMissing, tagsRefused } from "./tailscale-api-errors.ts";
import {
  type Answer,
  createExchange,
  type ExchangeOptions,
  isOk,
  parse,
  reasonOf,
} from "./tailscale-api-exchange.ts";
import { createAuthorizedCall, Secret } from "./tailscale-api-token.ts";

/**
 * The part of Tailscale's API that machines need, used with an OAuth client's credential. Every method rejects with
 * `AppError("CREDENTIAL_REFUSED")` when Tailscale refuses, `AppError("CREDENTIAL_LIMITED")` when it was asked too often, and
 * `AppError("CREDENTIAL_UNREACHABLE")` when it does not answer. No error contains the secret, a token or a key.
 *
 * Sources: https://tailscale.com/api (its text as Markdown: `publicapi/tailnet.md` and `publicapi/device.md` of tailscale/tailscale at
 * 874972b), https://tailscale.com/docs/features/oauth-clients, https://tailscale.com/docs/reference/trust-credentials, and Tailscale's own
 * client, tailscale/tailscale-client-go-v2.
 */
export interface TailscaleApi {
  /** Makes a key and deletes it: proves the secret, the scope `auth_keys` and that the client may give its devices the tags. */
  tryOut(): Promise<void>;
  /** Creates a pre-approved, tagged key for one device, valid for five minutes. The description appears in the admin console. */
  createAuthKey(description: string): Promise<string>;
  /**
   * Needs the scope `devices:core`. Returns false if the credential's tailnet has no such device, because it is already gone or belongs to
   * another tailnet. The credential could delete any device of its tailnet.
   */
  deleteDevice(deviceId: string): Promise<boolean>;
  /**
   * Needs `devices:core:read`. Returns the first labels of the MagicDNS names of the tailnet's devices, in lower case. Devices that are
   * shared in from another tailnet keep that tailnet's domain, so they take no name here.
   */
  deviceNames(): Promise<string[]>;
}

export interface TailscaleApiOptions extends ExchangeOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly tags: readonly string[];
}

const KEY_SECONDS = 300;

const AUTH_KEYS = { name: "Auth Keys", id: "auth_keys" };
const DEVICES_CORE = { name: "Devices Core", id: "devices:core" };

const KeyAnswer = z.object({ id: z.string().min(1), key: Secret });
const DevicesAnswer = z.object({
  devices: z.array(z.object({ name: z.string(), isExternal: z.boolean().optional() })),
});

export function createTailscaleApi(options: TailscaleApiOptions): TailscaleApi {
  const { clientSecret, tags } = options;
  const call = createAuthorizedCall({ ...options, exchange: createExchange(options) });
  const explain = (answer: Answer) => reasonOf(answer, clientSecret);

  async function createKey(description: string): Promise<{ id: string; key: string }> {
    const create = { reusable: false, ephemeral: false, preauthorized: true, tags };
    const answer = await call("POST", "/api/v2/tailnet/-/keys", {
      capabilities: { devices: { create } },
      expirySeconds: KEY_SECONDS,
      description: allowedDescription(description),
    });
    if (isOk(answer)) return parse(KeyAnswer, answer);
    const reason = explain(answer);
    if (answer.status === 403 && !/\btags?\b/i.test(reason)) throw scopeMissing(AUTH_KEYS, tags, reason);
    throw tagsRefused(tags, reason);
  }

  return {
    async tryOut() {
      const { id } = await createKey("Tailnet Share tries this out");
      // Creating it was proof enough. A key that remains was given to nobody and expires in five minutes.
      await call("DELETE", `/api/v2/tailnet/-/keys/${encodeURIComponent(id)}`).catch(() => undefined);
    },
    async createAuthKey(description) {
      return (await createKey(description)).key;
    },
    async deleteDevice(deviceId) {
      const answer = await call("DELETE", `/api/v2/device/${encodeURIComponent(deviceId)}`);
      if (isOk(answer)) return true;
      if (answer.status === 404) return false;
      const reason = explain(answer);
      if (answer.status === 403) throw scopeMissing(DEVICES_CORE, tags, reason);
      throw refused(`Tailscale does not delete the device: ${reason}`, "Remove it in the admin console.");
    },
    async deviceNames() {
      const answer = await call("GET", "/api/v2/tailnet/-/devices");
      if (!isOk(answer)) throw scopeMissing(DEVICES_CORE, tags, explain(answer));
      return parse(DevicesAnswer, answer)
        .devices.filter(({ isExternal }) => isExternal !== true)
        .map(({ name }) => name.replace(/\..*$/s, "").toLowerCase());
    },
  };
}

/** At most 50 letters, digits, dashes and spaces: `publicapi/tailnet.md`, 'Create auth key'. */
function allowedDescription(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9 -]/g, "-").slice(0, 50);
}
