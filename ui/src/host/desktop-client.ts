import { createDockerDesktopClient } from "@docker/extension-api-client";
import type { Call } from "./host.ts";
import { noHost } from "./problem.ts";

type Client = ReturnType<typeof createDockerDesktopClient>;
/** Docker Desktop releases inject different clients, so every member is optional. */
type Loose<T> = { readonly [K in keyof T]?: T[K] extends (...args: never[]) => unknown ? T[K] : Loose<T[K]> };
export type DesktopClient = Loose<Client>;

export function findClient(): DesktopClient | undefined {
  try {
    return createDockerDesktopClient() as DesktopClient;
  } catch {
    return undefined;
  }
}

/** Calls the backend. Returns the answer as the bridge delivers it, see `bridge-answers`. */
export function send(
  client: DesktopClient | undefined,
  { method, path, body }: Pick<Call, "method" | "path" | "body">,
): Promise<unknown> {
  const service = client?.extension?.vm?.service;
  switch (method) {
    case "GET":
      return service?.get?.(path) ?? Promise.reject(noHost());
    case "DELETE":
      return service?.delete?.(path) ?? Promise.reject(noHost());
    case "POST":
      return service?.post?.(path, body ?? {}) ?? Promise.reject(noHost());
    case "PUT":
      return service?.put?.(path, body ?? {}) ?? Promise.reject(noHost());
    case "PATCH":
      return service?.patch?.(path, body ?? {}) ?? Promise.reject(noHost());
  }
}
