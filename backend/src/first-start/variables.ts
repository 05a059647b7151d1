/*
 * The variables that tailscale's own container image reads, and ours that belong to them. Users bring them along in their compose files, so
 * each is used, ignored with a warning, or refused.
 * Source: `cmd/containerboot/main.go` and `settings.go` of tailscale 1.102.3.
 */

/** The effect of a variable. The texts are Markdown without a final period. */
export type Use =
  | { readonly kind: "read"; readonly does: string }
  /** The backend starts as if it were not set, and logs a warning. `harmless`: values that ask for what is so anyway. */
  | { readonly kind: "ignored"; readonly because: string; readonly harmless: readonly string[] }
  /** Nothing of the first start is done, because the result would not be what was asked for. `instead`: the next step. */
  | { readonly kind: "refused"; readonly because: string; readonly instead: string };

const read = (does: string): Use => ({ kind: "read", does });
const ignored = (because: string, harmless: readonly string[] = []): Use => ({
  kind: "ignored",
  because,
  harmless,
});
const refused = (because: string, instead: string): Use => ({ kind: "refused", because, instead });

const BY_SHARES = "What the node serves and forwards comes from your shares";
const NO_PROXY = "The node runs no proxy into the tailnet";
const ONLY_KUBERNETES = "It is for Kubernetes, where this backend does not run";
const OWN_HEALTH = "The backend has a health check and metrics of its own: see the API's documentation";
const NO_EXCHANGE = "The node logs in by auth key or link, not with an OAuth client or an identity token";
const KEY_INSTEAD = "Put an auth key into TS_AUTHKEY_FILE or TS_AUTHKEY";

export const VARIABLES = {
  TS_AUTHKEY: read(
    "The auth key of the first login. `file:/path` reads it from a file. Used while the node is logged out or its key has expired, once at each start; never after you logged it out",
  ),
  TS_AUTH_KEY: read("The same as `TS_AUTHKEY`, which wins"),
  TS_AUTHKEY_FILE: read(
    "A file with the auth key, such as a mounted secret. Ours: containerboot has `TS_AUTHKEY=file:/path` for this. Set one of them only",
  ),
  TS_CONTROL_URL: read(
    "The control server's address, such as your Headscale's. Ours: containerboot has `TS_EXTRA_ARGS=--login-server=…` for this. A change in the panel stays until you change the variable",
  ),
  TS_HOSTNAME: read("The node's name. A change in the panel stays until you change the variable"),
  TAILNET_SHARE_PANEL_ON_TAILNET: read(
    "`true`: opens the panel for browsers to your devices in the tailnet. Needs `TAILNET_SHARE_PANEL=on`. Ours. A change in the panel stays until you change the variable",
  ),
  TS_STATE_DIR: read(
    "The folder with everything that is stored; mount the volume there. `TAILNET_SHARE_STATE` wins. By default `/var/lib/tailnet-share`",
  ),
  TS_USERSPACE: read(
    "`true`: userspace networking, which is slower and TCP only. Otherwise the kernel's TUN, if there is one. containerboot's default is `true`",
  ),
  TS_AUTH_ONCE: ignored("The node keeps its identity, so it never logs in again while it is logged in", [
    "true",
  ]),
  TS_ACCEPT_DNS: ignored("The backend keeps Docker's own DNS, and nothing in your containers changes", [
    "false",
  ]),
  TS_EXTRA_ARGS: refused(
    "The node is not started by 'tailscale up' and takes none of its arguments",
    "Remove it. TS_CONTROL_URL, TS_HOSTNAME and TS_AUTHKEY are the arguments that have a variable",
  ),
  TS_CLIENT_ID: refused(NO_EXCHANGE, KEY_INSTEAD),
  TS_CLIENT_SECRET: refused(NO_EXCHANGE, KEY_INSTEAD),
  TS_ID_TOKEN: refused(NO_EXCHANGE, KEY_INSTEAD),
  TS_AUDIENCE: refused(NO_EXCHANGE, KEY_INSTEAD),
  TS_EXPERIMENTAL_VERSIONED_CONFIG_DIR: refused(
    "The node takes no configuration file of tailscaled",
    "Use TS_AUTHKEY_FILE, TS_CONTROL_URL and TS_HOSTNAME",
  ),
  TS_ROUTES: ignored("The node routes to no subnet: only what you share can be reached"),
  TS_DEST_IP: ignored(BY_SHARES),
  TS_EXPERIMENTAL_DEST_DNS_NAME: ignored(BY_SHARES),
  TS_TAILNET_TARGET_IP: ignored(NO_PROXY),
  TS_TAILNET_TARGET_FQDN: ignored(NO_PROXY),
  TS_SERVE_CONFIG: ignored(BY_SHARES),
  TS_EXPERIMENTAL_SERVICE_AUTO_ADVERTISEMENT: ignored(BY_SHARES, ["false"]),
  TS_SOCKS5_SERVER: ignored(NO_PROXY),
  TS_OUTBOUND_HTTP_PROXY_LISTEN: ignored(NO_PROXY),
  TS_TAILSCALED_EXTRA_ARGS: ignored("The backend chooses tailscaled's arguments"),
  TS_SOCKET: ignored(
    "tailscaled's socket is where the `tailscale` command looks for it, so `docker exec … tailscale status` works",
    ["/var/run/tailscale/tailscaled.sock"],
  ),
  TS_KUBE_SECRET: ignored(ONLY_KUBERNETES),
  TS_ENABLE_METRICS: ignored(OWN_HEALTH, ["false"]),
  TS_ENABLE_HEALTH_CHECK: ignored(OWN_HEALTH, ["false"]),
  TS_LOCAL_ADDR_PORT: ignored(OWN_HEALTH),
  TS_HEALTHCHECK_ADDR_PORT: ignored(OWN_HEALTH),
  TS_DEBUG_ADDR_PORT: ignored(OWN_HEALTH),
  TS_BOOT_TIMEOUT: ignored("The node keeps trying until it is in the tailnet"),
  TS_EXPERIMENTAL_ENABLE_FORWARDING_OPTIMIZATIONS: ignored(
    "The node is neither a subnet router nor an exit node",
    ["false"],
  ),
  TS_EXPERIMENTAL_CERT_SHARE: ignored(ONLY_KUBERNETES, ["false"]),
  TS_EGRESS_PROXIES_CONFIG_PATH: ignored(ONLY_KUBERNETES),
  TS_INGRESS_PROXIES_CONFIG_PATH: ignored(ONLY_KUBERNETES),
  EXPERIMENTAL_ALLOW_PROXYING_CLUSTER_TRAFFIC_VIA_INGRESS: ignored(ONLY_KUBERNETES, ["false"]),
} satisfies Readonly<Record<string, Use>>;

/** Returns whether a variable is for the first start. tailscaled gets none of these: they hold secrets, and settings that it would obey. */
export function isFirstStartVariable(name: string): boolean {
  return Object.hasOwn(VARIABLES, name);
}

/** Returns the environment without these variables. */
export function withoutFirstStart(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isFirstStartVariable(name)));
}
