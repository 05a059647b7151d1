import { spawn } from "node:child_process";
import { AppError, type Fault } from "@tailnet-share/contract/errors";
import type { Clock } from "../lib/clock.ts";
import { daemonEnvironment } from "../tailscale/daemon.ts";
import { createLocalApi, type LocalApi } from "../tailscale/localapi.ts";
import { tailscaledDirectory } from "./container.ts";
import type { MachineCredentials } from "./credentials.ts";
import type { MachineDirectories } from "./identity.ts";

export interface RetireDependencies {
  stateDirectory: string;
  directories: MachineDirectories;
  credentials: Pick<MachineCredentials, "deleteDevice">;
  /** Forgets that it is to be retired. */
  retired: (key: string) => Promise<void>;
  environment: NodeJS.ProcessEnv;
  clock: Clock;
}

const START_MS = 10_000;
const POLL_MS = 20;

/**
 * Takes a machine out of its tailnet and removes its state: deleted by API where a credential allows, else logged out.
 * Its container is gone by then, so a tailscaled without a network of its own says good-bye for it, whatever became of the target.
 * Rejects with `AppError("MACHINE_NOT_REMOVED")` and keeps everything when the tailnet cannot be told.
 */
export function createRetire(dependencies: RetireDependencies) {
  const { stateDirectory, directories, credentials } = dependencies;

  async function deleteDevice(deviceId: string): Promise<boolean> {
    return await credentials.deleteDevice(deviceId).catch((error: unknown) => {
      throw error instanceof AppError ? notRemoved(error.message, error) : error;
    });
  }

  return async (key: string, signal: AbortSignal): Promise<void> => {
    const identities = await directories.identities();
    const identity = identities.get(key);
    if (identity !== undefined) {
      const deleted = identity !== null && (await deleteDevice(identity.deviceId));
      if (!deleted) {
        const directory = tailscaledDirectory(stateDirectory, key);
        await withDaemon(directory, dependencies, signal, async (localApi) => {
          // Switched off before it was written down what it is in the tailnet.
          const deviceId = identity === null ? (await localApi.profiles(signal)).current.NodeID : "";
          if (deviceId === "" || !(await deleteDevice(deviceId))) await localApi.logout();
        });
      }
      await directories.remove(key);
    }
    await dependencies.retired(key);
  };
}

/** Runs a tailscaled on a machine's state while `work` talks to it. Rejects with `AppError("MACHINE_NOT_REMOVED")`. */
async function withDaemon(
  directory: string,
  { environment, clock }: RetireDependencies,
  signal: AbortSignal,
  work: (localApi: LocalApi) => Promise<void>,
): Promise<void> {
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
  try {
    const localApi = createLocalApi(socket);
    const deadline = clock.now() + START_MS;
    while ((await localApi.status(signal).catch(() => null)) === null) {
      if (clock.now() > deadline || child.exitCode !== null) throw new Error("tailscaled does not answer");
      await clock.sleep(POLL_MS, signal);
    }
    await work(localApi);
  } catch (error) {
    if (error instanceof AppError && error.code === "MACHINE_NOT_REMOVED") throw error;
    throw notRemoved("The control server does not answer.", error);
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

function notRemoved(reason: string, cause: unknown): AppError {
  return new AppError(
    "MACHINE_NOT_REMOVED",
    `A machine that is not shared any more could not be taken out of the tailnet yet; it cannot be reached. ${reason}`,
    "It is tried again by itself. You can also remove it in the admin console.",
    { cause },
  );
}

/** Why machines that are shared no more are still in the tailnet; each reason once. */
export function retirementFaults(failures: ReadonlyMap<string, Fault>): Fault[] {
  const faults = [...failures].flatMap(([step, fault]) =>
    step.startsWith("machine-retire ") ? [fault] : [],
  );
  return [...new Map(faults.map((fault) => [fault.message, fault])).values()];
}
