import { API_PREFIX, PANEL_HEADER } from "@tailnet-share/contract/session";
import { toProblem, unwrap } from "./bridge-answers.ts";
import { copyText, openWindow, recall, remember, saveFile } from "./browser.ts";
import type { Clock } from "./clock.ts";
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

interface WebDeps {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/** Sends calls to the backend that serves the page, as `Host.call` does. */
export function createWebCall({ fetch, clock }: WebDeps): Host["call"] {
  return async (call) => {
    const stop = new AbortController();
    const abort = () => stop.abort();
    const cancel = clock.after(call.limitMs, abort);
    call.signal?.addEventListener("abort", abort);
    if (call.signal?.aborted) abort();
    try {
      const response = await fetch(API_PREFIX + call.path, requestOf(call, stop.signal));
      const body = await response.text();
      if (!response.ok) throw { status: response.status, body };
      return unwrap(body);
    } catch (reason) {
      throw stop.signal.aborted ? silent(WEB_WORDS) : toProblem(reason, WEB_WORDS);
    } finally {
      cancel();
      call.signal?.removeEventListener("abort", abort);
    }
  };
}

/** The browser itself adds the session's cookie. */
function requestOf({ method, body }: Call, signal: AbortSignal): RequestInit {
  const hasBody = method !== "GET" && method !== "DELETE";
  return {
    method,
    headers: { [PANEL_HEADER]: "1", ...(hasBody ? { "content-type": "application/json" } : {}) },
    ...(hasBody ? { body: JSON.stringify(body ?? {}) } : {}),
    cache: "no-store",
    credentials: "same-origin",
    redirect: "error",
    signal,
  };
}

/** A page that the backend itself serves to a browser. */
export function createWebHost(call: Host["call"], clock: Clock): Host {
  return {
    clock,
    call,
    openExternal: openWindow,
    copy: copyText,
    save: saveFile,
    containers: null,
    words: WEB_WORDS,
    recall,
    remember,
  };
}
