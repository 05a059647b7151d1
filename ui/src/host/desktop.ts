import { createDockerDesktopClient } from "@docker/extension-api-client";
import { toProblem, unwrap } from "./bridge-answers.ts";
import { copyText, openWindow, recall, remember, saveFile } from "./browser.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Call, Host } from "./host.ts";
import { noHost, silent } from "./problem.ts";

type Client = ReturnType<typeof createDockerDesktopClient>;
/** Docker Desktop releases inject different clients, so every member is optional. */
type Loose<T> = { readonly [K in keyof T]?: T[K] extends (...args: never[]) => unknown ? T[K] : Loose<T[K]> };
type LooseClient = Loose<Client>;

export function createDesktopHost(clock: Clock = systemClock): Host {
  const client = findClient();
  const navigate = client?.desktopUI?.navigate;
  return {
    clock,
    call: (call) => answered(client, call, clock),
    openExternal(url) {
      if (!client?.host?.openExternal) return openWindow(url);
      try {
        client.host.openExternal(url);
        return true;
      } catch {
        return false;
      }
    },
    copy: copyText,
    save: saveFile,
    containers: navigate?.viewContainer
      ? {
          view: (id) => went(navigate.viewContainer?.(id)),
          viewLogs: (id) => went(navigate.viewContainerLogs?.(id)),
        }
      : null,
    recall,
    remember,
  };
}

function findClient(): LooseClient | undefined {
  try {
    return createDockerDesktopClient() as LooseClient;
  } catch {
    return undefined;
  }
}

async function answered(client: LooseClient | undefined, call: Call, clock: Clock): Promise<unknown> {
  try {
    return unwrap(await limited(send(client, call), call, clock));
  } catch (reason) {
    throw toProblem(reason);
  }
}

function send(client: LooseClient | undefined, { method, path, body }: Call): Promise<unknown> {
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

/** The client can neither time out nor abort, so abandon the call and ignore its answer. */
function limited(answer: Promise<unknown>, { limitMs, signal }: Call, clock: Clock): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(limitMs, () => reject(silent()));
    const abort = () => reject(silent());
    signal?.addEventListener("abort", abort);
    answer.then(resolve, reject).finally(() => {
      cancel();
      signal?.removeEventListener("abort", abort);
    });
  });
}

async function went(navigation: Promise<void> | undefined): Promise<boolean> {
  try {
    await navigation;
    return navigation !== undefined;
  } catch {
    return false;
  }
}
