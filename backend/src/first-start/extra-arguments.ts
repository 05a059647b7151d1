import type { Fault } from "@tailnet-share/contract/errors";
import { FALSE, unusable } from "./environment.ts";

/** Arguments of 'tailscale up' that have a variable here. */
const INSTEAD: Readonly<Record<string, string>> = {
  "login-server": "TS_CONTROL_URL",
  hostname: "TS_HOSTNAME",
  authkey: "TS_AUTHKEY",
  "auth-key": "TS_AUTHKEY",
};

/** Returns the fault of `TS_EXTRA_ARGS`; null when it asks for nothing but what is so anyway. Quotes names of arguments, never values. */
export function argumentsFault(value: string): Fault | null {
  const found = value.split(/\s+/).flatMap((word) => {
    const [, name, its] = /^--?([a-z][a-z-]*)(?:=(.*))?$/i.exec(word) ?? [];
    if (name === undefined) return [];
    return name === "accept-dns" && its !== undefined && FALSE.test(its) ? [] : [name];
  });
  const names = [...new Set(found)];
  if (names.length === 0) return null;
  const variables = names.flatMap((name) => {
    const variable = INSTEAD[name];
    return variable === undefined ? [] : [`${variable} for --${name}`];
  });
  const others = names.filter((name) => !(name in INSTEAD)).map((name) => `--${name}`);
  const steps = [
    ...(variables.length > 0 ? [`Use ${inWords(variables)}.`] : []),
    ...(others.length > 0 ? [`Remove ${inWords(others)}, which the node does not take.`] : []),
  ];
  return unusable("TS_EXTRA_ARGS", "is not read.", steps.join(" ")).fault;
}

function inWords(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
