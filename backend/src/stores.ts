import { randomBytes } from "node:crypto";
import type { Fault } from "@tailnet-share/contract/errors";
import type { Logger } from "pino";
import { FirstStartFile, firstStartMigrations, INITIAL_FIRST_START } from "./first-start/first-start-file.ts";
import type { Clock } from "./lib/clock.ts";
import { CredentialsFile } from "./machines/credentials/credentials.ts";
import { INITIAL_SETTINGS, SettingsFile, settingsMigrations } from "./settings/settings-file.ts";
import { sharesMigrations } from "./shares/migrations.ts";
import { SHARES_VERSION, SharesFile } from "./shares/stored-share.ts";
import { type JsonStore, openJsonStore } from "./store/json-store.ts";

/** The stores of everything that the user wants, and of what earlier starts did. */
export interface Stores {
  shares: JsonStore<SharesFile>;
  settings: JsonStore<SettingsFile>;
  credentials: JsonStore<CredentialsFile>;
  firstStart: JsonStore<FirstStartFile>;
  /** Identifies this installation; everything that it creates carries this ID. */
  installation: string;
  /** Lasting faults of all stores. */
  faults(): Fault[];
}

/** Opens or creates the files in `directory`. Damaged ones are set aside and reported by `faults`; they never cause a rejection. */
export async function openStores(directory: string, clock: Clock, log: Logger): Promise<Stores> {
  const shares = await openJsonStore<SharesFile>(
    `${directory}/shares.json`,
    SharesFile,
    { version: SHARES_VERSION, shares: [], retiring: [] },
    clock,
    { migrations: sharesMigrations },
  );
  const settings = await openJsonStore<SettingsFile>(
    `${directory}/settings.json`,
    SettingsFile,
    INITIAL_SETTINGS,
    clock,
    { migrations: settingsMigrations },
  );
  // A read-only volume must not keep the backend from starting; then the ID lasts as long as the process.
  const installation = settings.get().installation || randomBytes(16).toString("hex");
  if (settings.get().installation !== installation)
    await settings
      .update((before) => ({ ...before, installation }))
      .catch((err: unknown) => {
        log.error({ event: "store.settings-unwritten", err }, "the settings could not be stored");
      });
  const credentials = await openJsonStore<CredentialsFile>(
    `${directory}/credentials.json`,
    CredentialsFile,
    { version: 1, machine: { kind: "none" } },
    clock,
  );
  const firstStart = await openJsonStore<FirstStartFile>(
    `${directory}/first-start.json`,
    FirstStartFile,
    INITIAL_FIRST_START,
    clock,
    { migrations: firstStartMigrations },
  );
  return {
    shares,
    settings,
    credentials,
    firstStart,
    installation,
    faults: () => [shares, settings, credentials, firstStart].flatMap((store) => store.fault() ?? []),
  };
}
