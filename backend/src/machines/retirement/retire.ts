import { mkdir } from "node:fs/promises";
import { AppError } from "@tailnet-share/contract/errors";
import type { Logger } from "pino";
import { controlUrlOf } from "../../control/home.ts";
import type { Clock } from "../../lib/clock.ts";
import { writeAtomically } from "../../lib/files/atomic-file.ts";
import { readPlainFile } from "../../lib/files/plain-file.ts";
import { comesUp, launch } from "../../tailscale/daemon/launch.ts";
import { signOfLife } from "../../tailscale/daemon/pulse.ts";
import { createLocalApi, type LocalApi } from "../../tailscale/localapi/localapi.ts";
import { machineDirectory, STATE_FILE, tailscaledDirectory } from "../container/container.ts";
import type { MachineCredentials } from "../credentials/credentials.ts";
import type { MachineDirectories, MachineIdentity } from "../device/identity.ts";
import type { KeptDevices } from "./kept-devices.ts";
import { loggedOutDevice, logOutState } from "./log-out-state.ts";

export interface RetireDependencies {
  stateDirectory: string;
  directories: MachineDirectories;
  keptDevices: Pick<KeptDevices, "get" | "keep">;
  credentials: Pick<MachineCredentials, "deleteDevice">;
  /** Forgets the machine's pending retirement. */
  retired: (key: string) => Promise<void>;
  /** The control server of the tailnet that machines join now. */
  controlUrl: () => string;
  /** The tailnet that machines join now, in the form of `tailnetHome`; null while unknown. */
  home: () => string | null;
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  log: Pick<Logger, "warn">;
}

/** A machine's identity in the tailnet, as far as is known. */
interface KnownDevice {
  workload: string | null;
  deviceId: string;
  home: string | null;
}

/** How long to wait for tailscaled's first answer. Milliseconds. */
const START_MS = 10_000;
const MOST_STATE_BYTES = 1024 * 1024;

/**
 * Removes a machine from its tailnet and deletes its state. Deletes the device by API if a credential allows, else logs it out and keeps
 * what makes it the same device when it is wanted again. Its container is gone by then, so a tailscaled without a network of its own logs
 * it out, whatever happened to the target. If the tailnet cannot be reached, rejects with `AppError("MACHINE_NOT_REMOVED")` and keeps
 * everything.
 */
export function createRetire(dependencies: RetireDependencies) {
  const { stateDirectory, directories, keptDevices, credentials, controlUrl, home, log } = dependencies;

  async function deleteDevice(deviceId: string): Promise<boolean> {
    return await credentials.deleteDevice(deviceId).catch((error: unknown) => {
      throw error instanceof AppError ? notRemoved(error.message, error) : error;
    });
  }

  /** Keeps the device before it is logged out: afterwards the key would be lost. */
  async function keep(key: string, device: KnownDevice, state: string): Promise<void> {
    const { deviceId, home: at } = device;
    const itself = loggedOutDevice(state);
    if (itself === null || deviceId === "" || at === null) return;
    const workload = device.workload ?? (await keptDevices.get(key, at))?.workload ?? null;
    // Logging out matters more than returning as the same device, so continue.
    await keptDevices.keep(key, { workload, deviceId, home: at, ...itself }).catch((err: unknown) => {
      log.warn(
        { event: "machine.not-kept", machine: key, err },
        "the identity of a machine could not be stored",
      );
    });
  }

  /** Logs the device out, or deletes it if only its own tailscaled knows its ID. */
  async function sayGoodBye(
    key: string,
    identity: MachineIdentity | null,
    signal: AbortSignal,
  ): Promise<void> {
    const state = await readPlainFile(
      `${tailscaledDirectory(stateDirectory, key)}/${STATE_FILE}`,
      MOST_STATE_BYTES,
    ).then(
      (content) => content.toString("utf8"),
      () => "",
    );
    const logOut = logOutState(state, identity === null ? controlUrl() : controlUrlOf(identity.home));
    // Nobody is logged in.
    if (logOut === null) return;
    await withDaemon(key, logOut, dependencies, signal, async (localApi) => {
      // It may have been switched off before its identity was written down.
      const unnoted = identity === null ? (await localApi.profiles(signal)).current.NodeID : "";
      if (unnoted !== "" && (await deleteDevice(unnoted))) return;
      await keep(key, identity ?? { workload: null, deviceId: unnoted, home: home() }, state);
      await localApi.logout(signal);
    });
  }

  return async (key: string, signal: AbortSignal): Promise<void> => {
    const identity = (await directories.identities()).get(key);
    if (identity !== undefined) {
      const deleted = identity !== null && (await deleteDevice(identity.deviceId));
      if (!deleted) await sayGoodBye(key, identity, signal);
      await directories.remove(key);
    }
    await dependencies.retired(key);
  };
}

/**
 * Runs a tailscaled with this state, in a directory of its own, while `work` talks to it. Rejects with `AppError("MACHINE_NOT_REMOVED")`.
 */
async function withDaemon(
  key: string,
  state: string,
  { stateDirectory, environment, clock }: RetireDependencies,
  signal: AbortSignal,
  work: (localApi: LocalApi) => Promise<void>,
): Promise<void> {
  const directory = `${machineDirectory(stateDirectory, key)}/farewell`;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeAtomically(`${directory}/${STATE_FILE}`, state);
  const socketPath = `${directory}/retire.sock`;
  const tailscaled = await launch({
    purpose: { kind: "log-out" },
    ...{ stateDirectory: directory, socketPath, environment },
  });
  const localApi = createLocalApi(socketPath);
  const start = {
    signOfLife: async (until: AbortSignal) => await signOfLife(socketPath, until),
    withinMs: START_MS,
    clock,
  };
  try {
    if (!(await comesUp(tailscaled, start, signal))) throw new Error("tailscaled does not answer");
    await work(localApi);
  } catch (error) {
    if (error instanceof AppError && error.code === "MACHINE_NOT_REMOVED") throw error;
    throw notRemoved("Can't reach the control server.", error);
  } finally {
    localApi.close();
    await tailscaled.stop(clock);
  }
}

function notRemoved(reason: string, cause: unknown): AppError {
  return new AppError(
    "MACHINE_NOT_REMOVED",
    `A machine that is not shared any more could not be taken out of the tailnet yet; it cannot be reached. ${reason}`,
    "Retrying automatically, at most half an hour apart.",
    { cause },
  );
}
