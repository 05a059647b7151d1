import { describe, expect, it } from "vitest";
import { type LoginTrouble, loginTroubleIn, troubleOfCode } from "./trouble.ts";

const KEY = 'fetch control key: Get "https://control.test/key?v=142": ';

const TEXTS: readonly (readonly [LoginTrouble, string])[] = [
  // A server that is no control server.
  ["not-a-control-server", "fetch control key: 404 Not Found"],
  ["not-a-control-server", "fetch control key: 403 Forbidden"],
  ["not-a-control-server", "fetch control key: 401 Unauthorized"],
  [
    "not-a-control-server",
    "invalid character '<' looking for beginning of value\nkey hex has the wrong size",
  ],
  [
    "not-a-control-server",
    "unexpected end of JSON input: invalid character 'h' looking for beginning of value",
  ],
  ["not-a-control-server", `${KEY}http: server gave HTTP response to HTTPS client`],
  ["not-a-control-server", `${KEY}tls: first record does not look like a TLS handshake`],
  [
    "not-a-control-server",
    `${KEY}net/http: HTTP/1.x transport connection broken: malformed HTTP response "SSH-2.0"`,
  ],
  ["not-a-control-server", `${KEY}net/http: malformed HTTP status code "hello"`],
  [
    "not-a-control-server",
    'register request: Post "https://control.test/machine/register": unexpected HTTP response: 404 Not Found',
  ],
  ["not-a-control-server", 'register request: Post "https://x": server switched to unexpected protocol ""'],
  ["not-a-control-server", "control server is too old; no noise key"],
  // The certificate.
  [
    "untrusted-certificate",
    `${KEY}tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  ],
  [
    "untrusted-certificate",
    `${KEY}x509: certificate has expired or is not yet valid: current time 2026-01-01`,
  ],
  ["untrusted-certificate", `${KEY}x509: certificate is valid for other.test, not control.test`],
  [
    "untrusted-certificate",
    `${KEY}x509: cannot validate certificate for 10.0.0.1 because it doesn't contain any IP SANs`,
  ],
  ["untrusted-certificate", "likely intercepted connection; certificate is self-signed by CN=Proxy"],
  // The name.
  ["unknown-name", `${KEY}dial tcp: lookup control.test on 127.0.0.11:53: no such host`],
  [
    "unknown-name",
    `${KEY}dial tcp: lookup control.test on 192.0.2.53:53: read udp 172.17.0.2:4101->192.0.2.53:53: i/o timeout`,
  ],
  ["unknown-name", `${KEY}dial tcp: lookup control.test on 127.0.0.11:53: server misbehaving`],
  [
    "unknown-name",
    `${KEY}failed to resolve "control.test": no DNS fallback candidates remain for "control.test"`,
  ],
  ["unknown-name", `${KEY}no DNS fallback options for "control.test"`],
  // No answer.
  ["unreachable", `${KEY}dial tcp 172.30.0.10:8080: connect: connection refused`],
  ["unreachable", `${KEY}dial tcp 172.30.0.10:8080: connect: no route to host`],
  ["unreachable", `${KEY}dial tcp 172.30.0.10:8080: connect: network is unreachable`],
  ["unreachable", `${KEY}dial tcp 172.30.0.10:8080: i/o timeout`],
  ["unreachable", `${KEY}context deadline exceeded`],
  ["unreachable", `${KEY}net/http: TLS handshake timeout`],
  ["unreachable", `${KEY}EOF`],
  ["unreachable", `${KEY}read tcp 10.0.0.2:1->10.0.0.1:80: read: connection reset by peer`],
  ["unreachable", "fetch control key: 502 Bad Gateway"],
  ["unreachable", "fetch control key: 503 Service Unavailable"],
  [
    "unreachable",
    "register request: all connection attempts failed (HTTP: dial tcp, HTTPS: TLS forced: no port 80 dialed)",
  ],
  // A proxy on the way.
  ["proxy", `${KEY}proxyconnect tcp: dial tcp 10.0.0.9:3128: connect: connection refused`],
  ["proxy", `${KEY}Proxy Authentication Required`],
  // The key.
  ["key-refused", "invalid pre auth key"],
  ["key-refused", "invalid authkey"],
  ["key-refused", "invalid key: API key kAbCdEf not valid"],
  ["key-refused", "invalid key: API key does not exist"],
  ["key-refused", "invalid key: unable to validate API key"],
  ["key-expired", "authkey expired"],
  ["key-expired", "invalid key: API key kAbCdEf has expired"],
  ["key-used", "authkey already used"],
  ["key-used", "invalid key: this single-use key has already been used"],
  // A rate limit or a device limit.
  ["rate-limited", "node registration rate limited; will retry after 7s"],
  ["rate-limited", "rate limited: slow down (retry after 10s)"],
  ["rate-limited", "register request: http 429: slow down"],
  ["rate-limited", "fetch control key: 429 Too Many Requests"],
  ["device-limit", "tailnet has reached its device limit"],
  ["device-limit", "limit of 100 devices reached"],
  ["device-limit", "too many nodes in this tailnet"],
  // Any other reason.
  ["refused", "requested tags [tag:web] are invalid or not permitted"],
  ["refused", "registration timed out"],
  ["refused", "node not found"],
];

describe("classifying a login error", () => {
  it.each(TEXTS)("%s: %s", (trouble, text) => {
    expect(loginTroubleIn(text)).toBe(trouble);
  });
});

describe("classifying a probe's error code", () => {
  it.each([
    ["ENOTFOUND", "unknown-name"],
    ["EAI_AGAIN", "unknown-name"],
    ["ESERVFAIL", "unknown-name"],
    ["ECONNREFUSED", "unreachable"],
    ["EHOSTUNREACH", "unreachable"],
    ["ENETUNREACH", "unreachable"],
    ["ECONNRESET", "unreachable"],
    ["ETIMEDOUT", "unreachable"],
    ["ABORT_ERR", "unreachable"],
    ["", "unreachable"],
    ["ERR_PROXY_TUNNEL", "proxy"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "untrusted-certificate"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "untrusted-certificate"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "untrusted-certificate"],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "untrusted-certificate"],
    ["CERT_HAS_EXPIRED", "untrusted-certificate"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "untrusted-certificate"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "not-a-control-server"],
    ["EPROTO", "not-a-control-server"],
    ["HPE_INVALID_CONSTANT", "not-a-control-server"],
  ])("%s: %s", (code, trouble) => {
    expect(troubleOfCode(code)).toBe(trouble);
  });
});
