import type { Alert } from "@tailnet-share/contract/snapshot";
import { plural } from "./format.ts";
import { consoleOf } from "./help.ts";

/** A machine that is no longer shared and can't be removed from its tailnet. */
export type LeftMachine = NonNullable<Alert["machines"]>[number];

/** Names this many machines and counts the others. */
const MOST_NAMED = 3;

/** 'web', 'web and api', 'web, api, db and 2 others'. */
export function namesOf(machines: readonly LeftMachine[]): string {
  const names = machines.slice(0, MOST_NAMED).map(({ name }) => name);
  const more = machines.length - names.length;
  const parts = more > 0 ? [...names, plural(more, "other", "others")] : names;
  const last = parts.at(-1) ?? "";
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(", ")} and ${last}`;
}

/** The page where users remove machines' devices by hand: Tailscale's admin console or another control server. */
export type DeviceList = { readonly machines: readonly LeftMachine[] } & (
  | { readonly kind: "console"; readonly url: string }
  | { readonly kind: "server"; readonly host: string }
);

/** Returns one list for each control server. */
export function deviceLists(machines: readonly LeftMachine[]): DeviceList[] {
  const lists = new Map<string, DeviceList>();
  for (const machine of machines) {
    const url = consoleOf(machine.controlUrl);
    const host = hostOf(machine.controlUrl);
    const all = [...(lists.get(url ?? host)?.machines ?? []), machine];
    lists.set(
      url ?? host,
      url === null ? { kind: "server", host, machines: all } : { kind: "console", url, machines: all },
    );
  }
  return [...lists.values()];
}

function hostOf(controlUrl: string): string {
  return URL.canParse(controlUrl) ? new URL(controlUrl).host : controlUrl;
}
