import { withoutAccess } from "./redact.ts";

/** Every secret that may stand in a text on its way out, whatever its form. */
export interface Secrets {
  list(): readonly string[];
  /** One that has come in with a request: it is not stored yet, or never will be. */
  heard(secret: string): void;
}

/** A person sends few of them, and what became of one is told within moments. */
const MOST_HEARD = 32;
/** Shorter ones would take ordinary words out of every text. Characters. */
const SHORTEST = 6;

/** `stored`: those that are stored here. */
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

/** Fields of requests that hold one: see the contract's routes. */
const FIELDS: ReadonlySet<string> = new Set(["authKey", "clientSecret", "passphrase"]);

/** So deep do they stand; what nests deeper is no request of ours, and is not followed. */
const DEEPEST = 3;

/** The secrets in a request's body, also in one that will be refused. */
export function secretsIn(body: unknown, depth = DEEPEST): string[] {
  if (typeof body !== "object" || body === null || depth === 0) return [];
  return Object.entries(body).flatMap(([name, value]) => {
    if (typeof value === "string") return FIELDS.has(name) ? [value] : [];
    return name === "backup" ? [] : secretsIn(value, depth - 1);
  });
}

/** A value with all of its texts changed; what stays as it was is the same object. */
export function withTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (typeof value !== "object" || value === null) return value;
  return mapped(value, (part) => withTexts(part, change));
}

/**
 * An answer in whose faults no secret stands: they quote what control servers, engines and registries say, and those may quote
 * what they were sent. Links that a person is to open stand elsewhere, and stay.
 */
export function withSafeFaults(value: unknown, secrets: readonly string[]): unknown {
  return withFaultTexts(value, (text) => withoutAccess(text, secrets));
}

/** A value with the texts of all faults in it changed. */
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
