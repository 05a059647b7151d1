/**
 * Why a control server cannot be used, seen from tailscaled or from here: something answers that is none; its certificate is not trusted,
 * not for this address, or out of date; DNS does not know its name, or does not answer; the proxy on the way does not let through.
 */
export const CONTROL_TROUBLES = [
  "not-a-control-server",
  "untrusted-certificate",
  "unknown-name",
  "proxy",
  "unreachable",
] as const;
export type ControlTrouble = (typeof CONTROL_TROUBLES)[number];

/** Why a log-in does not get on. */
export type LoginTrouble =
  | ControlTrouble
  | "key-refused"
  | "key-expired"
  | "key-used"
  | "rate-limited"
  | "device-limit"
  /** Refused, for a reason that only the control server's own words say. */
  | "refused";

/**
 * The first that matches counts: an error of the network is wrapped into others, and quotes what it was about.
 * Sources, all of tailscale 1.102.3: `control/controlclient/direct.go` (register and key), `control/controlhttp/client.go` (upgrade),
 * `net/dnscache`, `net/dnsfallback`, `net/tlsdial`, Go's `net`, `net/http` and `crypto/x509`; and `hscontrol/auth.go`,
 * `types/preauth_key.go` of headscale 0.29.2.
 */
const KINDS: readonly (readonly [LoginTrouble, RegExp])[] = [
  ["rate-limited", /rate limit|http 429|429 too many requests|too many requests/i],
  ["proxy", /proxyconnect|proxy authentication required|407 proxy|connect tunnel failed/i],
  ["untrusted-certificate", /x509:|certificate|tls: unknown authority/i],
  [
    "not-a-control-server",
    /server gave HTTP response to HTTPS client|first record does not look like a TLS handshake|malformed HTTP/i,
  ],
  // A name that DNS could not be asked for ends in a timeout, too.
  ["unknown-name", /\blookup |no such host|server misbehaving|failed to resolve|DNS fallback|no IPs/i],
  // Whoever stands in front of a control server says so when that is away.
  ["unreachable", /\b50[234] (?:bad gateway|service unavailable|gateway time-?out)/i],
  // Also of an upgrade that a reverse proxy does not pass on.
  [
    "not-a-control-server",
    /fetch control key: \d{3}|unexpected HTTP response|unexpected protocol|invalid character|key hex|no noise key|unsupported protocol scheme/i,
  ],
  ["device-limit", /\b(?:device|machine|node)s?\b.*\blimit|\blimit\b.*\b(?:device|machine|node)s?\b/i],
  ["device-limit", /too many (?:device|machine|node)s/i],
  ["key-expired", /\bkey\b.*\bexpired|authkey expired/i],
  ["key-used", /already (?:been )?used|used up|single-use/i],
  [
    "key-refused",
    /auth ?key|api key|invalid key|pre ?auth ?key|\bkey\b.*\b(?:invalid|revoked|not valid|not exist)/i,
  ],
  [
    "unreachable",
    /\bdial\b|timeout|timed out awaiting|connection refused|connection reset|no route|unreachable|deadline exceeded|\bEOF\b|connection attempts|broken pipe/i,
  ],
];

/** What an error of tailscaled's log-in, or what the control server answered it, is about. Pure. */
export function loginTroubleIn(text: string): LoginTrouble {
  return KINDS.find(([, pattern]) => pattern.test(text))?.[0] ?? "refused";
}

/** Codes of Node's `net`, `dns`, `tls` and HTTP parser, and of OpenSSL. */
const CODES: readonly (readonly [ControlTrouble, RegExp])[] = [
  ["unknown-name", /^(?:ENOTFOUND|EAI_|ENODATA|ESERVFAIL)/],
  ["proxy", /^ERR_PROXY/],
  [
    "untrusted-certificate",
    /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH)/,
  ],
  ["not-a-control-server", /^(?:HPE_|EPROTO|ERR_SSL)/],
];

/** What an attempt of our own failed of, by the error's code. Pure. */
export function troubleOfCode(code: string): ControlTrouble {
  return CODES.find(([, pattern]) => pattern.test(code))?.[0] ?? "unreachable";
}
