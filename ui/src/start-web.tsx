import { createSession } from "./api/session.tsx";
import { createVisitor, mayNeedLink } from "./api/visitor.ts";
import { codeOf } from "./features/session/panel-code.ts";
import { SignInGate } from "./features/session/sign-in-gate.tsx";
import { recall, remember } from "./host/browser.ts";
import { systemClock } from "./host/clock.ts";
import { createSessionKey, createWebCall, createWebHost } from "./host/web.ts";
import { draw } from "./start.tsx";

/** Draws the panel of a page that no extension host shows. Usually the backend itself serves it. Loaded on demand. */
export async function startWeb(): Promise<void> {
  const key = createSessionKey({ recall, remember });
  const send = createWebCall({ fetch: (...request) => fetch(...request), clock: systemClock, key });
  const visitor = createVisitor({
    ...{ send, code: takeCode(), keepKey: key.keep },
    refused: ({ message, hint }) => session.notices.error("Couldn't sign in by the link.", message, hint),
  });
  const session = createSession(createWebHost(visitor.call, systemClock), visitor);
  // Opening another link in this tab changes the fragment only, so the page doesn't load again.
  addEventListener("hashchange", () => {
    const code = takeCode();
    const state = visitor.state.get();
    const you = state.kind === "in" ? state.you : null;
    if (code !== null && state.kind !== "unknown" && mayNeedLink(you)) void visitor.signIn(code);
  });
  await draw(session, SignInGate);
}

/** Takes the code out of the address, so that it stays neither in the address bar nor in the history. */
function takeCode(): string | null {
  const { hash, pathname, search } = location;
  if (hash === "") return null;
  history.replaceState(null, "", pathname + search);
  return codeOf(hash);
}
