/** One IPAM pool of a network. Fields that the engine omits are null. */
export interface AddressPool {
  /** In CIDR notation, IPv4 or IPv6. */
  subnet: string;
  /** The part of the subnet that the engine hands out addresses from. */
  range: string | null;
  gateway: string | null;
  /** Addresses that the user reserved (`--aux-address`), so the engine never assigns them. */
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
  /** Has no default route (`--internal`). */
  internal: boolean;
  /** Whether standalone containers may join a swarm network; meaningless for other networks. */
  attachable: boolean;
  ipv6: boolean;
  pools: readonly AddressPool[];
  /** The driver's options, such as `com.docker.network.bridge.enable_icc`. */
  options: Readonly<Record<string, string>>;
}
