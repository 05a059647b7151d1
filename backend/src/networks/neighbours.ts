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
    const attachment = id === ownId ? undefined : networks.find((candidate) => isOn(candidate, network));
    if (attachment === undefined) continue;
    if (attachment.asked !== undefined) asked.push(attachment.asked);
    if (attachment.address !== "") held.push(attachment.address);
    if (attachment.asked === undefined && attachment.address === "" && run === "stopped") waiting += 1;
  }
  return { asked, held, waiting };
}

/** Before a container's first start the engine only has what the user wrote: the network's name, or a prefix of its ID. */
function isOn(
  attachment: { networkId: string; networkName: string },
  { networkId, networkName }: { networkId: string; networkName: string },
): boolean {
  if (attachment.networkId !== "") return attachment.networkId === networkId;
  return (
    attachment.networkName === networkName ||
    (attachment.networkName.length >= 12 && networkId.startsWith(attachment.networkName))
  );
}
