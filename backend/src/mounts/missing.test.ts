import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kernelHint, socketFault, stateFault } from "./missing.ts";
import { PLATFORMS, platformOf, rootlessUidIn, type Signs, socketOf } from "./platforms.ts";

const PLAIN: Signs = { hasContainerEnv: false, kernel: "6.1.0-30-amd64", rootlessUid: null };

test.each<[Partial<Signs>, string, string]>([
  [{}, "Docker Engine", "/var/run/docker.sock"],
  [{ kernel: "6.6.87-linuxkit" }, "Docker Desktop", "/var/run/docker.sock"],
  [
    { kernel: "6.6.87.2-microsoft-standard-WSL2" },
    "Docker Desktop, Rancher Desktop or Docker Engine in WSL2",
    "/var/run/docker.sock",
  ],
  [{ kernel: "6.15.11-orbstack-00539" }, "OrbStack", "/var/run/docker.sock"],
  [{ rootlessUid: 1000 }, "rootless Docker, and Lima's template docker", "/run/user/1000/docker.sock"],
  [{ hasContainerEnv: true }, "Podman", "/run/podman/podman.sock"],
  [{ hasContainerEnv: true, rootlessUid: 501 }, "rootless Podman", "/run/user/501/podman/podman.sock"],
])("knows the platform and its socket by %j", (signs, name, socket) => {
  const all = { ...PLAIN, ...signs };
  const platform = platformOf(all);
  expect([platform.name, socketOf(platform, all)]).toEqual([name, socket]);
});

test("names each platform once, with an absolute path", () => {
  expect(new Set(PLATFORMS.map(({ name }) => name)).size).toBe(PLATFORMS.length);
  for (const { socket } of PLATFORMS) expect(socket).toMatch(/^\//);
});

test.each([
  ["         0          0 4294967295\n", null],
  ["         0       1000          1\n         1     100000      65536\n", 1000],
  ["         0     100000      65536\n", null],
  ["", null],
])("tells a rootless engine from a root one and from userns-remap by %j", (uidMap, uid) => {
  expect(rootlessUidIn(uidMap)).toBe(uid);
});

test("tells a missing mount of the engine's socket from one with the wrong source, and names the platform's path", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tailnet-share-mounts-"));
  const server = createServer();
  try {
    const socket = join(folder, "there.sock");
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    expect(socketFault(socket)).toBeNull();
    const rootless = () => ({ ...PLAIN, rootlessUid: 1000 });
    expect(socketFault(join(folder, "none"), rootless)).toMatchObject({
      code: "ENGINE_UNREACHABLE",
      message: expect.stringContaining("is not mounted"),
      hint: expect.stringContaining("DOCKER_SOCKET=/run/user/1000/docker.sock"),
    });
    expect(socketFault(folder, rootless)?.message).toContain("wrong source");
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
});

const mount = (point: string, type: string) =>
  `612 590 0:52 /x ${point} rw,relatime master:1 - ${type} source rw`;
const ROOT = mount("/", "overlay");

test.each([
  ["a volume", [mount("/var/lib/tailnet-share", "ext4")], null],
  ["a volume above it", [mount("/var/lib", "btrfs")], null],
  ["no volume", [], "STORE_NOT_KEPT"],
  ["another folder's volume", [mount("/var/lib/tailnet", "ext4")], "STORE_NOT_KEPT"],
  ["memory", [mount("/var/lib", "ext4"), mount("/var/lib/tailnet-share", "tmpfs")], "STORE_NOT_KEPT"],
])("with %s, what is stored is kept or reported", (_, mounts, code) => {
  const fault = stateFault("/var/lib/tailnet-share", [ROOT, ...mounts].join("\n"), true);
  expect(fault?.code ?? null).toBe(code);
});

test("reports a volume that can't be written", () => {
  const volume = mount("/state", "ext4");
  expect(stateFault("/state", volume, false)).toMatchObject({
    code: "STORE_UNWRITABLE",
    message: "Nothing can be stored: the backend may not write into /state.",
    hint: expect.stringContaining("':ro'"),
  });
  expect(stateFault("/state", ROOT, false)?.code).toBe("STORE_NOT_KEPT");
});

test("reads mount points with spaces, and claims nothing where the mounts can't be read", () => {
  expect(stateFault("/my state", mount("/my\\040state", "ext4"), true)).toBeNull();
  expect(stateFault("/state", "", true)).toBeNull();
});

test("the next step for a missing TUN fits the platform", () => {
  expect(kernelHint("tun", PLAIN)).toContain("--device /dev/net/tun");
  expect(kernelHint("nftables", PLAIN)).toContain("nf_tables");
  expect(kernelHint("net-admin", { kernel: "6.6-linuxkit" })).toContain("--cap-add NET_ADMIN");
  expect(kernelHint("tun", { kernel: "6.6-linuxkit" })).toContain("--device /dev/net/tun");
  expect(kernelHint("nftables", { kernel: "6.6-linuxkit" })).toContain("Docker Desktop");
  expect(kernelHint("nftables", { kernel: "6.6-microsoft-standard-WSL2" })).toContain("wsl --update");
});
