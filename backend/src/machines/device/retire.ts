import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { AppError } from "@tailnet-share/contract/errors";
import type { Logger } from "pino";
import { controlUrlOf } from "../../control/home.ts";
import { writeAtomically } from "../../lib/atomic-file.ts";
import type { Clock } from "../../lib/clock.ts";
import { readPlainFile } from "../../lib/plain-file.ts";
import { daemonEnvironment } from "../../tailscale/daemon.ts";
import { createLocalApi, type LocalApi } from "../../tailscale/localapi.ts";
import { machineDirectory, STATE_FILE, tailscaledDirectory } from "../container/container.ts";
import type { MachineCredentials } from "./credentials.ts";
import type { MachineDirectories, MachineIdentity } from "./identity.ts";
import type { KeptDevices } from "./kept-devices.ts";
import { loggedOutDevice, logOutState } from "./log-out-state.ts";

export interface RetireDependencies {
  stateDirectory: string;
  directories: MachineDirectories;
  keptDevices: Pick<KeptDevices, "get" | "keep">;
  credentials: Pick<MachineCredentials, "deleteDevice">;
  /** Forgets that it is to be retired. */
  retired: (key: string) => Promise<void>;
  /** Of the tailnet that machines get into now. */
  controlUrl: () => string;
  /** The tailnet that machines get into now, as `tailnetHome` says it; null while it is not known. */
  home: () => string | null;
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  log: Pick<Logger, "warn">;
}

/** As far as it is known what a machine is in the tailnet. */
interface KnownDevice {
  workload: string | null;
  deviceId: string;
  home: string | null;
}

const START_MS = 10_000;
const POLL_MS = 20;
const MOST_STATE_BYTES = 1024 * 1024;

/**
 * Takes a machine out of its tailnet and removes its state: deleted by API where a credential allows, else logged out; then what makes
 * it the same device when it is wanted again is kept. Its container is gone by then, so a tailscaled without a network of its own says
 * good-bye for it, whatever became of the target. Rejects with `AppError("MACHINE_NOT_REMOVED")` and keeps everything when the tailnet
 * cannot be told.
 */
export function createRetire(dependencies: RetireDependencies) {
  const { stateDirectory, directories, keptDevices, credentials, controlUrl, home, log } = dependencies;

  async function deleteDevice(deviceId: string): Promise<boolean> {
    return await credentials.deleteDevice(deviceId).catch((error: unknown) => {
      throw error instanceof AppError ? notRemoved(error.message, error) : error;
    });
  }

  /** Before it is logged out: what was not kept then would not be known any more. */
  async function keep(key: string, device: KnownDevice, state: string): Promise<void> {
    const { deviceId, home: at } = device;
    const itself = loggedOutDevice(state);
    if (itself === null || deviceId === "" || at === null) return;
    const workload = device.workload ?? (await keptDevices.get(key, at))?.workload ?? null;
    // That nobody can be it counts for more than that it comes back as the same.
    await keptDevices.keep(key, { workload, deviceId, home: at, ...itself }).catch((err: unknown) => {
      log.warn(
        { event: "machine.not-kept", machine: key, err },
        "the identity of a machine could not be stored",
      );
    });
  }

  /** Logs it out, or deletes it where only its own tailscaled knows who it is. */
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
    // Nobody to log out.
    if (logOut === null) return;
    await withDaemon(key, logOut, dependencies, signal, async (localApi) => {
      // Switched off before it was written down what it is in the tailnet.
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
 * Runs a tailscaled with this state while `work` talks to it, in a directory of its own. Rejects with
 * `AppError("MACHINE_NOT_REMOVED")`.
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
  const socket = `${directory}/retire.sock`;
  const child = spawn(
    "tailscaled",
    [
      `--statedir=${directory}`,
      `--socket=${socket}`,
      "--tun=userspace-networking",
      "--port=0",
      "--no-logs-no-support",
    ],
    // Descriptor 3 closes when this process dies in any way, and takes the daemon with it.
    { stdio: ["ignore", "ignore", "ignore", "pipe"], env: daemonEnvironment(environment) },
  );
  const ended = new Promise<void>((resolve) => {
    child.on("exit", () => resolve());
    child.on("error", () => resolve());
  });
  const localApi = createLocalApi(socket);
  try {
    const deadline = clock.monotonic() + START_MS;
    while ((await localApi.status(signal).catch(() => null)) === null) {
      if (clock.monotonic() > deadline || child.exitCode !== null)
        throw new Error("tailscaled does not answer");
      await clock.sleep(POLL_MS, signal);
    }
    await work(localApi);
  } catch (error) {
    if (error instanceof AppError && error.code === "MACHINE_NOT_REMOVED") throw error;
    throw notRemoved("The control server does not answer.", error);
  } finally {
    localApi.close();
    child.kill("SIGTERM");
    await ended;
  }
}

function notRemoved(reason: string, cause: unknown): AppError {
  return new AppError(
    "MACHINE_NOT_REMOVED",
    `A machine that is not shared any more could not be taken out of the tailnet yet; it cannot be reached. ${reason}`,
    "Tailnet Share retries automatically, at most half an hour apart.",
    { cause },
  );
}
