/** Settings that let a container find a control server and stay on the bed's network. */
export interface Surroundings {
  /** Addresses by name, for names that no DNS server of the bed knows. */
  readonly hosts: Readonly<Record<string, string>>;
  /** The authority of the control server's certificate, as PEM; null without TLS. */
  readonly authority: string | null;
  /** Environment of every tailscaled. */
  readonly env: Readonly<Record<string, string>>;
}

export interface AuthKeyOptions {
  readonly reusable?: boolean;
}

/** A control server of any kind. */
export interface LoginServer {
  readonly containerId: string;
  /** Where a node logs in; null at Tailscale's own address, where the setting stays empty. */
  readonly loginUrl: string | null;
  readonly surroundings: Surroundings;
  /** Creates a key that is valid for a day and reusable by default. */
  createAuthKey(options?: AuthKeyOptions): Promise<string>;
  /** MagicDNS names, sorted, of the devices that could be in the tailnet. */
  loggedIn(): Promise<readonly string[]>;
}

/** Flags of `docker run` for the names in a container's hosts file. */
export function hostFlags({ hosts }: Pick<Surroundings, "hosts">): string[] {
  return Object.entries(hosts).map(([name, address]) => `--add-host=${name}:${address}`);
}
