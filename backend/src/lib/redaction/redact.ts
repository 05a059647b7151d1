/** Secrets that grant access. */
const SECRETS: readonly [RegExp, string][] = [
  // Tailscale's and Headscale's keys and login links.
  [/\b(tskey|hskey)-[\w-]+/gi, "$1-…"],
  [/\bhttps?:\/\/[^\s"'\\]*(?:\/a\/|\/register\/)[^\s"'\\]*/gi, "<log-in link>"],
  [/\b(machinekey|privkey):[0-9a-f]+/gi, "$1:…"],
];

/** Public keys: they grant no access, but identify a device. */
const PUBLIC_KEYS: readonly [RegExp, string][] = [
  [/\b(nodekey|mkey|discokey|nlpub|tlpub):[0-9a-f]+/gi, "$1:…"],
];

/** Data that identifies other people or devices. */
const OTHERS: readonly [RegExp, string][] = [
  [/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, "<address>"],
  [/\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}\b|\b(?:[0-9a-f]{1,4}:){1,6}:[0-9a-f:]*\b/gi, "<address>"],
  // Login names, also those without a domain: `anna@`, `anna@github`, `anna@passkey`. An image's digest stays.
  [/[\w.+-]+@(?!sha256:)[\w.-]*/g, "<user>"],
  // tailscaled's short forms of a device's key: `[AbC1/]` and `d:0123456789abcdef`.
  [/\[(?=[^\]]*[A-Z0-9+/])[A-Za-z0-9+/]{5}\]/g, "[…]"],
  [/\bd:[0-9a-f]{16}\b/g, "d:…"],
];

/** Redacts keys and login links from a line, and `known` secrets of any form, also inside quoted JSON. */
export function withoutSecrets(text: string, known: readonly string[] = []): string {
  return replaced(withoutAccess(text, known), PUBLIC_KEYS);
}

/** The same, but keeps public keys: a fault may name the key that somebody has to sign. */
export function withoutAccess(text: string, known: readonly string[] = []): string {
  const forms = known.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  const rest = forms.reduce((line, secret) => (secret === "" ? line : line.replaceAll(secret, "…")), text);
  return replaced(rest, SECRETS);
}

/** Redacts secrets and addresses from a line that others will read; `known` are secrets of any form. */
export function redact(text: string, known: readonly string[] = []): string {
  return replaced(withoutSecrets(text, known), OTHERS);
}

/** Replaces each name that is a whole word or the first part of a longer name, together with the domain that follows. */
export type NameVeil = (text: string) => string;

/** Looks each word of a text up in a set, so the cost doesn't depend on the number of names. */
export function createNameVeil(names: Iterable<string>): NameVeil {
  const hidden = new Set<string>();
  const odd: string[] = [];
  for (const name of names) {
    if (/^[\w-]+$/.test(name)) hidden.add(name.toLowerCase());
    // A name like this is never a DNS label. Longest first: one name may be the beginning of another.
    else if (name !== "") odd.push(name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  }
  odd.sort((a, b) => b.length - a.length);
  const oddNames =
    odd.length === 0 ? null : new RegExp(`(?<![\\w-])(?:${odd.join("|")})(?:\\.[\\w.-]*)?(?![\\w-])`, "gi");
  const veiled = (word: string): string => {
    const parts = word.split(".");
    const first = parts.findIndex((part) => hidden.has(part.toLowerCase()));
    return first === -1 ? word : [...parts.slice(0, first), DEVICE].join(".");
  };
  return (text) => {
    const rest = oddNames === null ? text : text.replace(oddNames, DEVICE);
    return hidden.size === 0 ? rest : rest.replace(/[\w.-]+/g, veiled);
  };
}

const DEVICE = "<device>";

function replaced(text: string, patterns: readonly [RegExp, string][]): string {
  return patterns.reduce((line, [pattern, replacement]) => line.replace(pattern, replacement), text);
}
