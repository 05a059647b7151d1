import { AppError } from "@tailnet-share/contract/errors";

/** The page where OAuth clients are made and changed. The previous address, `…/settings/oauth`, redirects to it. */
const CREDENTIALS_PAGE = "https://login.tailscale.com/admin/settings/trust-credentials";

export function refused(message: string, hint: string): AppError {
  return new AppError("CREDENTIAL_REFUSED", /[.!?]$/.test(message) ? message : `${message}.`, hint);
}

export function clientRefused(reason: string): AppError {
  return refused(
    `Tailscale does not take this OAuth client: ${reason}`,
    `Compare client ID and secret with ${CREDENTIALS_PAGE}. A secret is shown only once and ends when its client is revoked: make a new client then.`,
  );
}

export function tagsRefused(tags: readonly string[], reason: string): AppError {
  return refused(
    `Tailscale makes no key for ${tags.join(", ")}: ${reason}`,
    `The tags must be exactly those of the OAuth client, or be owned by one of them in the policy file's tagOwners. The client's tags are at ${CREDENTIALS_PAGE}.`,
  );
}

/** `scope`: as the admin console and as the API write it. */
export function scopeMissing(
  scope: { name: string; id: string },
  tags: readonly string[],
  reason: string,
): AppError {
  return refused(
    `The OAuth client may not do this: ${reason}`,
    `Give it the scope ${scope.name}: Write (${scope.id}) with the tags ${tags.join(", ")} at ${CREDENTIALS_PAGE}.`,
  );
}

/** `wait`: milliseconds. */
export function limitedFor(wait: number): AppError {
  const seconds = Math.ceil(wait / 1_000);
  const when = seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return new AppError(
    "CREDENTIAL_LIMITED",
    "Tailscale API rate limit reached.",
    `It answers again in ${when}. Try again then.`,
  );
}

export function unreachable(detail: string): AppError {
  return new AppError(
    "CREDENTIAL_UNREACHABLE",
    `Tailscale's API could not be reached: ${detail}.`,
    "Check your internet connection and try again.",
  );
}
