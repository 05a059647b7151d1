import { createSession } from "../api/session.tsx";
import { createVisitor } from "../api/visitor.ts";
import { SignInGate } from "../features/session/sign-in-gate.tsx";
import type { Host } from "../host/host.ts";

/** The properties of `App` for a panel in a browser. `code`: from the address of the page. */
export function inBrowser(host: Host, code: string | null = null) {
  const visitor = createVisitor({
    ...{ send: host.call, code, keepKey() {} },
    refused: ({ message, hint }) => session.notices.error("Couldn't sign in by the link.", message, hint),
  });
  const session = createSession({ ...host, call: visitor.call, containers: null }, visitor);
  return { session, gate: SignInGate };
}
