import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeAtomically } from "../lib/atomic-file.ts";
import { tailscaledDirectory } from "../machines/container.ts";
import { createMachineDirectories, type MachineIdentity } from "../machines/identity.ts";

/** Keys, preferences and accounts of one tailscaled. Source: `ipn/store.go`, `paths.DefaultTailscaledStateFile`. */
const STATE_FILE = "tailscaled.state";

/** What makes a tailscaled the device that it is. */
const Identity = z.object({
  /** The control server's name for the device. */
  deviceId: z.string().min(1),
  /** The tailnet that it belongs to, as `tailnetHome` says it. */
  home: z.string(),
  state: z.string(),
});

/** The devices of an installation: its node, when that is in a tailnet, and its machines. */
export const Identities = z.object({
  node: Identity.nullable(),
  machines: z.array(Identity.extend({ key: z.string().regex(/^[0-9a-f]{16}$/), workload: z.string() })),
});
export type Identities = z.infer<typeof Identities>;

export interface IdentityFiles {
  /** `node`: what the running node is; null when it is in no tailnet. Machines that were never in one are left out, and those not among `keys`. */
  read(node: { deviceId: string; home: string } | null, keys: ReadonlySet<string>): Promise<Identities>;
  /** Replaces what the node is. tailscaled must not run: it would write over it when it ends. */
  writeNode(node: NonNullable<Identities["node"]>): Promise<void>;
  /** Gives a machine its identity, unless there is one already: that may run, and is no less somebody's. */
  writeMachine(machine: Identities["machines"][number]): Promise<void>;
}

export function createIdentityFiles(stateDirectory: string): IdentityFiles {
  const directories = createMachineDirectories(stateDirectory);
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
            state: await readFile(ofMachine(key), "utf8"),
          })),
        ),
      };
    },
    async writeNode({ state }) {
      await mkdir(join(stateDirectory, "node"), { recursive: true, mode: 0o700 });
      await writeAtomically(ofNode, state);
    },
    async writeMachine({ key, workload, deviceId, home, state }) {
      if ((await directories.identities()).has(key)) return;
      await mkdir(tailscaledDirectory(stateDirectory, key), { recursive: true, mode: 0o700 });
      await writeAtomically(ofMachine(key), state);
      await directories.note(key, { version: 1, workload, deviceId, home });
    },
  };
}
