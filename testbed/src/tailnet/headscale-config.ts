export const CONTROL_PORT = 8080;
const BASE_DOMAIN = "tail.test";

export interface ControlServerOptions {
  /** Devices can resolve each other's names; defaults to true. */
  readonly magicDns?: boolean;
  /** Devices get IPv4 addresses; defaults to true. Without them, the peers have IPv6 enabled in their containers. */
  readonly ipv4?: boolean;
  /** Log level of every tailscaled: 0, the default, to 2. */
  readonly tailscaledVerbosity?: number;
}

/**
 * Headscale's configuration as JSON, which is valid YAML. `address` is an IP literal: with a name, clients would force port 443
 * when they reconnect.
 */
export function headscaleConfig(
  address: string,
  { magicDns = true, ipv4 = true }: ControlServerOptions = {},
): string {
  const config = {
    server_url: `http://${address}:${CONTROL_PORT}`,
    listen_addr: `0.0.0.0:${CONTROL_PORT}`,
    metrics_listen_addr: "127.0.0.1:9090",
    grpc_listen_addr: "127.0.0.1:50443",
    noise: { private_key_path: "/var/lib/headscale/noise_private.key" },
    prefixes: {
      ...(ipv4 ? { v4: "100.64.0.0/10" } : {}),
      ...{ v6: "fd7a:115c:a1e0::/48", allocation: "sequential" },
    },
    derp: {
      server: {
        enabled: true,
        region_id: 999,
        region_code: "local",
        region_name: "Local",
        stun_listen_addr: "0.0.0.0:3478",
        private_key_path: "/var/lib/headscale/derp.key",
        automatically_add_embedded_derp_region: true,
        ipv4: address,
      },
      urls: [],
      auto_update_enabled: false,
    },
    disable_check_updates: true,
    database: { type: "sqlite", sqlite: { path: "/var/lib/headscale/db.sqlite" } },
    dns: {
      magic_dns: magicDns,
      base_domain: BASE_DOMAIN,
      override_local_dns: false,
      nameservers: { global: [] },
    },
    unix_socket: "/var/run/headscale/headscale.sock",
    policy: { mode: "database" },
  };
  return JSON.stringify(config, null, 2);
}
