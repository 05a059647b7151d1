import type { Engine } from "../engine/engine.ts";
import { labelFlags } from "../lib/bed-id.ts";

export interface BedNetwork {
  readonly name: string;
  /** `172.30.7`, of the network's /24. */
  readonly prefix: string;
  /** Default gateway of every container on the network: an address that no host has. */
  readonly deadEnd: string;
}

/**
 * Creates the network of the control server, the peers and the extension, on a free /24. Its name sorts first, as that of the
 * extension's own network does. It is not `internal`: such a network has no default route, and an engine would give the
 * extension the next network's, which no user's engine does. Instead its default route leads nowhere, so no traffic leaves.
 */
export async function createBedNetwork(engine: Engine, bedId: string): Promise<BedNetwork> {
  const name = `0-tailnet-share-${bedId}`;
  let last = "";
  for (let third = 0; third < 64; third += 1) {
    const prefix = `172.30.${third}`;
    const deadEnd = `${prefix}.2`;
    const attempt = await engine.tryDocker([
      "network",
      "create",
      `--subnet=${prefix}.0/24`,
      `--gateway=${prefix}.1`,
      // Reserves addresses below 128 for fixed assignment: the control server's must be free after an engine's restart.
      `--ip-range=${prefix}.128/25`,
      `--aux-address=DefaultGatewayIPv4=${deadEnd}`,
      "--opt=com.docker.network.bridge.enable_ip_masquerade=false",
      ...labelFlags(bedId),
      name,
    ]);
    if (attempt.code === 0) return { name, prefix, deadEnd };
    last = attempt.stderr.trim();
    // The engine rejects subnets that overlap its networks or the machine's routes. The next one may be free.
    if (!/overlap/i.test(last)) break;
  }
  throw new Error(`no network could be made for the bed: ${last}`);
}
