import { Backup } from "@tailnet-share/contract/backup";
import { CheckReport } from "@tailnet-share/contract/check";
import { Listening } from "@tailnet-share/contract/listening";
import { NameCheck } from "@tailnet-share/contract/machine";
import { Diagnostics, Logs } from "@tailnet-share/contract/operations";
import { SessionState } from "@tailnet-share/contract/session";
import { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Answer } from "./state.ts";

/** The contract's answer schema for each call; the first match wins. */
const SCHEMAS: ReadonlyArray<readonly [route: RegExp, schema: { parse(value: unknown): unknown }]> = [
  [/^POST \/shares\/.+\/check$/, CheckReport],
  [/^GET \/workloads\/.+\/listening$/, Listening],
  [/^GET \/names\/[^/]+\?workload=./, NameCheck],
  [/^GET \/diagnostics$/, Diagnostics],
  [/^GET \/logs$/, Logs],
  [/^POST \/backup$/, Backup],
  [/^(GET|POST|DELETE) \/session$/, SessionState],
  [/^(PUT|DELETE) \/shares\/.+|^DELETE \/shares$/, Snapshot],
  [/^(POST|DELETE) \/login$|^POST \/(logout|restore)$|^PATCH \/(node|settings)$/, Snapshot],
];

/** Parses the answer with the contract's schema. Throws when no backend can give this answer, or when the call does not exist. */
export function parsedAnswer(route: string, answer: Answer): Answer {
  const schema = SCHEMAS.find(([pattern]) => pattern.test(route))?.[1];
  if (schema === undefined) throw new Error(`the contract has no '${route}'`);
  return answer.kind === "body" ? { kind: "body", body: schema.parse(answer.body) } : answer;
}
