import { AppError } from "@tailnet-share/contract/errors";
import { z } from "zod";
import { controlUrlOf } from "../control/home.ts";
import {
  CURRENT,
  decoded,
  encoded,
  identityIn,
  MACHINE_KEY,
  PROFILE,
  PROFILES,
  parsed,
  readStateFile,
} from "../machines/identities/state-file.ts";
import type { Identities } from "./identities.ts";

/** Source: `LoginProfile` in `ipn/prefs.go`. */
const KnownProfiles = z.record(
  z.string(),
  z.looseObject({ Key: z.string(), NodeID: z.string().default(""), ControlURL: z.string().default("") }),
);

/** What the product sets itself, and nothing that opens more than it. Source: `ipn/prefs.go`. */
const PLAIN = {
  WantRunning: true,
  ShieldsUp: false,
  RunSSH: false,
  RunWebClient: false,
  RouteAll: false,
  CorpDNS: false,
  AdvertiseRoutes: null,
  AdvertiseServices: null,
} as const;
/** Source: `types/preftype/netfiltermode.go`. */
const NETFILTER_OFF = 0;
const NETFILTER_ON = 2;

/**
 * The identities of a backup with states that say who each device is and nothing more: a backup comes from anywhere, and a state may
 * ask for a shell, routes, served ports or another control server. Throws `AppError("BACKUP_UNREADABLE")` where a state belongs to
 * another device than the backup says. Pure.
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
      Object.fromEntries(profiles.map(([id, one]) => [id, { ...one, ControlURL: addressOf(one) }])),
    ),
    ...Object.fromEntries(
      profiles.map(([, one]) => [
        one.Key,
        encoded({ ...PLAIN, NetfilterMode, ...identityIn(file?.[one.Key]), ControlURL: addressOf(one) }),
      ]),
    ),
  });
}

function encodedText(text: string): string {
  return Buffer.from(text).toString("base64");
}

function foreign(): AppError {
  return new AppError(
    "BACKUP_UNREADABLE",
    "An identity in this backup is not that of the device that the backup names.",
    "Restore it without a passphrase, or choose another file.",
  );
}
