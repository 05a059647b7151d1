import { withoutAccess } from "./redact.ts";

/** Secrets of any form to redact from outgoing text. */
export interface Secrets {
  list(): readonly string[];
  /** Adds a secret from a request: it is not stored yet, or never will be. */
  heard(secret: string): void;
}

/** A user sends few secrets, and each is used within moments. */
const MOST_HEARD = 32;
/** Redacting shorter ones would remove ordinary words from every text. Characters. */
const SHORTEST = 6;

/** `stored`: returns the secrets stored in the backend. */
export function createSecrets(stored: () => readonly string[]): Secrets {
  let lately: readonly string[] = [];
  return {
    list: () => [...stored(), ...lately],
    heard(secret) {
      if (secret.length < SHORTEST || lately.includes(secret)) return;
      lately = [...lately, secret].slice(-MOST_HEARD);
    },
  };
}

/** Request fields that hold a secret: see the contract's routes. */
const FIELDS: ReadonlySet<string> = new Set(["authKey", "clientSecret", "passphrase"]);

/** Deepest nesting of a secret in our requests; deeper objects are not searched. */
const DEEPEST = 3;

/** Returns the secrets in a request's body, also when the request will be refused. */
export function secretsIn(body: unknown, depth = DEEPEST): string[] {
  if (typeof body !== "object" || body === null || depth === 0) return [];
  return Object.entries(body).flatMap(([name, value]) => {
    if (typeof value === "string") return FIELDS.has(name) ? [value] : [];
    return name === "backup" ? [] : secretsIn(value, depth - 1);
  });
}

/** Returns a value with all of its texts changed; unchanged parts stay the same object. */
export function withTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (typeof value !== "object" || value === null) return value;
  return mapped(value, (part) => withTexts(part, change));
}

/**
 * Redacts secrets from the faults in an answer: faults quote control servers, engines and registries, which may quote what they
 * received. Keeps links for the user to open, which are not part of faults.
 */
export function withSafeFaults(value: unknown, secrets: readonly string[]): unknown {
  return withFaultTexts(value, (text) => withoutAccess(text, secrets));
}

/** Returns a value with the texts of all its faults changed. */
export function withFaultTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (!("code" in value && "message" in value && "hint" in value))
    return mapped(value, (part) => withFaultTexts(part, change));
  return mapped(value, (part) => withTexts(part, change));
}

function mapped(value: object, change: (part: unknown) => unknown): unknown {
  if (Array.isArray(value)) {
    const parts = value.map(change);
    return parts.some((part, at) => part !== value[at]) ? parts : value;
  }
  const entries = Object.entries(value);
  const changed = entries.map(([name, part]) => [name, change(part)] as const);
  return changed.some(([, part], at) => part !== entries[at]?.[1]) ? Object.fromEntries(changed) : value;
}
