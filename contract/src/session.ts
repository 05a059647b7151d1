import { z } from "zod";
import { Fault } from "./errors.ts";

/**
 * The header that the panel's own scripts send with each call in a browser: the session's key, or `NO_KEY`. Another site's script can't send
 * it. Browsers send cookies to every port of a host, so the cookie alone would give a session to any other program at the same name; the key
 * is in the storage of the panel's origin, which includes its port.
 */
export const PANEL_HEADER = "x-tailnet-share";
export const NO_KEY = "none";
/** The panel in a browser finds the routes of `API` below this path. */
export const API_PREFIX = "/api";

/** `view` reads and tests connections, `edit` also changes. */
export const Role = z.enum(["view", "edit"]);
export type Role = z.infer<typeof Role>;

/**
 * The app capability that gives a role in the panel to devices of the tailnet: `{"role": "view" | "edit"}`. Grants of the tailnet's policy
 * name it. The domain is the project's placeholder.
 */
export const PANEL_CAPABILITY = "tailnet-share.dev/cap/panel";
/** The port of the panel on the node, if the tailnet may open it. No share can have it then. */
export const TAILNET_PANEL_PORT = 4180;

/** The panel for browsers as the tailnet reaches it. */
export const PanelOnTailnet = z.discriminatedUnion("state", [
  z.object({ state: z.literal("off") }),
  /** Switched on, but not yet reachable. `fault`: why, if that is more than waiting. */
  z.object({ state: z.literal("pending"), fault: Fault.nullable() }),
  z.object({ state: z.literal("open"), url: z.string() }),
]);
export type PanelOnTailnet = z.infer<typeof PanelOnTailnet>;

/** The user of a panel in a browser. */
export const You = z.object({
  /** Shown to the user and in the log: the door, or a name in the tailnet, which is a user's or, for a tagged device, the device's. */
  name: z.string(),
  role: Role,
  /** How they came in: by a one-time link, or by the tailnet. */
  door: z.enum(["link", "tailnet"]),
});
export type You = z.infer<typeof You>;

/**
 * Answer of every route in `SESSION_ROUTES`. By the tailnet, `you` is who the device belongs to while there is no session. `you` is null for a visitor who has to sign in. `key`: of a session that was opened just now.
 */
export const SessionState = z.object({ you: You.nullable(), key: z.string().optional() });
export type SessionState = z.infer<typeof SessionState>;

/** On the backend's socket only: makes a one-time link. Answers with `PanelLink`, or 404 where browsers get no panel. */
export const LINK_ROUTE = { method: "POST", path: "/panel-link" } as const;
export const PanelLink = z.object({ url: z.string() });
export type PanelLink = z.infer<typeof PanelLink>;

/** The fragment of a one-time link, after `#`. */
export const SignIn = z.strictObject({ code: z.string().min(1).max(200) });
export type SignIn = z.infer<typeof SignIn>;

/**
 * The routes of a browser's session; the panel in an extension host has none. Each answers with `SessionState` or an `ErrorBody`. A session
 * needs both its key and a cookie that scripts can't read.
 */
export const SESSION_ROUTES = {
  /** Who the visitor is. */
  read: { method: "GET", path: "/session" },
  /** Signs in with `SignIn`. Refuses a code that is unknown, used or old with `CODE_REFUSED`. */
  open: { method: "POST", path: "/session" },
  /** Signs out. */
  close: { method: "DELETE", path: "/session" },
  /** Signs everybody out who came by a link. */
  closeAll: { method: "DELETE", path: "/sessions" },
} as const;
