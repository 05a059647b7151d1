import { expect, test } from "vitest";
import { type Purpose, tailscaledArguments, tailscaledEnvironment } from "./command.ts";

const paths = { stateDirectory: "/state", socketPath: "/run/x.sock" };

test.each<[string, Purpose, string[]]>([
  ["the node", { kind: "node", tun: "kernel" }, ["--tun=tailscale0", "--port=41641"]],
  [
    "the node without the kernel's TUN",
    { kind: "node", tun: "userspace" },
    ["--tun=userspace-networking", "--port=41641"],
  ],
  ["a machine", { kind: "machine", tun: "kernel", udpPort: 40_000 }, ["--tun=tailscale0", "--port=40000"]],
  [
    "a machine without the kernel's TUN",
    { kind: "machine", tun: "userspace", udpPort: 40_000 },
    ["--tun=userspace-networking", "--port=40000"],
  ],
  ["logging a machine out", { kind: "log-out" }, ["--tun=userspace-networking", "--port=0"]],
])("the arguments of tailscaled for %s: none of them sends its logs to anybody", (_, purpose, own) => {
  expect(tailscaledArguments(purpose, paths)).toEqual([
    "--statedir=/state",
    "--socket=/run/x.sock",
    ...own,
    "--no-logs-no-support",
  ]);
});

test.each<[Purpose["kind"], Record<string, string>]>([
  ["node", { TS_PARENT_DEATH_FD: "3" }],
  ["machine", { TS_DEBUG_FIREWALL_MODE: "nftables" }],
  ["log-out", { TS_PARENT_DEATH_FD: "3" }],
])("tailscaled for a %s gets its own switches and nothing else of the environment", (kind, own) => {
  const passed = {
    PATH: "/bin",
    TS_FORCE_NOISE_443: "1",
    SSL_CERT_FILE: "/authorities.pem",
    HTTPS_PROXY: "http://proxy",
  };
  const given = { ...passed, SECRET: "x", HOME: "/root", UNSET: undefined };
  expect(tailscaledEnvironment({ kind }, given)).toEqual({ ...passed, HOME: "/tmp", ...own });
});
