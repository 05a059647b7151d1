/** Address needs of the other containers on a network. */
export interface Neighbours {
  /** Static IPv4 addresses of containers, running or stopped. */
  asked: readonly string[];
  /** IPv4 addresses in use. */
  held: readonly string[];
  /** Number of stopped containers that get any free address when they start. */
  waiting: number;
}

/** A container's ID and network endpoints. */
interface Resident {
  id: string;
  run: string;
  networks: readonly { networkId: string; networkName: string; address: string; asked?: string }[];
}

/** The neighbours of container `ownId` on a network, joined or not. Pure. */
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

/** Before a container's first start the engine only has what the user wrote: the network's name, or a prefix of its ID. */
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
