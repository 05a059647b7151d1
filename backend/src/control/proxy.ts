/**
 * The proxy variables that Go and Node read. tailscaled uses them for the control server and its relays.
 * Source: `golang.org/x/net/http/httpproxy`, which `net/tshttpproxy` of tailscale 1.102.3 reads.
 */
export const PROXY_VARIABLE = /^(?:HTTPS?_PROXY|NO_PROXY|https?_proxy|no_proxy)$/;

export function proxyVariables(environment: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value && PROXY_VARIABLE.test(name) ? [[name, value]] : [],
    ),
  );
}

/** Passwords in proxy URLs, both encoded and decoded, so that logs can redact them. */
export function proxySecrets(environment: NodeJS.ProcessEnv): string[] {
  return Object.values(proxyVariables(environment)).flatMap((address) => {
    const password = URL.canParse(address) ? new URL(address).password : "";
    if (password === "") return [];
    try {
      return [password, decodeURIComponent(password)];
    } catch {
      return [password];
    }
  });
}
