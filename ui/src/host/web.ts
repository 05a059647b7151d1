import { API_PREFIX, NO_KEY, PANEL_HEADER } from "@tailnet-share/contract/session";
import { toProblem, unwrap } from "./bridge-answers.ts";
import { copyText, openWindow, recall, remember, saveFile } from "./browser.ts";
import { type Clock, pause } from "./clock.ts";
import type { Call, Host } from "./host.ts";
import { silent } from "./problem.ts";
import type { HostWords } from "./words.ts";

/** The container's name in the documented ways to install. */
const CONTAINER = "tailnet-share";
/** Prints a one-time link to the panel. Only somebody who controls the engine can run it. */
export const LINK_COMMAND = `docker exec ${CONTAINER} node /app/panel-link.mjs`;

export const WEB_WORDS: HostWords = {
  restart: `restart the container: docker restart ${CONTAINER}`,
  logs: `You can also see them with: docker logs ${CONTAINER}`,
  update: "Pull the new version's image and re-create the container.",
};

const KEY = "tailnet-share.session-key";

/** The session's key, in the storage of the page's origin, so that every tab has it. */
export interface SessionKey {
  get(): string;
  /** An empty one ends the session for this browser. */
  keep(key: string): void;
}

export function createSessionKey({ recall, remember }: Pick<Host, "recall" | "remember">): SessionKey {
  // Without a storage, the session lasts as long as the page.
  let kept = "";
  return {
    get: () => recall(KEY) || kept || NO_KEY,
    keep(key) {
      kept = key;
      remember(KEY, key);
    },
  };
}

interface WebDeps {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly key: Pick<SessionKey, "get">;
}

/**
 * Browsers drop every request when a network interface of the computer comes or goes, as with each container that starts or stops. What
 * may be sent twice is sent again after these times. Milliseconds.
 */
const AGAIN_AFTER_MS = [50, 250, 1_000];

/** Sends calls to the backend that serves the page, as `Host.call` does. Their paths are from the page's origin. */
export function createWebCall({ fetch, clock, key }: WebDeps): Host["call"] {
  return async (call) => {
    const stop = new AbortController();
    const abort = () => stop.abort();
    const cancel = clock.after(call.limitMs, abort);
    call.signal?.addEventListener("abort", abort);
    if (call.signal?.aborted) abort();
    try {
      const send = async () => await exchange(fetch, call, requestOf(call, key.get(), stop.signal));
      return unwrap(await sentAgain(send, call.method, clock, stop.signal));
    } catch (reason) {
      throw stop.signal.aborted ? silent(WEB_WORDS) : toProblem(reason, WEB_WORDS);
    } finally {
      cancel();
      call.signal?.removeEventListener("abort", abort);
    }
  };
}

async function exchange(fetch: WebDeps["fetch"], { path }: Call, request: RequestInit): Promise<string> {
  const response = await fetch(path, request);
  const body = await response.text();
  if (!response.ok) throw { status: response.status, body };
  return body;
}

/** A browser reports a request that it dropped, or that found nobody, with a `TypeError`. */
async function sentAgain(
  send: () => Promise<string>,
  method: Call["method"],
  clock: Clock,
  signal: AbortSignal,
): Promise<string> {
  for (const ms of method === "POST" ? [] : AGAIN_AFTER_MS) {
    try {
      return await send();
    } catch (reason) {
      if (!(reason instanceof TypeError)) throw reason;
      await pause(clock, ms, signal);
    }
  }
  return await send();
}

/** The browser itself adds the session's cookie. */
function requestOf({ method, body }: Call, key: string, signal: AbortSignal): RequestInit {
  const hasBody = method !== "GET" && method !== "DELETE";
  return {
    method,
    headers: { [PANEL_HEADER]: key, ...(hasBody ? { "content-type": "application/json" } : {}) },
    ...(hasBody ? { body: JSON.stringify(body ?? {}) } : {}),
    cache: "no-store",
    credentials: "same-origin",
    redirect: "error",
    signal,
  };
}

/** A page that the backend itself serves to a browser. `call`: takes paths from the page's origin. */
export function createWebHost(call: Host["call"], clock: Clock): Host {
  return {
    clock,
    call: (asked) => call({ ...asked, path: API_PREFIX + asked.path }),
    openExternal: openWindow,
    copy: copyText,
    save: saveFile,
    containers: null,
    words: WEB_WORDS,
    recall,
    remember,
  };
}
