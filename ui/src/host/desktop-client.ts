import { createDockerDesktopClient } from "@docker/extension-api-client";

type Client = ReturnType<typeof createDockerDesktopClient>;
/** Hosts and their releases inject different clients, so every member is optional. */
type Loose<T> = { readonly [K in keyof T]?: T[K] extends (...args: never[]) => unknown ? T[K] : Loose<T[K]> };
export type DesktopClient = Loose<Client>;

export function findClient(): DesktopClient | undefined {
  try {
    return createDockerDesktopClient() as DesktopClient;
  } catch {
    return undefined;
  }
}
