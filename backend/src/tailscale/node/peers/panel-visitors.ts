import { AppError } from "@tailnet-share/contract/errors";
import { PANEL_CAPABILITY, Role, type You } from "@tailnet-share/contract/session";
import type { Logger } from "pino";
import { z } from "zod";
import type { Clock } from "../../../lib/clock.ts";
import type { LocalApi } from "../../localapi/localapi.ts";
import type { Status, WhoIs } from "../../localapi/types.ts";

/** Identifies visitors of the panel from the tailnet. */
export interface PanelVisitors {
  /**
   * Returns the user or device at a tailnet address, with its role; null if it has none. An answer counts for `KEPT_MS`. Rejects with
   * `AppError`: `TAILSCALED_DOWN`, `TAILSCALED_REFUSED`, `TOO_MANY_TRIES`; and as `machines` does.
   */
  find(address: string): Promise<You | null>;
  /** Returns the visitor at a tailnet address if it has no role. Null if it is unknown or may be a machine of ours. Rejects as `find` does. */
  stranger(address: string): Promise<Stranger | null>;
}

/** `name`: shown to the visitor. `source`: names it in a grant of the tailnet's policy. */
interface Stranger {
  readonly name: string;
  readonly source: string;
}

interface Answer {
  readonly you: You | null;
  readonly stranger: Stranger | null;
}

/** Milliseconds. */
const KEPT_MS = 10_000;
const MOST_KEPT = 500;
/** tailscaled is asked for so many addresses at most within `KEPT_MS`. A device has two. */
const MOST_ASKED = 200;
/** Devices that were turned away are logged once; after this many, all are forgotten. */
const MOST_LOGGED = 200;

const NO_MACHINES: ReadonlySet<string> = new Set();

const Grant = z.object({ role: Role });

export interface PanelVisitorsDependencies {
  localApi: Pick<LocalApi, "whois" | "status">;
  /**
   * The control server's IDs for the machines of this installation, at this moment: of each that could be the visitor. Rejects while they
   * are unknown; then the visitor gets nothing.
   */
  machines: () => Promise<ReadonlySet<string>>;
  clock: Pick<Clock, "monotonic">;
  log: Pick<Logger, "info">;
}

export function createPanelVisitors({
  localApi,
  machines,
  clock,
  log,
}: PanelVisitorsDependencies): PanelVisitors {
  /** The oldest first. */
  const known = new Map<string, { answer: Promise<Answer>; until: number }>();
  const turnedAway = new Set<string>();
  let asked: readonly number[] = [];

  function assertCalm(now: number): void {
    asked = asked.filter((time) => now - time < KEPT_MS);
    if (asked.length >= MOST_ASKED)
      throw new AppError("TOO_MANY_TRIES", "Too many devices ask for the panel.", "Wait a few seconds.");
    asked = [...asked, now];
  }

  async function ask(address: string): Promise<Answer> {
    // Both at once: the owner is the one of the account that the node is in now.
    const [visitor, { Self }] = await Promise.all([
      // The query needs a port, but tailscaled only uses the address.
      localApi.whois(`${address.includes(":") ? `[${address}]` : address}:1`),
      localApi.status(),
    ]);
    // A visitor who has no role in any case causes no call to the machines.
    const mayHaveRole = visitor !== null && panelRole(visitor, Self, NO_MACHINES) !== null;
    const you = mayHaveRole ? panelRole(visitor, Self, await machines()) : null;
    const name = visitor === null ? address : deviceOf(visitor);
    if (you !== null) turnedAway.delete(name);
    else if (!turnedAway.has(name)) {
      if (turnedAway.size >= MOST_LOGGED) turnedAway.clear();
      turnedAway.add(name);
      log.info({ event: "panel.turned-away", device: name }, "a device without a role asked for the panel");
    }
    const isStranger = visitor !== null && !mayHaveRole;
    return { you, stranger: isStranger ? strangerOf(visitor, Self, address) : null };
  }

  async function answerFor(address: string): Promise<Answer> {
    const now = clock.monotonic();
    const before = known.get(address);
    if (before !== undefined && now < before.until) return await before.answer;
    assertCalm(now);
    const answer = ask(address);
    known.delete(address);
    known.set(address, { answer, until: now + KEPT_MS });
    const [oldest] = known.keys();
    if (known.size > MOST_KEPT && oldest !== undefined) known.delete(oldest);
    // A failure is no answer.
    answer.catch(() => known.get(address)?.answer === answer && known.delete(address));
    return await answer;
  }

  return {
    find: async (address) => (await answerFor(address)).you,
    stranger: async (address) => (await answerFor(address)).stranger,
  };
}

/**
 * The owner of this node may change everything, from each of their devices. Everybody else needs the capability. So does every tagged device:
 * it belongs to nobody, as a tagged node does. And so does every machine of ours, which may be in the tailnet as the owner: the application
 * beside it is not. Pure.
 */
export function panelRole(visitor: WhoIs, self: Status["Self"], machines: ReadonlySet<string>): You | null {
  const { Node, UserProfile } = visitor;
  // Without an ID, it could be any machine of ours.
  const isPersonal = !isTagged(Node) && Node.StableID !== "" && !machines.has(Node.StableID);
  const isOwner = isPersonal && !!self && !isTagged(self) && Node.User !== 0 && Node.User === self.UserID;
  const role = isOwner ? "edit" : grantedRole(visitor);
  if (role === null) return null;
  const user = isPersonal ? (UserProfile?.LoginName ?? "") : "";
  return { name: user || deviceOf(visitor), role, door: "tailnet" };
}

/** Only another person than the node's own user is called by that name: a machine of ours belongs to the latter. Pure. */
export function strangerOf(visitor: WhoIs, self: Status["Self"], address: string): Stranger {
  const { Node, UserProfile } = visitor;
  const login = UserProfile?.LoginName ?? "";
  const isOther = login !== "" && !isTagged(Node) && !!self && !isTagged(self) && Node.User !== self.UserID;
  // Headscale's names have no domain, and its policies write an '@' after them.
  if (isOther) return { name: login, source: login.includes("@") ? login : `${login}@` };
  return { name: deviceOf(visitor), source: Node.Tags?.[0] ?? address };
}

function isTagged({ Tags }: { Tags?: readonly string[] | null | undefined }): boolean {
  return (Tags?.length ?? 0) > 0;
}

function grantedRole({ CapMap }: WhoIs): Role | null {
  const roles = (CapMap?.[PANEL_CAPABILITY] ?? []).flatMap(
    (grant) => Grant.safeParse(grant).data?.role ?? [],
  );
  if (roles.includes("edit")) return "edit";
  return roles.includes("view") ? "view" : null;
}

function deviceOf({ Node }: WhoIs): string {
  return Node.ComputedName || (Node.Name.split(".")[0] ?? "");
}
