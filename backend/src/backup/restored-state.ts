import { AppError } from "@tailnet-share/contract/errors";
import { z } from "zod";
import { controlUrlOf } from "../control/home.ts";
import {
  CURRENT,
  decoded,
  encoded,
  encodedText,
  identityIn,
  MACHINE_KEY,
  NETFILTER_OFF,
  NETFILTER_ON,
  OPENS_NOTHING,
  PROFILE,
  PROFILES,
  parsed,
  readStateFile,
} from "../machines/device/state-file.ts";
import type { Identities } from "./identities.ts";

/** Source: `LoginProfile` in `ipn/prefs.go`. */
const KnownProfiles = z.record(
  z.string(),
  z.looseObject({ Key: z.string(), NodeID: z.string().default(""), ControlURL: z.string().default("") }),
);

/** Preferences that this product sets itself. */
const PLAIN = { ...OPENS_NOTHING, WantRunning: true, ShieldsUp: false } as const;

/**
 * Reduces the states in a backup to the devices' identities. A backup may come from anywhere, and a state may ask for a shell, routes,
 * served ports or another control server. Throws `AppError("BACKUP_UNREADABLE")` if a state belongs to another device than the backup
 * says. Pure.
 */
export function withoutDemands({ node, machines }: Identities): Identities {
  return {
    node: node && { ...node, state: plainState(node, NETFILTER_ON) },
    machines: machines.map((machine) => ({ ...machine, state: plainState(machine, NETFILTER_OFF) })),
  };
}

function plainState(
  { state, deviceId, home }: Pick<NonNullable<Identities["node"]>, "state" | "deviceId" | "home">,
  NetfilterMode: number,
): string {
  const file = readStateFile(state);
  const current = decoded(file?.[CURRENT]);
  const known = KnownProfiles.safeParse(parsed(decoded(file?.[PROFILES]))).data ?? {};
  const profiles = Object.entries(known).filter(
    ([, { Key }]) => PROFILE.test(Key) && identityIn(file?.[Key]),
  );
  const device = profiles.find(([, { Key }]) => Key === current)?.[1];
  const machineKey = file?.[MACHINE_KEY];
  if (machineKey === undefined || device?.NodeID !== deviceId) throw foreign();
  const addressOf = ({ Key, ControlURL }: (typeof known)[string]) =>
    Key === current ? controlUrlOf(home) : ControlURL;
  return JSON.stringify({
    [MACHINE_KEY]: machineKey,
    [CURRENT]: encodedText(current),
    [PROFILES]: encoded(
      Object.fromEntries(
        profiles.map(([id, profile]) => [id, { ...profile, ControlURL: addressOf(profile) }]),
      ),
    ),
    ...Object.fromEntries(
      profiles.map(([, profile]) => [
        profile.Key,
        encoded({
          ...PLAIN,
          NetfilterMode,
          ...identityIn(file?.[profile.Key]),
          ControlURL: addressOf(profile),
        }),
      ]),
    ),
  });
}

function foreign(): AppError {
  return new AppError(
    "BACKUP_UNREADABLE",
    "An identity in this backup is not that of the device that the backup names.",
    "Restore it without a passphrase, or choose another file.",
  );
}
