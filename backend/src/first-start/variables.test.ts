import { describe, expect, it, test } from "vitest";
import { type Use, VARIABLES, withoutFirstStart } from "./variables.ts";
import { readStartWish } from "./wish.ts";

const wishFor = async (environment: NodeJS.ProcessEnv) =>
  await readStartWish(environment, "/var/lib/tailnet-share");

/**
 * Every variable that `settings.go` of tailscale 1.102.3's containerboot reads, but those that Kubernetes sets (`KUBERNETES_SERVICE_HOST`,
 * `POD_IP`, `POD_IPS`, `POD_NAME`, `POD_UID`) and `TS_TEST_ONLY_ROOT`.
 */
const CONTAINERBOOT = [
  "EXPERIMENTAL_ALLOW_PROXYING_CLUSTER_TRAFFIC_VIA_INGRESS",
  "TS_ACCEPT_DNS",
  "TS_AUDIENCE",
  "TS_AUTHKEY",
  "TS_AUTH_KEY",
  "TS_AUTH_ONCE",
  "TS_BOOT_TIMEOUT",
  "TS_CLIENT_ID",
  "TS_CLIENT_SECRET",
  "TS_DEBUG_ADDR_PORT",
  "TS_DEST_IP",
  "TS_EGRESS_PROXIES_CONFIG_PATH",
  "TS_ENABLE_HEALTH_CHECK",
  "TS_ENABLE_METRICS",
  "TS_EXPERIMENTAL_CERT_SHARE",
  "TS_EXPERIMENTAL_DEST_DNS_NAME",
  "TS_EXPERIMENTAL_ENABLE_FORWARDING_OPTIMIZATIONS",
  "TS_EXPERIMENTAL_SERVICE_AUTO_ADVERTISEMENT",
  "TS_EXPERIMENTAL_VERSIONED_CONFIG_DIR",
  "TS_EXTRA_ARGS",
  "TS_HEALTHCHECK_ADDR_PORT",
  "TS_HOSTNAME",
  "TS_ID_TOKEN",
  "TS_INGRESS_PROXIES_CONFIG_PATH",
  "TS_KUBE_SECRET",
  "TS_LOCAL_ADDR_PORT",
  "TS_OUTBOUND_HTTP_PROXY_LISTEN",
  "TS_ROUTES",
  "TS_SERVE_CONFIG",
  "TS_SOCKET",
  "TS_SOCKS5_SERVER",
  "TS_STATE_DIR",
  "TS_TAILNET_TARGET_FQDN",
  "TS_TAILNET_TARGET_IP",
  "TS_TAILSCALED_EXTRA_ARGS",
  "TS_USERSPACE",
];
const OURS = ["TAILNET_SHARE_PANEL_ON_TAILNET", "TS_AUTHKEY_FILE", "TS_CONTROL_URL"];

test("the table has every variable of containerboot, and ours", () => {
  expect(Object.keys(VARIABLES).toSorted()).toEqual([...CONTAINERBOOT, ...OURS].toSorted());
});

describe.each(Object.entries<Use>(VARIABLES))("%s", (name, use) => {
  it(`is ${use.kind}`, async () => {
    const wish = await wishFor({ TS_CONTROL_URL: "https://hs.example.com", [name]: "--some=value" });
    const isRefused = wish.faults.some(({ message }) => message.startsWith(`${name} `));
    const isIgnored = wish.ignored.some(({ variable }) => variable === name);
    expect(isIgnored).toBe(use.kind === "ignored");
    if (use.kind === "refused") expect(isRefused).toBe(true);
    expect(wish.controlUrl).toBe(wish.faults.length > 0 ? null : "https://hs.example.com");
  });

  it("reaches no tailscaled [S160]", () => {
    const environment = { [name]: "value", TS_FORCE_NOISE_443: "1" };
    expect(withoutFirstStart(environment)).toEqual({ TS_FORCE_NOISE_443: "1" });
  });

  it("is described without a final period, and reported without its value [S161]", async () => {
    const texts = use.kind === "read" ? [use.does] : [use.because];
    for (const text of [...texts, ...("instead" in use ? [use.instead] : [])])
      expect(text).toMatch(/^[a-zA-Z`].*[^.]$/);
    const { faults, ignored } = await wishFor({ [name]: "value-that-nobody-sees" });
    expect(JSON.stringify([faults, ignored])).not.toContain("value-that");
  });
});
