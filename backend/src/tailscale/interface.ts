/** The kernel's name for the tailnet: what tailscaled is told to create and the ruleset matches. */
export const TAILNET_INTERFACE = "tailscale0";
/** The UDP port that tailscaled is told to use for WireGuard, so that the ruleset can name it. */
export const WIREGUARD_PORT = 41_641;
