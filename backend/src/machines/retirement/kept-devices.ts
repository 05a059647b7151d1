import { createHash } from "node:crypto";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { Hostname } from "@tailnet-share/contract/log-in";
import { z } from "zod";
import { writeAtomically } from "../../lib/files/atomic-file.ts";
import { readPlainFile } from "../../lib/files/plain-file.ts";

/**
 * The remains of a machine that was logged out: enough to become the same device when it logs in again, with the same name and addresses.
 * The control server recognizes a device by its machine key. It keeps a logged-out device, and its name, until somebody removes it there.
 */
const KeptDevice = z.object({
  version: z.literal(1),
  /** The machine's workload; null if it was switched off before this field existed: then its key identifies it. */
  workload: z.string().nullable(),
  /** The control server's name for the device. */
  deviceId: z.string().min(1),
  /** The tailnet that it belongs to, in the form of `tailnetHome`. */
  home: z.string(),
  /** In the form of tailscaled's state file. */
  machineKey: z.base64(),
  /** The device's host name at the time. */
  hostname: Hostname.or(z.literal("")),
});
export type KeptDevice = Omit<z.infer<typeof KeptDevice>, "version">;

/** By the machine's key and its tailnet, because it may have been a device in several. Ignores unreadable entries. */
export interface KeptDevices {
  /** Lists one tailnet's devices, newest first. */
  all(home: string): Promise<readonly ({ key: string } & KeptDevice)[]>;
  get(key: string, home: string): Promise<KeptDevice | null>;
  keep(key: string, device: KeptDevice): Promise<void>;
  forget(key: string, home: string): Promise<void>;
  /** Removes half-written files that a crash left, before anything is kept. Never rejects. */
  tidy(): Promise<void>;
}

/** Forgets the oldest devices beyond this number, since containers may come and go under ever new names. */
const MOST_KEPT = 500;
const MOST_BYTES = 4096;

export function createKeptDevices(stateDirectory: string, most = MOST_KEPT): KeptDevices {
  const folder = `${stateDirectory}/kept-devices`;
  const endingOf = (home: string) => `-${createHash("sha256").update(home).digest("hex").slice(0, 16)}.json`;
  const fileOf = (key: string, home: string) => `${key}${endingOf(home)}`;

  async function read(file: string): Promise<KeptDevice | null> {
    const text = await readPlainFile(`${folder}/${file}`, MOST_BYTES).catch(() => null);
    try {
      return KeptDevice.parse(JSON.parse(text?.toString("utf8") ?? ""));
    } catch {
      return null;
    }
  }
  const remove = async (file: string) => await rm(`${folder}/${file}`, { force: true });

  /** Newest first. */
  async function files(): Promise<{ key: string; file: string }[]> {
    const names = await readdir(folder).catch(() => []);
    const all = await Promise.all(
      names.map(async (file) => {
        const key = /^([0-9a-f]{16})-[0-9a-f]{16}\.json$/.exec(file)?.[1];
        // The file may have been removed since.
        const stats = await stat(`${folder}/${file}`).catch(() => null);
        return key === undefined || stats === null ? [] : [{ key, file, at: stats.mtimeMs }];
      }),
    );
    return all.flat().sort((a, b) => b.at - a.at);
  }

  return {
    get: async (key, home) => await read(fileOf(key, home)),
    forget: async (key, home) => await remove(fileOf(key, home)),
    async all(home) {
      const entries = (await files()).filter(({ file }) => file.endsWith(endingOf(home)));
      const found = await Promise.all(
        entries.map(async ({ key, file }) => ({ key, device: await read(file) })),
      );
      return found.flatMap(({ key, device }) => (device?.home === home ? [{ key, ...device }] : []));
    },
    async keep(key, device) {
      const path = `${folder}/${fileOf(key, device.home)}`;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeAtomically(path, `${JSON.stringify({ version: 1, ...device })}\n`);
      for (const { file } of (await files()).slice(most)) await remove(file).catch(() => undefined);
    },
    async tidy() {
      const names = await readdir(folder).catch(() => []);
      for (const name of names) if (name.endsWith(".tmp")) await remove(name).catch(() => undefined);
    },
  };
}
