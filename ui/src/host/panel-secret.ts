import { NO_SECRET, SECRET_COMMAND } from "@tailnet-share/contract/access";
import type { Clock } from "./clock.ts";
import type { DesktopClient } from "./desktop-client.ts";

/** Time limit for each of the two ways. Milliseconds. */
const TRY_MS = 4_000;
/** The label of the extension's image, which its containers inherit. */
const BACKEND_LABEL = "tailnet-share.role=backend";

/**
 * Reads the panel's secret by a program in the backend's container: through the host, or else with the `docker` command. Only somebody
 * who controls the engine can do either. Returns `NO_SECRET` when neither works.
 */
export async function readPanelSecret(client: DesktopClient | undefined, clock: Clock): Promise<string> {
  const attempts = [readThroughHost, readWithDocker];
  for (const attempt of attempts) {
    const secret = await limited(attempt(client), clock).catch(() => null);
    if (secret !== null) return secret;
  }
  return NO_SECRET;
}

async function readThroughHost(client: DesktopClient | undefined): Promise<string | null> {
  const [program, ...args] = SECRET_COMMAND;
  const result = await client?.extension?.vm?.cli?.exec?.(program, [...args]);
  return secretIn(result);
}

async function readWithDocker(client: DesktopClient | undefined): Promise<string | null> {
  const exec = client?.docker?.cli?.exec;
  const list = await exec?.("ps", ["--quiet", "--no-trunc", "--filter", `label=${BACKEND_LABEL}`]);
  for (const id of list?.stdout.split("\n").filter(Boolean) ?? []) {
    const secret = secretIn(await exec?.("exec", [id, ...SECRET_COMMAND]).catch(() => null));
    if (secret !== null) return secret;
  }
  return null;
}

/** The secret, if that is what the program printed: some hosts resolve with the output of a failed program, too. */
function secretIn(result: { readonly stdout: string } | null | undefined): string | null {
  const text = result?.stdout.trim() ?? "";
  return /^[\w-]{32,}$/.test(text) ? text : null;
}

/** Rejects after `TRY_MS`, because a host may never answer. */
function limited<T>(work: Promise<T>, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(TRY_MS, () => reject(new Error("no answer")));
    work.then(resolve, reject).finally(cancel);
  });
}
