import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { normalHome } from "../control/home.ts";
import { putInPlace, removeStaged, stage, syncFolder, writeAtomically } from "../lib/files/atomic-file.ts";
import { readPlainFile } from "../lib/files/plain-file.ts";
import { machineDirectory, STATE_FILE, tailscaledDirectory } from "../machines/container/container.ts";
import { createMachineDirectories, type MachineIdentity } from "../machines/device/identity.ts";
import { unwritable } from "../store/faults.ts";

/** The identity that makes a tailscaled a certain device. */
const Identity = z.object({
  /** The control server's ID for the device. */
  deviceId: z.string().min(1),
  /** The tailnet that it belongs to, in the form of `tailnetHome`. */
  home: z.string().transform(normalHome),
  state: z.string(),
});

/** The devices of an installation: its node, if it is in a tailnet, and its machines. */
export const Identities = z.object({
  node: Identity.nullable(),
  machines: z.array(Identity.extend({ key: z.string().regex(/^[0-9a-f]{16}$/), workload: z.string() })),
});
export type Identities = z.infer<typeof Identities>;

/** The node's new identity, written to the disk but not yet in place. */
export interface StagedIdentity {
  /** Replaces the node's identity. tailscaled must not run: it would overwrite the state when it ends. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Methods that write reject with `AppError("STORE_UNWRITABLE")` if the volume refuses, and then have changed nothing. */
export interface IdentityFiles {
  /**
   * `node`: the running node's device; null if it is in no tailnet. Leaves out machines that were never in a tailnet, and those not in
   * `keys`.
   */
  read(node: { deviceId: string; home: string } | null, keys: ReadonlySet<string>): Promise<Identities>;
  stageNode(node: NonNullable<Identities["node"]>): Promise<StagedIdentity>;
  /**
   * Writes a machine's identity, completely or not at all. Does nothing if the machine already has one: it may be running, and it is a
   * device as well.
   */
  writeMachine(machine: Identities["machines"][number]): Promise<void>;
}

/** Enough for one tailscaled with many accounts. */
const MOST_STATE_BYTES = 1024 * 1024;

export function createIdentityFiles(stateDirectory: string): IdentityFiles {
  const directories = createMachineDirectories(stateDirectory);
  const staging = join(stateDirectory, "restoring");
  const ofNode = join(stateDirectory, "node", STATE_FILE);
  const ofMachine = (key: string) => join(tailscaledDirectory(stateDirectory, key), STATE_FILE);

  return {
    async read(node, keys) {
      const noted = [...(await directories.identities())].flatMap(
        ([key, identity]): [string, MachineIdentity][] =>
          identity !== null && keys.has(key) ? [[key, identity]] : [],
      );
      return {
        node: node && { ...node, state: await readFile(ofNode, "utf8") },
        machines: await Promise.all(
          noted.map(async ([key, { deviceId, home, workload }]) => ({
            ...{ key, deviceId, home, workload },
            // The machine's container can write there, and the content goes into a file that leaves this host.
            state: (await readPlainFile(ofMachine(key), MOST_STATE_BYTES)).toString("utf8"),
          })),
        ),
      };
    },
    async stageNode({ state }) {
      try {
        await mkdir(dirname(ofNode), { recursive: true, mode: 0o700 });
        await removeStaged(ofNode);
        const staged = await stage(ofNode, state);
        return {
          discard: staged.discard,
          commit: async () => await putInPlace(ofNode, staged).catch(unwritable(ofNode)),
        };
      } catch (error) {
        return unwritable(ofNode)(error);
      }
    },
    async writeMachine({ key, workload, deviceId, home, state }) {
      // A directory without state, which a machine gets before its first start, is no identity.
      if (await exists(ofMachine(key))) return;
      const directory = machineDirectory(stateDirectory, key);
      try {
        // Write it elsewhere and then rename: with half an identity in place, the machine would log in as another device.
        await rm(staging, { recursive: true, force: true });
        const made = createMachineDirectories(staging);
        const file = join(tailscaledDirectory(staging, key), STATE_FILE);
        await mkdir(dirname(file), { recursive: true, mode: 0o700 });
        await writeAtomically(file, state);
        await made.note(key, { version: 1, workload, deviceId, home });
        await mkdir(dirname(directory), { recursive: true, mode: 0o700 });
        await rm(directory, { recursive: true, force: true });
        await rename(machineDirectory(staging, key), directory);
        await syncFolder(dirname(directory));
      } catch (error) {
        unwritable(ofMachine(key))(error);
      } finally {
        await rm(staging, { recursive: true, force: true }).catch(() => undefined);
      }
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
