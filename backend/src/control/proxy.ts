/**
 * The variables by which Go's and Node's HTTP find a proxy; tailscaled takes them for the control server and its relays.
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

/** Passwords that stand in the addresses of proxies, as they are written there and as they are meant: never to be shown. */
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
