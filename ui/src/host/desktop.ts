import { toProblem, unwrap } from "./bridge-answers.ts";
import { copyText, openWindow, recall, remember, saveFile } from "./browser.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { findClient } from "./desktop-client.ts";
import { FIRST_CALL } from "./first-call.ts";
import type { Call, Host } from "./host.ts";
import { silent } from "./problem.ts";
import { DESKTOP_WORDS } from "./words.ts";

/** `firstAnswer`: from `makeFirstCall`. The first matching call receives it. */
export function createDesktopHost(
  connection: Connection,
  firstAnswer: Promise<unknown> | null,
  clock: Clock = systemClock,
): Host {
  const client = findClient();
  const navigate = client?.desktopUI?.navigate;
  let early = firstAnswer;
  return {
    clock,
    async call(call) {
      const { method, path } = call;
      const isFirst = method === FIRST_CALL.method && path === FIRST_CALL.path;
      const answer = (isFirst && early) || connection.send(call);
      if (isFirst) early = null;
      try {
        return unwrap(await limited(answer, call, clock));
      } catch (reason) {
        throw toProblem(reason, DESKTOP_WORDS);
      }
    },
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
          list: () => went(navigate.viewContainers?.()),
          view: (id) => went(navigate.viewContainer?.(id)),
          viewLogs: (id) => went(navigate.viewContainerLogs?.(id)),
        }
      : null,
    words: DESKTOP_WORDS,
    recall,
    remember,
  };
}

/** The client can neither time out nor abort, so abandon the call and ignore its answer. */
function limited(answer: Promise<unknown>, { limitMs, signal }: Call, clock: Clock): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(limitMs, () => reject(silent(DESKTOP_WORDS)));
    const abort = () => reject(silent(DESKTOP_WORDS));
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
