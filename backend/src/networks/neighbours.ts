/** Who else needs addresses of a network. */
export interface Neighbours {
  /** IPv4 addresses that somebody, running or not, gets at each start because the user asked for them. */
  asked: readonly string[];
  /** IPv4 addresses in use. */
  held: readonly string[];
  /** Stopped containers that get whichever address is free when they start. */
  waiting: number;
}

/** A container, as far as its places in networks go. */
interface Resident {
  id: string;
  run: string;
  networks: readonly { networkId: string; networkName: string; address: string; asked?: string }[];
}

/** The neighbours that container `ownId` has, or would have, on a network. Pure. */
export function neighboursOn(
  network: { networkId: string; networkName: string },
  containers: Iterable<Resident>,
  ownId: string,
): Neighbours {
  const asked: string[] = [];
  const held: string[] = [];
  let waiting = 0;
  for (const { id, run, networks } of containers) {
    const place = id === ownId ? undefined : networks.find((one) => isOn(one, network));
    if (place === undefined) continue;
    if (place.asked !== undefined) asked.push(place.asked);
    if (place.address !== "") held.push(place.address);
    if (place.asked === undefined && place.address === "" && run === "stopped") waiting += 1;
  }
  return { asked, held, waiting };
}

/** Before a container's first start the engine knows the network only by what the user wrote: its name, or the start of its ID. */
function isOn(
  place: { networkId: string; networkName: string },
  { networkId, networkName }: { networkId: string; networkName: string },
): boolean {
  if (place.networkId !== "") return place.networkId === networkId;
  return (
    place.networkName === networkName ||
    (place.networkName.length >= 12 && networkId.startsWith(place.networkName))
  );
}
