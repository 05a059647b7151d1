import type { Account } from "@tailnet-share/contract/node";
import type { Snapshot } from "@tailnet-share/contract/snapshot";

export const HELP_URL = "https://github.com/tailnet-share/tailnet-share#readme";
const TAILSCALE_CONSOLE = "https://login.tailscale.com/admin/machines";

const TAILSCALE_ACCESS_CONTROLS = "https://login.tailscale.com/admin/acls";
/** Where an admin creates OAuth clients. Source: https://tailscale.com/kb/1623/trust-credentials. */
const TAILSCALE_CREDENTIALS = "https://login.tailscale.com/admin/settings/trust-credentials";
/** For somebody who has no account yet. */
export const ABOUT_TAILSCALE = "https://tailscale.com/kb/1151/what-is-tailscale";

/** Returns the admin console of the current account's tailnet; null for control servers without one. */
export function adminConsole({ accounts }: Pick<Snapshot, "accounts">): string | null {
  return usesTailscales(accounts) ? TAILSCALE_CONSOLE : null;
}

/** Returns any tailnet's admin console, given its control server. */
export function consoleOf(controlUrl: string): string | null {
  return isTailscales({ controlUrl }) ? TAILSCALE_CONSOLE : null;
}

/** Returns the tailnet's access controls page; null for control servers without one. */
export function accessControls({ accounts }: Pick<Snapshot, "accounts">): string | null {
  return usesTailscales(accounts) ? TAILSCALE_ACCESS_CONTROLS : null;
}

/** Returns the page where the tailnet's admin creates an OAuth client; null for control servers without one. */
export function trustCredentials({ accounts }: Pick<Snapshot, "accounts">): string | null {
  return usesTailscales(accounts) ? TAILSCALE_CREDENTIALS : null;
}

function usesTailscales(accounts: readonly Account[]): boolean {
  const current = accounts.find((account) => account.current);
  return current !== undefined && isTailscales(current);
}

function isTailscales({ controlUrl }: Pick<Account, "controlUrl">): boolean {
  if (controlUrl === "") return true;
  return URL.canParse(controlUrl) && /(^|\.)tailscale\.com$/.test(new URL(controlUrl).hostname);
}
