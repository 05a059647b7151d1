import type { Engine } from "../engine/engine.ts";
import { waitFor } from "../lib/wait-for.ts";

/** Calls the interface that a stand-in has for tests, and returns the answer's text. `json` becomes the body. */
export type AskAdmin = (method: string, path: string, json?: unknown) => Promise<string>;

/** `what` names the stand-in in errors. Rejects when it refuses a call. */
export function adminOf(what: string, url: string): AskAdmin {
  return async (method, path, json) => {
    const response = await fetch(`${url}${path}`, {
      method,
      signal: AbortSignal.timeout(10_000),
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const body = await response.text();
    if (!response.ok) throw new Error(`${what} refuses ${method} ${path}: ${body.trim()}`);
    return body;
  };
}

/** Waits for a container's first answer. Rejects with the end of its log when none comes. */
export async function firstAnswer<T>(
  engine: Engine,
  containerId: string,
  probe: () => Promise<T>,
  { what, timeoutMs }: { readonly what: string; readonly timeoutMs: number },
): Promise<T> {
  const answered = async () => ({ answer: await probe() });
  const found = await waitFor(answered, { what: `${what} to answer`, timeoutMs }).catch(
    async (error: unknown) => {
      const logs = await engine.tryDocker(["logs", "--tail", "20", containerId]);
      throw new Error(`${what} did not start:\n${logs.stdout}${logs.stderr}`, { cause: error });
    },
  );
  return found.answer;
}
