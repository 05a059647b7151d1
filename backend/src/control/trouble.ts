/**
 * Reasons why tailscaled or this backend can't use a control server: another server answers at its address; its certificate is
 * untrusted, expired or for another name; DNS doesn't know the name or doesn't answer; the proxy refuses.
 */
export const CONTROL_TROUBLES = [
  "not-a-control-server",
  "untrusted-certificate",
  "unknown-name",
  "proxy",
  "unreachable",
] as const;
export type ControlTrouble = (typeof CONTROL_TROUBLES)[number];

/** Reasons why a login is stuck or failed. */
export type LoginTrouble =
  | ControlTrouble
  | "key-refused"
  | "key-expired"
  | "key-used"
  | "rate-limited"
  | "device-limit"
  /** Refused for a reason that only the control server's message gives. */
  | "refused";

/**
 * The first match wins, because network errors are wrapped in others and quote the request.
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
  // A failed DNS query ends in a timeout too.
  ["unknown-name", /\blookup |no such host|server misbehaving|failed to resolve|DNS fallback|no IPs/i],
  // A reverse proxy answers this when the control server behind it is down.
  ["unreachable", /\b50[234] (?:bad gateway|service unavailable|gateway time-?out)/i],
  // Covers a reverse proxy that doesn't pass on the upgrade, too.
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

/** Classifies a login error from tailscaled or the control server. Pure. */
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

/** Classifies the error code of our own probe. Pure. */
export function troubleOfCode(code: string): ControlTrouble {
  return CODES.find(([, pattern]) => pattern.test(code))?.[0] ?? "unreachable";
}
