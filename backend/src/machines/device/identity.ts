import { lstat, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { z } from "zod";
import { authoritiesFile } from "../../control/authorities.ts";
import { normalHome } from "../../control/home.ts";
import { writeAtomically } from "../../lib/atomic-file.ts";
import { isPlainFolder, readPlainFile } from "../../lib/plain-file.ts";
import { machineDirectory, STATE_FILE, tailscaledDirectory } from "../container/container.ts";
import type { KeptDevice } from "./kept-devices.ts";
import { returningState } from "./log-out-state.ts";

/** What a machine is in the tailnet, written down when it first came up: where to find it when it has to be taken out again. */
export const MachineIdentity = z.object({
  version: z.literal(1),
  /** Whose it is; for people who look at the volume. */
  workload: z.string(),
  /** The control server's name for the device. */
  deviceId: z.string(),
  /** The tailnet that it belongs to, as `tailnetHome` says it. */
  home: z.string().transform(normalHome),
});
export type MachineIdentity = z.infer<typeof MachineIdentity>;

/** The machines' directories: what tailscaled keeps of each, and beside it our own note. Survives everything but `remove`. */
export interface MachineDirectories {
  /** By key; null for one that has not been in a tailnet yet, as far as is known. */
  identities(): Promise<ReadonlyMap<string, MachineIdentity | null>>;
  /**
   * Makes the directory that the container will see, with the certificates that there are for its name. `device`: what it was before it was
   * logged out, and is to be again, unless it is somebody already.
   */
  create(key: string, name: string, device?: Pick<KeptDevice, "machineKey"> | null): Promise<void>;
  /** Writes authorities (PEM) where the machine's tailscaled reads them. */
  trust(key: string, authorities: string): Promise<void>;
  note(key: string, identity: MachineIdentity): Promise<void>;
  /** Its certificates stay: an authority gives out only a few for one name in a week. */
  remove(key: string): Promise<void>;
}

export function createMachineDirectories(stateDirectory: string): MachineDirectories {
  const kept = `${stateDirectory}/certificates`;
  const notePath = (key: string) => `${machineDirectory(stateDirectory, key)}/machine.json`;

  async function read(key: string): Promise<MachineIdentity | null> {
    const text = await readFile(notePath(key), "utf8").catch(() => "null");
    try {
      return MachineIdentity.nullable().parse(JSON.parse(text));
    } catch {
      // Written anew when the machine is up.
      return null;
    }
  }

  return {
    async identities() {
      const keys = await readdir(`${stateDirectory}/machines`).catch(() => []);
      return new Map(await Promise.all(keys.map(async (key) => [key, await read(key)] as const)));
    },
    async create(key, name, device = null) {
      const directory = tailscaledDirectory(stateDirectory, key);
      const isNew = await mkdir(directory, { recursive: true, mode: 0o700 });
      if (isNew !== undefined)
        await copyCertificates(kept, `${directory}/certs`, (file) => file.startsWith(`${name}.`));
      const state = `${directory}/${STATE_FILE}`;
      if (device !== null && (await isFree(state)))
        await writeAtomically(state, returningState(device.machineKey));
    },
    trust: async (key, authorities) =>
      await writeAtomically(
        `${tailscaledDirectory(stateDirectory, key)}/${authoritiesFile(authorities)}`,
        authorities,
      ),
    note: async (key, identity) => await writeAtomically(notePath(key), `${JSON.stringify(identity)}\n`),
    async remove(key) {
      await copyCertificates(`${tailscaledDirectory(stateDirectory, key)}/certs`, kept, isCertificate);
      await rm(machineDirectory(stateDirectory, key), { recursive: true, force: true });
    },
  };
}

async function isFree(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === "ENOENT",
  );
}

/** tailscaled files them as `<domain>.crt` and `<domain>.key`. Source: `ipn/ipnlocal/cert.go`, `certFileStore`. */
function isCertificate(file: string): boolean {
  return file.endsWith(".crt") || file.endsWith(".key");
}

/**
 * A machine's container can put anything there. So nothing is followed out of the directory, and only what looks like a certificate or
 * its key goes on to the next machine of that name.
 */
async function copyCertificates(from: string, to: string, wanted: (file: string) => boolean): Promise<void> {
  if (!(await isPlainFolder(from))) return;
  for (const file of (await readdir(from)).filter(wanted)) {
    const content = await readPlainFile(`${from}/${file}`, MOST_BYTES).catch(() => null);
    if (content === null || !content.includes("-----BEGIN ")) continue;
    await mkdir(to, { recursive: true, mode: 0o700 });
    await writeAtomically(`${to}/${file}`, content.toString("latin1"));
  }
}

/** A chain of certificates is some 5 KiB. */
const MOST_BYTES = 64 * 1024;
