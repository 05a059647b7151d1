import { z } from "zod";

/**
 * The engines that the test bed starts: Debian's package (API 1.41), and a current one (API 1.56), built with Go. `debian-2` is
 * Debian's once more, beside the first: half of the specs run on it at the same time. `userns` is Debian's with remapped users, and
 * `rootless` is Debian's run by a user without rights.
 */
export const OwnEngineName = z.enum(["debian", "debian-2", "current", "userns", "rootless"]);
export type OwnEngineName = z.infer<typeof OwnEngineName>;

/** Engines with a smoke test only, at the end of `npm test`: their containers' root has no rights on the machine. */
export const REMAPPED_ENGINES: readonly OwnEngineName[] = ["userns", "rootless"];

/** Engines for all specs in `npm run test:engines`. */
export const ENGINE_VERSIONS: readonly OwnEngineName[] = ["debian", "current"];

const API_VERSIONS: Readonly<Record<OwnEngineName, string>> = {
  debian: "1.41",
  "debian-2": "1.41",
  current: "1.56",
  userns: "1.41",
  rootless: "1.41",
};

/** Throws with a sentence where an engine of the test bed's speaks another API than it is there for: its specs would prove nothing. */
export function assertApiVersion(name: OwnEngineName, apiVersion: string): void {
  const wanted = API_VERSIONS[name];
  if (apiVersion !== wanted)
    throw new Error(
      `the engine '${name}' speaks API ${apiVersion}, and is there to be tested with ${wanted}`,
    );
}

/** What `TESTBED_ENGINE` asks for; null where it does not, which means any engine that is there. Throws with a sentence. */
export function wantedEngine(
  env: Readonly<Record<string, string | undefined>> = process.env,
): OwnEngineName | null {
  const { TESTBED_ENGINE: wanted } = env;
  return wanted === undefined || wanted === "" ? null : engineNamed(wanted, "TESTBED_ENGINE");
}

/** Throws with a sentence that names `source`, where the name came from. */
export function engineNamed(name: string, source: string): OwnEngineName {
  const parsed = OwnEngineName.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new Error(`${source} says '${name}'. There are: ${OwnEngineName.options.join(", ")}.`);
}
