const COMMENTED = /^(\s*)# (?=TS_AUTHKEY_FILE: |secrets:| {2}tailnet-share-auth-key:$| {4}file: )/gm;

/** Removes the comments around the secret in the compose file for a plain engine, as its documentation says. */
export function withSecret(compose: string): string {
  return compose.replaceAll(COMMENTED, "$1");
}
