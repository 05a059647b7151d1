/** A range of a network's addresses. Fields that the engine leaves out are null. */
export interface AddressPool {
  /** In CIDR notation, IPv4 or IPv6. */
  subnet: string;
  /** The part of the subnet that the engine hands out addresses from. */
  range: string | null;
  gateway: string | null;
  /** Addresses that the engine hands to nobody, because the user reserved them (`--aux-address`). */
  reserved: readonly string[];
}

/** A network as the engine describes it. None of this changes while the network exists. */
export interface NetworkFacts {
  id: string;
  name: string;
  /** `bridge`, `overlay`, `macvlan`, … */
  driver: string;
  /** `swarm` for networks of the whole swarm. */
  scope: string;
  /** Without a way out (`--internal`). */
  internal: boolean;
  /** Whether a container may join a swarm's network by itself; without meaning elsewhere. */
  attachable: boolean;
  ipv6: boolean;
  pools: readonly AddressPool[];
  /** The driver's options, such as `com.docker.network.bridge.enable_icc`. */
  options: Readonly<Record<string, string>>;
}
