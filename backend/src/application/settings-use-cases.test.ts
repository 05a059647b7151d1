import { expect, test } from "vitest";
import { share } from "../testing.ts";
import type { ApplicationDependencies } from "./dependencies.ts";
import { settingsUseCases } from "./settings-use-cases.ts";

test("does not open the panel to the tailnet on a port that a share has, and changes nothing then", async () => {
  const updates: unknown[] = [];
  let shares = [share("proxy", { ports: [{ port: 80, protocol: "tcp", nodePort: 4180 }] })];
  const { patchSettings } = settingsUseCases(
    {
      settings: { update: async (next: unknown) => await Promise.resolve(updates.push(next)) },
      shares: { list: () => shares },
      trusted: async () => await Promise.resolve(),
      backups: {},
    } as unknown as ApplicationDependencies,
    { settledSnapshot: async () => await Promise.resolve(null) } as never,
  );
  const open = async () => await patchSettings({ panelOnTailnet: true }, new AbortController().signal);
  await expect(open()).rejects.toMatchObject({ fault: { code: "NODE_PORT_TAKEN" } });
  expect(updates).toEqual([]);
  shares = [];
  await open();
  expect(updates).toHaveLength(1);
});
