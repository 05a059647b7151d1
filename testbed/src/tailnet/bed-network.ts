import type { Engine } from "../engine/engine.ts";
import { labelFlags } from "../lib/bed-id.ts";

export interface BedNetwork {
  readonly name: string;
  /** `172.30.7`, of the network's /24. */
  readonly prefix: string;
  /** Where the default route of every container on it leads: an address that nobody has. */
  readonly deadEnd: string;
}

/**
 * Makes the network of the control server, the peers and the extension, on a free /24; its name sorts first, as the
 * extension's own network's does. Not an `internal` one: that has no default route, and an engine would give the extension
 * the next network's, which no user's engine does. Instead its default route leads nowhere, so nothing leaves the machine.
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
      // Addresses below 128 are for those that ask for one: the control server's must be free after an engine's restart.
      `--ip-range=${prefix}.128/25`,
      `--aux-address=DefaultGatewayIPv4=${deadEnd}`,
      "--opt=com.docker.network.bridge.enable_ip_masquerade=false",
      ...labelFlags(bedId),
      name,
    ]);
    if (attempt.code === 0) return { name, prefix, deadEnd };
    last = attempt.stderr.trim();
    // The engine knows its networks' subnets and the machine's routes: the next one may be free.
    if (!/overlap/i.test(last)) break;
  }
  throw new Error(`no network could be made for the bed: ${last}`);
}
