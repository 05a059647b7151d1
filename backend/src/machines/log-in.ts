import { AppError } from "@tailnet-share/contract/errors";
import type { Clock } from "../lib/clock.ts";
import type { TailnetNode } from "../tailscale/node.ts";
import type { MachineCredentials } from "./credentials.ts";
import type { KeptDevices } from "./kept-devices.ts";
import { loginFault } from "./login-outcome.ts";

export interface MachineLogInDependencies {
  credentials: Pick<MachineCredentials, "authKey">;
  keptDevices: Pick<KeptDevices, "get">;
  controlUrl: () => string;
  /** The tailnet that machines get into now, as `tailnetHome` says it; null while it is not known. */
  home: () => string | null;
  clock: Clock;
}

/** A control server answers a log-in, one way or another, within this time. Milliseconds. */
const LOGIN_MS = 20_000;
const POLL_MS = 10;

/**
 * Logs a machine in, by a key where there is a credential, and resolves when it is in, or has a link for a person. Rejects with the
 * `AppError` of what was refused, and with `CONTROL_UNREACHABLE`.
 */
export function createMachineLogIn({
  credentials,
  keptDevices,
  controlUrl,
  home,
  clock,
}: MachineLogInDependencies) {
  return async (
    node: Pick<TailnetNode, "login" | "state">,
    { key, name }: { key: string; name: string },
    signal: AbortSignal,
  ): Promise<void> => {
    const authKey = await credentials.authKey(name);
    // One that was logged out comes back as it was called: headscale lets a device's name follow its host name only after its log-in.
    const at = home();
    const before = at === null ? "" : (await keptDevices.get(key, at))?.hostname;
    await node.login({
      authKey: authKey ?? undefined,
      controlUrl: controlUrl(),
      hostname: before || name,
      fresh: false,
      anotherAccount: false,
    });
    const deadline = clock.now() + LOGIN_MS;
    while (clock.now() < deadline) {
      const fault = loginFault(node.state(), authKey !== null);
      if (fault === undefined) return;
      if (fault !== null) throw new AppError(fault.code, fault.message, fault.hint);
      await clock.sleep(POLL_MS, signal);
    }
    throw new AppError(
      "CONTROL_UNREACHABLE",
      "The control server does not answer.",
      "It is tried again by itself.",
    );
  };
}
