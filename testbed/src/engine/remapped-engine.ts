import { mkdirSync } from "node:fs";
import { appendFile, chmod, chown, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { run, tryRun } from "../lib/run.ts";
import type { NetworkNamespace } from "./namespace.ts";
import type { OwnEngineProgram } from "./own-engine.ts";

/* Engines whose containers' root has no rights on the machine: one with remapped users, run by root, and a rootless one.
   https://docs.docker.com/engine/security/userns-remap/, https://docs.docker.com/engine/security/rootless/ */

/** Our system user. Its subordinate ID range supplies its containers' users. */
const USER = "tailnet-share-bed";
const FIRST_ID = 1_000_000_000;
const IDS = 65_536;
const TUN = "/dev/net/tun";
const TUN_MODE = 0o666;

async function ensureUser(home: string): Promise<{ readonly uid: number; readonly gid: number }> {
  const idOf = async (flag: string) => await tryRun(["id", flag, USER]);
  if ((await idOf("-u")).code !== 0)
    await run(["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", home, USER]);
  for (const file of ["/etc/subuid", "/etc/subgid"]) {
    const lines = await readFile(file, "utf8").catch(() => "");
    if (!lines.includes(`${USER}:`)) await appendFile(file, `${USER}:${FIRST_ID}:${IDS}\n`);
  }
  const [uid, gid] = await Promise.all([idOf("-u"), idOf("-g")]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/**
 * Lets every user open the TUN device, as udev does on any desktop or server. Without udev, the device may be for root only. In that
 * case, neither tailscaled nor slirp4netns starts on these engines. Source: `50-udev-default.rules` of systemd.
 */
async function openTun(): Promise<void> {
  const { mode } = await stat(TUN);
  if ((mode & TUN_MODE) !== TUN_MODE) await chmod(TUN, TUN_MODE);
}

/** Debian's engine with `--userns-remap`. */
export async function remappingProgram(namespace: NetworkNamespace, home: string): Promise<OwnEngineProgram> {
  await ensureUser(home);
  await openTun();
  await namespace.open();
  return { argv: namespace.enter(["dockerd", `--userns-remap=${USER}`]) };
}

const ROOTLESS_SCRIPT = "/usr/share/docker.io/contrib/dockerd-rootless.sh";

/** Debian's engine, run by an unprivileged user. Gives that user ownership of `folders`; `home` is the first. */
export async function rootlessProgram(
  namespace: NetworkNamespace,
  home: string,
  folders: readonly string[],
): Promise<OwnEngineProgram> {
  const { uid, gid } = await ensureUser(home);
  await openTun();
  for (const folder of [home, ...folders]) {
    mkdirSync(folder, { recursive: true });
    await chown(folder, uid, gid);
  }
  await namespace.open();
  const as = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  const path = `/usr/sbin:/sbin:${process.env.PATH ?? ""}`;
  const [runFolder = home] = folders;
  return {
    argv: namespace.enter([...as, "sh", ROOTLESS_SCRIPT]),
    env: { PATH: path, HOME: home, XDG_RUNTIME_DIR: runFolder, XDG_DATA_HOME: join(home, "data") },
  };
}
