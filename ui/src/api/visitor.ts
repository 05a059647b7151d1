import { SESSION_ROUTES, SessionState, type SignIn, type You } from "@tailnet-share/contract/session";
import type { Call, Host } from "../host/host.ts";
import { asProblem, badAnswer, noHost, Problem } from "../host/problem.ts";
import { createStore, type Store } from "./store.ts";

export type VisitorState =
  | { readonly kind: "unknown" }
  | { readonly kind: "in"; readonly you: You }
  /** `ended`: was signed in, and the session ended without a click on 'Sign out'. `problem`: why the last code was refused. */
  | { readonly kind: "out"; readonly ended: boolean; readonly problem: Problem | null };

/** The user of a panel in a browser. */
export interface Visitor {
  readonly state: Store<VisitorState>;
  /**
   * Sends a call for the signed-in user. While nobody is signed in, a call that reads waits for that, and one that changes something
   * rejects with `SIGN_IN_NEEDED`. Rejects with `NO_HOST` when no backend serves the page.
   */
  readonly call: Host["call"];
  /**
   * Never rejects: `state` has the reason of a refusal, or `refused` gets it for somebody who is in anyway, who stays so.
   */
  signIn(code: string): Promise<void>;
  /** Both resolve with the reason of a failure, or null. */
  signOut(): Promise<Problem | null>;
  /** Signs out everybody who came by a link. */
  signOutEverybody(): Promise<Problem | null>;
}

const LIMIT_MS = 10_000;

interface VisitorDeps {
  /** Takes the paths of `SESSION_ROUTES` as they are. */
  readonly send: Host["call"];
  /** From the address of the page. Used by somebody who may not change anything yet. */
  readonly code: string | null;
  /** Keeps the key of a session that was opened, or an empty one when it was closed. */
  readonly keepKey: (key: string) => void;
  readonly refused: (problem: Problem) => void;
}

export function createVisitor({ send, code, keepKey, refused }: VisitorDeps): Visitor {
  const state = createStore<VisitorState>({ kind: "unknown" });
  let unused = code;
  let asking: Promise<void> | null = null;

  async function ask(route: keyof typeof SESSION_ROUTES, body?: SignIn): Promise<You | null> {
    const answer = await send({ ...SESSION_ROUTES[route], body, limitMs: LIMIT_MS });
    const parsed = SessionState.safeParse(answer);
    if (!parsed.success) throw badAnswer(parsed.error);
    const { you, key } = parsed.data;
    if (key !== undefined) keepKey(key);
    return you;
  }

  function put(you: You | null): void {
    state.set(you === null ? { kind: "out", ended: false, problem: null } : { kind: "in", you });
  }

  async function signIn(typed: string): Promise<void> {
    const before = state.get();
    const ended = before.kind === "out" && before.ended;
    // Takes the last refusal away, so that screen readers read the next one although it has the same words.
    if (before.kind === "out") state.set({ ...before, problem: null });
    try {
      put(await ask("open", { code: typed }));
    } catch (reason) {
      if (before.kind === "in") refused(asProblem(reason));
      else state.set({ kind: "out", ended, problem: asProblem(reason) });
    }
  }

  async function find(): Promise<void> {
    const you = await ask("read").catch((reason: unknown) => {
      throw asProblem(reason).code === "BAD_ANSWER" ? noHost() : reason;
    });
    const first = unused;
    unused = null;
    if (you !== null) put(you);
    if (first !== null && mayNeedLink(you)) await signIn(first);
    else if (you === null) put(null);
  }

  /** All calls wait for one answer. */
  async function known(): Promise<void> {
    if (state.get().kind !== "unknown") return;
    asking ??= find().finally(() => {
      asking = null;
    });
    await asking;
  }

  async function call(asked: Call): Promise<unknown> {
    for (;;) {
      await known();
      const before = state.get();
      if (before.kind === "out") await signedIn(state, asked);
      else
        try {
          return await send(asked);
        } catch (reason) {
          const { code } = asProblem(reason);
          // The role has changed. What a failed read says is not known, so keep the old one.
          if (code === "VIEW_ONLY") void ask("read").then(put, () => undefined);
          if (code !== "SIGN_IN_NEEDED") throw reason;
          // Somebody may have signed in after this call was sent.
          if (state.get() === before) state.set({ kind: "out", ended: true, problem: null });
          if (asked.method !== "GET") throw reason;
        }
    }
  }

  async function close(route: "close" | "closeAll"): Promise<Problem | null> {
    try {
      const you = await ask(route);
      // The session has ended, although the tailnet may still know the visitor. "Everybody" leaves those without a session as they are.
      if (you?.door !== "link") keepKey("");
      put(you);
      return null;
    } catch (reason) {
      return asProblem(reason);
    }
  }

  return {
    state,
    call,
    signIn,
    signOut: () => close("close"),
    signOutEverybody: () => close("closeAll"),
  };
}

/** Whether a one-time link gives this user something: everybody who came by a link may change things. */
export function mayNeedLink(you: You | null): boolean {
  return you?.role !== "edit";
}

/** Resolves when somebody is signed in. Rejects for a call that changes something, and when the call is aborted. */
function signedIn(state: Store<VisitorState>, { method, signal }: Call): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      stop();
      signal?.removeEventListener("abort", refuse);
    };
    const refuse = () => {
      done();
      reject(new Problem("SIGN_IN_NEEDED", "Your session has ended.", "Sign in and try again."));
    };
    const stop = state.subscribe(() => {
      if (state.get().kind !== "in") return;
      done();
      resolve();
    });
    signal?.addEventListener("abort", refuse);
    if (method !== "GET" || signal?.aborted) refuse();
  });
}
