/** The kernel's name for the tailnet interface: tailscaled creates it and the ruleset matches it. */
export const TAILNET_INTERFACE = "tailscale0";
/** The UDP port tailscaled uses for WireGuard. It is fixed so that the ruleset can name it. */
export const WIREGUARD_PORT = 41_641;
