const PATTERNS: readonly [RegExp, string][] = [
  // Tailscale's and Headscale's keys and log-in links.
  [/\b(tskey|hskey)-[\w-]+/gi, "$1-…"],
  [/\bhttps?:\/\/[^\s"']*(?:\/a\/|\/register\/)[^\s"']*/gi, "<log-in link>"],
  [/\b(nodekey|mkey|machinekey|discokey|privkey|nlpub|tlpub):[0-9a-f]+/gi, "$1:…"],
  [/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, "<address>"],
  [/\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}\b|\b(?:[0-9a-f]{1,4}:){1,6}:[0-9a-f:]*\b/gi, "<address>"],
];

/** Takes secrets and addresses out of a line that is meant for other people's eyes; `known` are secrets of whatever form. */
export function redact(text: string, known: readonly string[] = []): string {
  const rest = known.reduce((line, secret) => line.replaceAll(secret, "…"), text);
  return PATTERNS.reduce((line, [pattern, replacement]) => line.replace(pattern, replacement), rest);
}
