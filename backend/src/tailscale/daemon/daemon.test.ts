import { expect, test } from "vitest";
import { daemonArguments, daemonEnvironment } from "./daemon.ts";

const paths = { socketPath: "/run/x.sock", stateDirectory: "/state" };

test("tailscaled gets the kernel's TUN, or none, and never sends its logs to anybody", () => {
  expect(daemonArguments({ mode: "kernel", ...paths })).toEqual([
    "--statedir=/state",
    "--socket=/run/x.sock",
    "--tun=tailscale0",
    "--port=41641",
    "--no-logs-no-support",
  ]);
  expect(daemonArguments({ mode: "userspace", ...paths })).toContain("--tun=userspace-networking");
});

test("tailscaled gets its own switches and nothing else of the environment", () => {
  expect(daemonEnvironment({ PATH: "/bin", TS_FORCE_NOISE_443: "1", SECRET: "x", HOME: "/root" })).toEqual({
    PATH: "/bin",
    TS_FORCE_NOISE_443: "1",
    HOME: "/tmp",
    TS_PARENT_DEATH_FD: "3",
  });
});
