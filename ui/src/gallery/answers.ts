import { Backup } from "@tailnet-share/contract/backup";
import { CheckReport } from "@tailnet-share/contract/check";
import { Listening } from "@tailnet-share/contract/listening";
import { NameCheck } from "@tailnet-share/contract/machine";
import { Diagnostics, Logs } from "@tailnet-share/contract/operations";
import { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Answer } from "./state.ts";

/** What the contract says that each call is answered with; the first that fits counts. */
const SCHEMAS: ReadonlyArray<readonly [route: RegExp, schema: { parse(value: unknown): unknown }]> = [
  [/^POST \/shares\/.+\/check$/, CheckReport],
  [/^GET \/workloads\/.+\/listening$/, Listening],
  [/^GET \/names\/[^/]+\?workload=./, NameCheck],
  [/^GET \/diagnostics$/, Diagnostics],
  [/^GET \/logs$/, Logs],
  [/^POST \/backup$/, Backup],
  [/^(PUT|DELETE) \/shares\/.+|^DELETE \/shares$/, Snapshot],
  [/^(POST|DELETE) \/login$|^POST \/(logout|restore)$|^PATCH \/(node|settings)$/, Snapshot],
];

/** The answer as the contract has it. Throws when no backend can give it to this call, or when there is no such call. */
export function parsedAnswer(route: string, answer: Answer): Answer {
  const schema = SCHEMAS.find(([pattern]) => pattern.test(route))?.[1];
  if (schema === undefined) throw new Error(`the contract has no '${route}'`);
  return answer.kind === "body" ? { kind: "body", body: schema.parse(answer.body) } : answer;
}
