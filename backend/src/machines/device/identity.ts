import { lstat, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { z } from "zod";
import { authoritiesFile } from "../../control/authorities.ts";
import { normalHome } from "../../control/home.ts";
import { writeAtomically } from "../../lib/files/atomic-file.ts";
import { fileAt } from "../../lib/files/file-at.ts";
import { isPlainFolder, readPlainFile } from "../../lib/files/plain-file.ts";
import { machineDirectory, STATE_FILE, tailscaledDirectory } from "../container/container.ts";
import type { KeptDevice } from "../retirement/kept-devices.ts";
import { returningState } from "../retirement/log-out-state.ts";

/** A machine's identity in the tailnet, written when it first comes up. It locates the device when it has to be removed. */
export const MachineIdentity = z.object({
  version: z.literal(1),
  /** The machine's workload; only for people who inspect the volume. */
  workload: z.string(),
  /** The control server's name for the device. */
  deviceId: z.string(),
  /** The tailnet that it belongs to, in the form of `tailnetHome`. */
  home: z.string().transform(normalHome),
});
export type MachineIdentity = z.infer<typeof MachineIdentity>;

/** The machines' directories: each holds tailscaled's state and our own note beside it. They survive everything but `remove`. */
export interface MachineDirectories {
  /**
   * By key; null for a machine that has not joined a tailnet yet, as far as is known. Rejects with the system's error if the directories
   * can't be listed: nobody may take that for an installation without machines.
   */
  identities(): Promise<ReadonlyMap<string, MachineIdentity | null>>;
  /**
   * Makes the directory that the container will see, with the existing certificates for its name. `device`: the device that it was before
   * it was logged out and becomes again, unless the directory already has an identity.
   */
  create(key: string, name: string, device?: Pick<KeptDevice, "machineKey"> | null): Promise<void>;
  /** Writes authorities (PEM) where the machine's tailscaled reads them. */
  trust(key: string, authorities: string): Promise<void>;
  note(key: string, identity: MachineIdentity): Promise<void>;
  /** Keeps its certificates: an authority issues only a few per name and week. */
  remove(key: string): Promise<void>;
}

export function createMachineDirectories(stateDirectory: string): MachineDirectories {
  const kept = `${stateDirectory}/certificates`;
  const notePath = (key: string) => `${machineDirectory(stateDirectory, key)}/machine.json`;

  /** By key. Each look of the loop asks for all identities, and they hardly ever change. */
  const known = new Map<string, { file: string; identity: MachineIdentity | null }>();

  async function current(key: string): Promise<MachineIdentity | null> {
    const path = notePath(key);
    // Before the file is read: it may be replaced meanwhile.
    const file = fileAt(path);
    const last = known.get(key);
    if (last?.file === file) return last.identity;
    const identity = await read(path);
    if (identity === undefined) return null;
    known.set(key, { file, identity });
    return identity;
  }

  /** Returns undefined if the system can't read the file now, and null if there is no usable note. */
  async function read(path: string): Promise<MachineIdentity | null | undefined> {
    const text = await readFile(path, "utf8").catch((error: unknown) =>
      isMissing(error) ? "null" : undefined,
    );
    if (text === undefined) return undefined;
    try {
      return MachineIdentity.nullable().parse(JSON.parse(text));
    } catch {
      // The note is written again when the machine is up.
      return null;
    }
  }

  return {
    async identities() {
      const keys = await readdir(`${stateDirectory}/machines`).catch((error: unknown): string[] => {
        if (isMissing(error)) return [];
        throw error;
      });
      for (const key of known.keys()) if (!keys.includes(key)) known.delete(key);
      return new Map(await Promise.all(keys.map(async (key) => [key, await current(key)] as const)));
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
  return await lstat(path).then(() => false, isMissing);
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

/** tailscaled files them as `<domain>.crt` and `<domain>.key`. Source: `ipn/ipnlocal/cert.go`, `certFileStore`. */
function isCertificate(file: string): boolean {
  return file.endsWith(".crt") || file.endsWith(".key");
}

/**
 * A machine's container can put anything there. So follow no links out of the directory, and pass only files that look like a certificate
 * or its key on to the next machine of that name.
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

/** A certificate chain has about 5 KiB. */
const MOST_BYTES = 64 * 1024;
