import type { Account, Snapshot } from "@tailnet-share/contract/model";

export const HELP_URL = "https://github.com/tailnet-share/tailnet-share#readme";
const TAILSCALE_CONSOLE = "https://login.tailscale.com/admin/machines";

/** Where the tailnet of the account in use is administered; null for servers that have no such page. */
export function adminConsole({ accounts }: Pick<Snapshot, "accounts">): string | null {
  const current = accounts.find((account) => account.current);
  return current && isTailscales(current) ? TAILSCALE_CONSOLE : null;
}

function isTailscales({ controlUrl }: Account): boolean {
  if (controlUrl === "") return true;
  return URL.canParse(controlUrl) && /(^|\.)tailscale\.com$/.test(new URL(controlUrl).hostname);
}
