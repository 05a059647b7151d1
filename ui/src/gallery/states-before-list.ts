import {
  APPROVAL_URL,
  fault,
  IDENTITY,
  LOGIN_URL,
  loggedOut,
  share,
  snapshot,
  workload,
} from "../testing/fixtures.ts";
import { click, type GalleryState, LOSE_BACKEND, NO_ANSWER, pass, refusal, see, type } from "./state.ts";

const LATE_MS = 10_000;
const starting = snapshot({ node: { state: "starting", waitsFor: "tailscaled" } });
const kept = [workload({ share: share({ exposure: { state: "waiting", reason: "node-offline" } }) })];
const refused = fault({
  code: "AUTH_KEY_REFUSED",
  message: "Auth key rejected.",
  hint: "Make a new key in the admin console and try again.",
});
const failed = fault({
  code: "TAILSCALED_DOWN",
  message: "Tailscale crashed 3 times while starting.",
  hint: "Tailnet Share restarts it. Download the diagnostics if this stays.",
});
const SIGN = `tailscale lock sign nodekey:${"0a1b".repeat(16)} tlpub:${"2c3d".repeat(16)}`;
const lockedOut = fault({
  code: "TAILNET_LOCKED_OUT",
  message: "Tailnet lock is on and nobody has signed this device, so no other device can reach it.",
  hint: `On a device with a trusted key, run: ${SIGN}`,
  command: SIGN,
});
/** States before the list: starting, logging in, waiting for approval. */
export const BEFORE: readonly GalleryState[] = [
  { id: "loading", title: "Before the first answer", snapshot: null },
  {
    id: "loading-late",
    title: "Before the first answer, after ten seconds",
    snapshot: null,
    steps: [pass(LATE_MS), see("button", "Try again")],
  },
  {
    id: "unreachable",
    title: "The backend does not answer",
    snapshot: null,
    steps: [pass(250), pass(500), pass(1_000), pass(2_000), see("button", "Try again")],
  },
  { id: "starting", title: "The backend starts", snapshot: starting },
  {
    id: "failed",
    title: "The node does not run",
    snapshot: snapshot({ node: { state: "failed", fault: failed }, workloads: kept }),
  },
  {
    id: "locked-out",
    title: "Tailnet lock locks the node out",
    snapshot: snapshot({ node: { state: "failed", fault: lockedOut }, workloads: kept }),
  },
  { id: "logged-out", title: "Logged out", snapshot: loggedOut() },
  {
    id: "logged-out-options",
    title: "Logged out, options open, with what is wrong in them",
    snapshot: loggedOut(),
    steps: [
      click("button", "Use an auth key"),
      click("button", "Use another control server"),
      click("button", "Machine name"),
      type("Auth key", "short"),
      type("Control server", "headscale"),
      type("Machine name", "Docker Anna"),
    ],
  },
  {
    id: "login-refused",
    title: "Logged out, the last login was refused",
    snapshot: { ...loggedOut(), node: { state: "logged-out", login: null, fault: refused } },
  },
  { id: "login-asking", title: "Logging in, no link yet", snapshot: loggedOut(null) },
  {
    id: "login-asking-late",
    title: "Logging in, no link after ten seconds",
    snapshot: loggedOut(null),
    steps: [pass(LATE_MS)],
  },
  {
    id: "login-link",
    title: "Logging in, with the link and its QR code",
    snapshot: loggedOut(LOGIN_URL),
    steps: [see("image", "QR code of the login link")],
  },
  {
    id: "login-another",
    title: "Logging in to another account, with the way back",
    snapshot: { ...loggedOut(LOGIN_URL), accounts: snapshot().accounts, workloads: kept },
    steps: [see("image", "QR code of the login link")],
  },
  {
    id: "needs-approval",
    title: "The tailnet approves devices",
    snapshot: snapshot({ node: { state: "needs-approval", adminUrl: APPROVAL_URL } }),
  },
  {
    id: "connecting-late",
    title: "Connecting for more than ten seconds",
    snapshot: snapshot({ node: { state: "connecting", waitsFor: "the control server" }, workloads: kept }),
    steps: [pass(LATE_MS)],
  },
  {
    id: "paused",
    title: "Paused",
    snapshot: snapshot({ node: { ...IDENTITY, state: "paused" }, workloads: kept }),
  },
  {
    id: "expired",
    title: "The login has expired",
    snapshot: snapshot({
      node: { state: "expired", name: IDENTITY.name, login: null, fault: null },
      workloads: kept,
    }),
  },
  {
    id: "expired-link",
    title: "Logging in again after the login has expired",
    snapshot: snapshot({
      node: { state: "expired", name: IDENTITY.name, login: { url: LOGIN_URL }, fault: null },
      workloads: kept,
    }),
    steps: [see("image", "QR code of the login link")],
  },
  {
    id: "login-busy",
    title: "Log in was pressed",
    snapshot: loggedOut(),
    answers: { "POST /login": NO_ANSWER },
    steps: [click("button", "Log in")],
  },
  {
    id: "login-impossible",
    title: "The login could not be started",
    snapshot: loggedOut(),
    answers: {
      "POST /login": refusal(
        fault({
          code: "CONTROL_UNREACHABLE",
          message: "Can't reach the control server controlplane.tailscale.com.",
          hint: "Check the address and your internet connection, then try again.",
        }),
      ),
    },
    steps: [click("button", "Log in"), see("text", "Couldn't start the login.")],
  },
  {
    id: "backend-lost",
    title: "The backend went away under the list",
    snapshot: snapshot({ workloads: [workload({ share: share() })] }),
    steps: [see("switch", "Share shop/web"), LOSE_BACKEND, pass(250), see("button", "Try again")],
  },
];
