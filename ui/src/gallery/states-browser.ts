import type { ErrorCode } from "@tailnet-share/contract/errors";
import type { You } from "@tailnet-share/contract/session";
import { everyKind } from "../testing/every-kind.ts";
import {
  connected,
  fault,
  LOOKING,
  loggedOut,
  machineShare,
  share,
  snapshot,
  workload,
} from "../testing/fixtures.ts";
import { click, type GalleryState, pass, refusal, see, type } from "./state.ts";

const EDITOR: You = { name: "the one-time link", role: "edit", door: "link" };
const LONG: You = { ...LOOKING, name: "a.very.long.name.of.somebody.in.the.tailnet@example.com" };
const WEB = "shop/web";
const refused = (code: ErrorCode, message: string, hint: string) => ({
  "POST /session": refusal(fault({ code, message, hint })),
});
const signIn = [
  type("Link or code", "http://localhost:4180/#abcdefghijklmnopqrstuv"),
  click("button", "Sign in"),
];
const details = [click("button", `Details of ${WEB}`), see("button", `Test connection: ${WEB}`)];

/** A panel in a browser: signing in, and what a user sees who may only look. */
export const BROWSER: readonly GalleryState[] = [
  {
    id: "browser-sign-in",
    title: "In a browser, before signing in",
    snapshot: snapshot(),
    you: null,
    steps: [see("button", "Sign in")],
  },
  {
    id: "browser-code-refused",
    title: "The one-time link was refused",
    snapshot: snapshot(),
    you: null,
    answers: refused(
      "CODE_REFUSED",
      "This link was used, has expired or is incomplete.",
      "Run panel-link again and open the new link.",
    ),
    steps: [...signIn, see("text", "CODE_REFUSED")],
  },
  {
    id: "browser-too-many-tries",
    title: "Too many wrong links were tried",
    snapshot: snapshot(),
    you: null,
    answers: refused("TOO_MANY_TRIES", "Too many wrong links were tried.", "Wait a minute and try again."),
    steps: [...signIn, see("text", "TOO_MANY_TRIES")],
  },
  {
    id: "browser-no-code",
    title: "What was pasted has no code",
    snapshot: snapshot(),
    you: null,
    steps: [type("Link or code", "http://localhost:4180/"), click("button", "Sign in")],
  },
  {
    id: "browser-session-ended",
    title: "The session has ended under the list",
    snapshot: snapshot({ workloads: everyKind() }),
    you: EDITOR,
    answers: {
      "PUT /shares/compose:shop/db/1": refusal(
        fault({
          code: "SIGN_IN_NEEDED",
          message: "You are not signed in, or your session has ended.",
          hint: "Run panel-link in the backend's container and open its link.",
        }),
      ),
    },
    steps: [click("switch", "Share shop/db"), see("button", "Sign in")],
  },
  {
    id: "browser-user",
    title: "The menu of a user who may change things",
    snapshot: snapshot({ workloads: everyKind() }),
    you: EDITOR,
    steps: [click("button", "Signed in by link"), see("menuitem", "Sign out")],
  },
  {
    id: "browser-sign-out-all",
    title: "Asked before everybody is signed out",
    snapshot: snapshot({ workloads: everyKind() }),
    you: EDITOR,
    steps: [
      click("button", "Signed in by link"),
      click("menuitem", "Sign everybody out"),
      see("dialog", "Sign everybody out?"),
    ],
  },
  {
    id: "view-list",
    title: "The list of a user who may only look",
    snapshot: snapshot({ workloads: everyKind() }),
    you: LONG,
    steps: [see("button", `Signed in: ${LONG.name}`)],
  },
  {
    id: "view-node",
    title: "Details of a share on the node, to look at",
    snapshot: snapshot({ workloads: [workload({ share: share() })] }),
    you: LOOKING,
    steps: details,
  },
  {
    id: "view-machine",
    title: "Details of a machine, to look at",
    snapshot: snapshot({ workloads: [workload({ share: machineShare() })] }),
    you: LOOKING,
    steps: details,
  },
  {
    id: "view-menu",
    title: "The account menu of a user who may only look",
    snapshot: snapshot({ workloads: everyKind() }),
    you: LOOKING,
    steps: [click("button", "Account and settings"), see("menuitem", "View logs")],
  },
  {
    id: "view-settings",
    title: "The settings, to look at",
    snapshot: snapshot(),
    you: LOOKING,
    steps: [click("button", "Account and settings"), click("menuitem", "Settings"), see("button", "Back up")],
  },
  {
    id: "view-logged-out",
    title: "Logged out, for a user who may only look",
    snapshot: loggedOut(),
    you: LOOKING,
    steps: [see("button", "Machine name")],
  },
  {
    id: "view-key-expiry",
    title: "The node's key ends soon, for a user who may only look",
    snapshot: snapshot({ node: connected({ keyExpiry: "2026-03-06T12:00:00Z" }), workloads: everyKind() }),
    you: LOOKING,
    steps: [see("button", "Renew key")],
  },
  {
    id: "browser-unreachable",
    title: "In a browser, the backend does not answer",
    snapshot: null,
    you: EDITOR,
    steps: [pass(250), pass(500), pass(1_000), pass(2_000), see("button", "Try again")],
  },
];
