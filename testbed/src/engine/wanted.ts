import { z } from "zod";

/**
 * The engines that the test bed starts: Debian's package (API 1.41), and a current one (API 1.56), built with Go. `debian-2` is a
 * second instance of Debian's, which runs half of the specs at the same time. `userns` is Debian's with remapped users, and
 * `rootless` is Debian's run by an unprivileged user. The last two are Podman, of Debian's releases 13 and 12.
 */
export const OwnEngineName = z.enum([
  "debian",
  "debian-2",
  "current",
  "userns",
  "rootless",
  "podman-5.4",
  "podman-4.3",
]);
export type OwnEngineName = z.infer<typeof OwnEngineName>;

/** Engines that only run a smoke test, at the end of `npm test`: their containers' root has no rights on the machine. */
export const REMAPPED_ENGINES: readonly OwnEngineName[] = ["userns", "rootless"];

/** Engines with the specs for Podman in place of the others. */
export const PODMAN_ENGINES: readonly OwnEngineName[] = ["podman-5.4", "podman-4.3"];

/** The spec for Podman that is part of `npm test`. */
export const SMOKE_OF_PODMAN = "tests/engine/podman/smoke.spec.ts";

/** Engines for `npm run test:engines`: all specs on Docker's, those for Podman on Podman's. */
export const ENGINE_VERSIONS: readonly OwnEngineName[] = ["debian", "current", ...PODMAN_ENGINES];

const API_VERSIONS: Readonly<Record<OwnEngineName, string>> = {
  debian: "1.41",
  "debian-2": "1.41",
  current: "1.56",
  userns: "1.41",
  rootless: "1.41",
  "podman-5.4": "1.41",
  "podman-4.3": "1.41",
};

/** Throws with a sentence when one of our engines speaks a different API version than intended: its specs would prove nothing. */
export function assertApiVersion(name: OwnEngineName, apiVersion: string): void {
  const wanted = API_VERSIONS[name];
  if (apiVersion !== wanted)
    throw new Error(
      `the engine '${name}' speaks API ${apiVersion}, and is there to be tested with ${wanted}`,
    );
}

/** Reads `TESTBED_ENGINE`. Returns null when it is unset, which means any available engine. Throws with a sentence. */
export function wantedEngine(
  env: Readonly<Record<string, string | undefined>> = process.env,
): OwnEngineName | null {
  const { TESTBED_ENGINE: wanted } = env;
  return wanted === undefined || wanted === "" ? null : engineNamed(wanted, "TESTBED_ENGINE");
}

/** Throws with a sentence that names `source`, the origin of the name. */
export function engineNamed(name: string, source: string): OwnEngineName {
  const parsed = OwnEngineName.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new Error(`${source} says '${name}'. There are: ${OwnEngineName.options.join(", ")}.`);
}
