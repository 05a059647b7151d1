import { readFile } from "node:fs/promises";
import type { Logger } from "pino";
import { defaultRoutes, deviceOf, gatewayOf, routesFrom } from "../lib/net/route-table.ts";
import { run } from "../lib/run.ts";

/**
 * Podman adds a default route of metric 100 for each network that a container joins, and the newest one counts. Our own route stands
 * before those. Docker adds one without a metric, which always counts.
 */
const METRIC = 1;

/** Keeps what the backend sends on the extension's own network, whatever other networks it joins. */
export interface WayOut {
  /** `address`: the backend's own on the extension's network; null while unknown. Cheap when nothing is to do. Never rejects. */
  keep(address: string | null): Promise<void>;
}

/** The default route to add; null when none is missing. Pure. `table` as in `/proc/net/route`. */
export function missingRoute(table: string, address: string): { card: string; gateway: string } | null {
  const routes = routesFrom(table);
  const card = deviceOf(address, routes);
  const ways = defaultRoutes(routes);
  const [first] = ways;
  const own = ways.find(({ device }) => device === card);
  const gateway = own === undefined ? null : gatewayOf(own);
  if (first === undefined || card === null || gateway === null) return null;
  return first.metric === 0 || (first.device === card && first.metric <= METRIC) ? null : { card, gateway };
}

/** Whether the kernel has several default routes, none of which goes before the others by its metric. */
export async function isUndecided(): Promise<boolean> {
  const [first, second] = defaultRoutes(routesFrom(await routeTable()));
  return second !== undefined && first !== undefined && first.metric === second.metric;
}

async function routeTable(): Promise<string> {
  return await readFile("/proc/net/route", "utf8").catch(() => "");
}

export function createWayOut(log: Pick<Logger, "info" | "warn">): WayOut {
  let failed = false;
  let reason = "";
  return {
    async keep(address) {
      if (address === null || failed) return;
      const wanted = missingRoute(await routeTable(), address);
      if (wanted === null) return;
      const { card, gateway } = wanted;
      const route = ["default", "via", gateway, "dev", card, "metric", String(METRIC)];
      const { code, stderr } = await run("ip", ["-4", "route", "replace", ...route]).catch(
        (err: unknown) => ({
          code: -1,
          stderr: String(err),
        }),
      );
      if (code === 0) return void log.info({ event: "egress.kept", card, gateway }, "added a default route");
      // Rights that it lacks don't come while it runs, so don't try again then. Joins that move the default route are undone.
      failed = /not permitted/i.test(stderr);
      if (stderr.trim() === reason) return;
      reason = stderr.trim();
      log.warn({ event: "egress.route-refused", reason }, "the kernel refused a default route of our own");
    },
  };
}
