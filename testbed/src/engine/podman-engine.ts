import { mkdirSync } from "node:fs";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readRegistrySettings } from "../images/registry-settings.ts";
import { cacheFolder, exists } from "../lib/cache.ts";
import { run } from "../lib/run.ts";
import type { Steps } from "../lib/steps.ts";
import type { NetworkNamespace } from "./namespace.ts";
import { type Daemon, OWN_CLIENT, type OwnEnginePaths, type OwnEngineProgram } from "./own-engine.ts";
import { ensurePrograms, NEEDED } from "./packages.ts";

/* Podman's service with Docker's API, from a release of Debian. It runs in a mount namespace in which that release's /usr lies over this
   machine's, so every other path is the same inside and outside. */

interface Release {
  readonly suite: "bookworm" | "trixie";
  /** The program that its netavark makes firewall rules with, which is also the package's name. */
  readonly firewall: "iptables" | "nftables";
}

/** Podman 4.3 with netavark 1.4, and Podman 5.4 with netavark 1.14. */
export const PODMAN_RELEASES = {
  "podman-4.3": { suite: "bookworm", firewall: "iptables" },
  "podman-5.4": { suite: "trixie", firewall: "nftables" },
} as const satisfies Record<string, Release>;

const PACKAGES = ["podman", "netavark", "aardvark-dns", "crun", "conmon", "catatonit"];

/** Puts everything below /usr: packages of Debian 12 still have parts outside. */
const MERGED_USR = "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr";

/** Unpacks a release's packages, once, and installs nothing on this machine. Returns the folder. */
async function unpackedRelease({ suite, firewall }: Release, steps: Steps): Promise<string> {
  const folder = join(cacheFolder("podman"), suite);
  if (await exists(folder)) return folder;
  await ensurePrograms(NEEDED.images, steps);
  const part = `${folder}.part`;
  await rm(part, { recursive: true, force: true });
  await steps.step(`mmdebstrap podman from ${suite} (once)`, async () => {
    const { aptOptions } = await readRegistrySettings();
    await run([
      ...["mmdebstrap", "--variant=extract", MERGED_USR, `--include=${[...PACKAGES, firewall].join()}`],
      ...aptOptions.map((option) => `--aptopt=${option}`),
      ...[suite, part],
    ]);
    // The package's script, which does not run, makes the usual names.
    for (const name of firewall === "iptables" ? ["iptables", "ip6tables"] : [])
      await symlink("xtables-nft-multi", join(part, "usr", "sbin", name));
    await rename(part, folder);
  });
  return folder;
}

/** Sets the mount namespace up and becomes the service. Arguments: the release's folder, the service's socket and PID file. */
const START = `set -eu
# crun refuses a machine that has cgroups of both versions.
umount /sys/fs/cgroup/unified 2>/dev/null || true
for folder in netns containers libpod crun; do
  mkdir -p /run/$folder
  mount -t tmpfs tmpfs /run/$folder
done
mount --bind "$1/usr" /usr
echo $$ > "$3"
exec podman --log-level=info system service -t 0 "unix://$2"`;

/** The command line of Podman's service in a network namespace of its own. */
export async function podmanProgram(
  release: Release,
  namespace: NetworkNamespace,
  paths: OwnEnginePaths,
  steps: Steps,
): Promise<OwnEngineProgram> {
  const root = await unpackedRelease(release, steps);
  await namespace.open();
  const { runFolder } = paths;
  const start = ["unshare", "--mount", "--propagation", "private", "sh", "-c", START, "sh", root];
  return {
    argv: namespace.enter([...start, `${runFolder}/docker.sock`, `${runFolder}/docker.pid`]),
    env: { PATH: "/usr/sbin:/usr/bin", ...(await writeSettings(release, paths)) },
  };
}

/** Podman ignores the containers of a service that has ended, so they are stopped with it, as dockerd's are. */
export const PODMAN_SERVICE: Daemon = {
  name: "podman",
  flags: () => [],
  async beforeStop(host) {
    const client = [OWN_CLIENT, "-H", host];
    const running = (await run([...client, "ps", "-q"])).split("\n").filter(Boolean);
    if (running.length > 0) await run([...client, "stop", "-t", "2", ...running]);
  },
};

/** Returns the variables that name the settings' files. */
async function writeSettings(
  { firewall }: Release,
  { runFolder, dataFolder }: OwnEnginePaths,
): Promise<Readonly<Record<string, string>>> {
  const home = join(runFolder, "home");
  const settings = join(runFolder, "settings");
  const policies = join(home, ".config", "containers");
  for (const folder of [settings, policies]) mkdirSync(folder, { recursive: true });
  const networks = join(dataFolder, "networks");
  await mkdir(networks, { recursive: true });
  await writeFile(join(policies, "policy.json"), '{"default":[{"type":"insecureAcceptAnything"}]}');
  await writeFile(join(settings, "registries.conf"), "");
  await writeFile(
    join(settings, "storage.conf"),
    `[storage]
driver="overlay"
runroot="/run/containers/storage"
graphroot="${dataFolder}/storage"
`,
  );
  // The limits are below this machine's own, because root may lack CAP_SYS_RESOURCE here. There is no journal either.
  await writeFile(
    join(settings, "containers.conf"),
    `[engine]
cgroup_manager="cgroupfs"
events_logger="file"
runtime="crun"
[network]
network_backend="netavark"
network_config_dir="${networks}"
${firewall === "nftables" ? 'firewall_driver="nftables"' : ""}
[containers]
log_driver="k8s-file"
default_ulimits=["nofile=1024:1024","nproc=1024:1024"]
`,
  );
  return {
    HOME: home,
    CONTAINERS_CONF: join(settings, "containers.conf"),
    CONTAINERS_STORAGE_CONF: join(settings, "storage.conf"),
    CONTAINERS_REGISTRIES_CONF: join(settings, "registries.conf"),
  };
}
