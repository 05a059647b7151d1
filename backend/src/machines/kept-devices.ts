import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { Hostname } from "@tailnet-share/contract/model";
import { z } from "zod";
import { removeStaged, writeAtomically } from "../lib/atomic-file.ts";
import { readPlainFile } from "../lib/plain-file.ts";

/**
 * What is left of a machine that was logged out: enough for it to be the same device when it logs in again, with the same name and
 * addresses. The control server knows a device by its machine key, and keeps one that was logged out, and its name, until somebody
 * removes it there.
 */
const KeptDevice = z.object({
  version: z.literal(1),
  /** Whose machine it was; null for one that was switched off before that was written down: then its key tells. */
  workload: z.string().nullable(),
  /** The control server's name for the device. */
  deviceId: z.string().min(1),
  /** The tailnet that it belongs to, as `tailnetHome` says it. */
  home: z.string(),
  /** As tailscaled's state file has it. */
  machineKey: z.base64(),
  /** The host name that it went by. */
  hostname: Hostname.or(z.literal("")),
});
export type KeptDevice = Omit<z.infer<typeof KeptDevice>, "version">;

/** By the machine's key. Whatever cannot be read is none. */
export interface KeptDevices {
  all(): Promise<ReadonlyMap<string, KeptDevice>>;
  get(key: string): Promise<KeptDevice | null>;
  keep(key: string, device: KeptDevice): Promise<void>;
  forget(key: string): Promise<void>;
}

/** Of those that come and go under ever new names the oldest are forgotten. */
const MOST_KEPT = 500;
const MOST_BYTES = 4096;

export function createKeptDevices(stateDirectory: string, most = MOST_KEPT): KeptDevices {
  const folder = `${stateDirectory}/kept-devices`;
  const path = (key: string) => `${folder}/${key}.json`;
  const keys = async () =>
    (await readdir(folder).catch(() => [])).flatMap((file) => /^([0-9a-f]{16})\.json$/.exec(file)?.[1] ?? []);

  async function get(key: string): Promise<KeptDevice | null> {
    const text = await readPlainFile(path(key), MOST_BYTES).catch(() => null);
    try {
      return KeptDevice.parse(JSON.parse(text?.toString("utf8") ?? ""));
    } catch {
      return null;
    }
  }
  const forget = async (key: string) => await rm(path(key), { force: true });

  async function forgetOldest(): Promise<void> {
    const all = await Promise.all(
      (await keys()).map(async (key) => {
        // One that was forgotten meanwhile is none too many.
        const stats = await stat(path(key)).catch(() => null);
        return stats === null ? [] : [{ key, at: stats.mtimeMs }];
      }),
    );
    const oldest = all
      .flat()
      .sort((a, b) => b.at - a.at)
      .slice(most);
    for (const { key } of oldest) await forget(key);
  }

  return {
    get,
    forget,
    async all() {
      const found = await Promise.all((await keys()).map(async (key) => [key, await get(key)] as const));
      return new Map(found.flatMap(([key, device]) => (device === null ? [] : [[key, device] as const])));
    },
    async keep(key, device) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await removeStaged(path(key));
      await writeAtomically(path(key), `${JSON.stringify({ version: 1, ...device })}\n`);
      await forgetOldest().catch(() => undefined);
    },
  };
}
