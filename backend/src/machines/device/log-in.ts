import { AppError, type Fault } from "@tailnet-share/contract/errors";
import { cutOffFault } from "../../control/fault.ts";
import { TAILSCALE_CONTROL_URL } from "../../control/home.ts";
import type { ControlTrouble } from "../../control/trouble.ts";
import type { Clock } from "../../lib/clock.ts";
import { until } from "../../lib/timing.ts";
import type { TailnetNode } from "../../tailscale/node/node.ts";
import type { MachineCredentials } from "../credentials/credentials.ts";
import type { KeptDevices } from "../retirement/kept-devices.ts";
import { logInOutcome } from "./login-outcome.ts";

export interface MachineLogInDependencies {
  credentials: Pick<MachineCredentials, "authKey">;
  keptDevices: Pick<KeptDevices, "get">;
  controlUrl: () => string;
  /** The tailnet that machines join now, in the form of `tailnetHome`; null while unknown. */
  home: () => string | null;
  /** Whether the extension's own node reaches the control server. */
  nodeHears: () => boolean;
  /** Trouble with the control server as seen from the machine's network; null when none is known. */
  lookFromInside: (key: string, controlUrl: string, signal: AbortSignal) => Promise<ControlTrouble | null>;
  clock: Clock;
}

/** Deadline for the control server to answer a login. Milliseconds. */
const LOGIN_MS = 20_000;
/** Silence after which a probe from the machine's own network looks for the cause. Milliseconds. */
const LOOK_AFTER_MS = 4_000;
const POLL_MS = 10;

/**
 * Logs a machine in, by a key if there is a credential. Resolves when it is in, or has a link for a person. Rejects with the `AppError` of
 * the refusal, or of why it can't reach the control server.
 */
export function createMachineLogIn({
  credentials,
  keptDevices,
  controlUrl,
  home,
  nodeHears,
  lookFromInside,
  clock,
}: MachineLogInDependencies) {
  /** The node reaches the same control server, so the container's network is the cause. */
  async function reasonOf(fault: Fault, look: () => Promise<ControlTrouble | null>): Promise<Fault> {
    if (!nodeHears() || !(fault.code in TROUBLES)) return fault;
    const trouble = (await look()) ?? (fault.code === "CONTROL_NAME_UNKNOWN" ? "unknown-name" : null);
    return trouble === null ? fault : cutOffFault(trouble, controlUrl() || TAILSCALE_CONTROL_URL);
  }

  return async (
    node: Pick<TailnetNode, "login" | "state">,
    { key, name }: { key: string; name: string },
    signal: AbortSignal,
  ): Promise<void> => {
    const authKey = await credentials.authKey(name);
    // A logged-out device returns under its previous name: headscale lets a device's name follow its host name only after login.
    const at = home();
    const before = at === null ? "" : (await keptDevices.get(key, at))?.hostname;
    await node.login({
      authKey: authKey ?? undefined,
      controlUrl: controlUrl(),
      hostname: before || name,
      fresh: false,
      anotherAccount: false,
    });
    const startedAt = clock.monotonic();
    let look: Promise<ControlTrouble | null> | null = null;
    let troubleFound: ControlTrouble | null = null;
    const lookOnce = (): Promise<ControlTrouble | null> => {
      look ??= lookFromInside(key, controlUrl() || TAILSCALE_CONTROL_URL, signal).catch(() => null);
      return look;
    };
    const isThrough = async (): Promise<boolean> => {
      const outcome = logInOutcome(node.state(), authKey !== null);
      if (outcome.state === "done") return true;
      if (outcome.state === "failed") throw failed(await reasonOf(outcome.fault, lookOnce));
      if (look === null && clock.monotonic() - startedAt >= LOOK_AFTER_MS)
        void lookOnce().then((trouble) => {
          troubleFound = trouble;
        });
      if (troubleFound !== null && nodeHears())
        throw failed(cutOffFault(troubleFound, controlUrl() || TAILSCALE_CONTROL_URL));
      return false;
    };
    if (!(await until(isThrough, LOGIN_MS, { clock, everyMs: POLL_MS, signal })))
      throw failed(await reasonOf(NO_ANSWER, lookOnce));
  };
}

/** Faults that only report a timeout. */
const TROUBLES: Partial<Record<Fault["code"], true>> = {
  CONTROL_UNREACHABLE: true,
  CONTROL_NAME_UNKNOWN: true,
};

const NO_ANSWER: Fault = {
  code: "CONTROL_UNREACHABLE",
  message: "Can't reach the control server.",
  hint: "Retrying automatically.",
};

function failed({ code, message, hint }: Fault): AppError {
  return new AppError(code, message, hint);
}
