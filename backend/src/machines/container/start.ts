import { AppError } from "@tailnet-share/contract/errors";
import type { Engine } from "../../engine/engine.ts";
import type { Clock } from "../../lib/clock.ts";
import { until, within } from "../../lib/timing.ts";
import type { MachineDirectories } from "../device/identity.ts";
import type { NamespaceRunner } from "../namespace/namespace-runner.ts";
import type { KeptDevices } from "../retirement/kept-devices.ts";
import type { MachineWatch } from "../watch/watch.ts";
import {
  ENTRY_PROGRAM,
  guardOf,
  imageOf,
  type MachineRuntime,
  type MachineWish,
  machineSpec,
} from "./container.ts";
import { entryFault } from "./entry-fault.ts";
import { STOP_SECONDS } from "./stop.ts";

export interface StartDependencies {
  engine: Engine;
  watch: Pick<MachineWatch, "localApi">;
  directories: Pick<MachineDirectories, "create" | "trust">;
  keptDevices: Pick<KeptDevices, "get">;
  /** Throws an `AppError` while unknown. */
  runtime: () => MachineRuntime;
  /** Called when the engine has pulled or found the image of a tag. */
  onImage: (tag: string) => void;
  runner: NamespaceRunner;
  /** Aborts at the deadline for the backend's own shutdown. */
  lastCall: AbortSignal;
  clock: Clock;
}

/** Deadline for the first answer. tailscaled's socket answers 250 ms after the container starts, later on a busy host. Milliseconds. */
const START_MS = 15_000;
/** How long a machine that is being removed may take to come up. Milliseconds. */
const COMES_UP_MS = 2_000;
const POLL_MS = 10;
const OUTPUT_LINES = 5;

/** Starts machines. */
export interface Start {
  fetchImage(tag: string, signal: AbortSignal): Promise<void>;
  /** Resolves when the machine's tailscaled answers. Removes a machine that does not come up. `home`: the tailnet that it joins. */
  start(wish: MachineWish, home: string | null, signal: AbortSignal): Promise<void>;
  /** Rejects with an `AppError` if the machine's container ends, or its tailscaled does not answer in time. */
  untilItAnswers(key: string, containerId: string, signal: AbortSignal): Promise<void>;
}

export function createStart(dependencies: StartDependencies): Start {
  return new Starter(dependencies);
}

class Starter implements Start {
  readonly #dependencies: StartDependencies;

  constructor(dependencies: StartDependencies) {
    this.#dependencies = dependencies;
  }

  async fetchImage(tag: string, signal: AbortSignal): Promise<void> {
    const { engine, onImage } = this.#dependencies;
    await engine.ensureImage(imageOf(tag), signal);
    onImage(tag);
  }

  async start(wish: MachineWish, home: string | null, signal: AbortSignal): Promise<void> {
    const { engine, runtime, lastCall } = this.#dependencies;
    await this.#makeDirectory(wish, home);
    const foreign = wish.tag !== "";
    if (foreign) await this.fetchImage(wish.tag, signal);
    // Images other than ours can't prepare the namespace.
    if (foreign) await this.#readyByHelper(wish, signal);
    let containerId: string | null = null;
    try {
      // Do not abort this call: the engine would still create the container, and nobody would know its ID.
      containerId = await engine.createOwn(machineSpec(wish, runtime()), lastCall);
      signal.throwIfAborted();
      await engine.startOwn(containerId, signal);
      await this.#guardedFromTheStart(wish, containerId, signal);
    } catch (error) {
      if (containerId !== null || foreign) await this.#takeBack(wish, containerId, error);
      throw error;
    }
  }

  async untilItAnswers(key: string, containerId: string, signal: AbortSignal): Promise<void> {
    const { engine, watch, clock } = this.#dependencies;
    const localApi = watch.localApi(key);
    let turn = 0;
    const answer = async () => {
      const status = await localApi.status(signal).catch(() => null);
      if (status !== null) return status;
      // Asking the engine costs more than trying a socket that does not exist.
      turn += 1;
      const life = turn % 10 === 0 ? await engine.inspectContainer(containerId, signal) : null;
      if (life !== null && !life.running)
        throw entryFault(life.exitCode, await engine.ownOutput(containerId, OUTPUT_LINES, signal));
      return null;
    };
    if ((await until(answer, START_MS, { clock, everyMs: POLL_MS, signal })) !== null) return;
    throw new AppError(
      "MACHINE_FAILED",
      "The machine's tailscaled does not answer.",
      "Retrying automatically.",
    );
  }

  /** The identity, and the authorities that it trusts. */
  async #makeDirectory(wish: MachineWish, home: string | null): Promise<void> {
    const { directories, keptDevices, runtime } = this.#dependencies;
    const before = home === null ? null : await keptDevices.get(wish.key, home);
    await directories.create(wish.key, wish.name, before);
    const { authorities } = runtime();
    if (authorities !== "") await directories.trust(wish.key, authorities);
  }

  /**
   * Adds the rest of the guard, which needs the machine's interface and must be in place before any packet passes it. Waits for the
   * interface in parallel with the machine's own start.
   */
  async #guardedFromTheStart(wish: MachineWish, containerId: string, signal: AbortSignal): Promise<void> {
    const { engine, runtime, runner } = this.#dependencies;
    const guard = guardOf(wish, runtime());
    const command = ["hold", guard] as const;
    const held =
      guard === "guard" && wish.tag === ""
        ? engine.runInOwn(containerId, [...ENTRY_PROGRAM, ...command], signal).catch(() => null)
        : null;
    await this.untilItAnswers(wish.key, containerId, signal);
    if (guard !== "guard" || (await held)?.code === 0) return;
    const { code, output } = await runner.run({ ...wish, containerId }, command, signal);
    if (code !== 0) throw entryFault(code, output);
  }

  async #readyByHelper(wish: MachineWish, signal: AbortSignal): Promise<void> {
    const { runner, runtime } = this.#dependencies;
    const { code, output } = await runner.runHelper(wish, ["ready", guardOf(wish, runtime())], signal);
    if (code !== 0) throw entryFault(code, output);
  }

  /** Removes everything that a failed start left, so that the next attempt starts clean. Also runs when the backend is being stopped. */
  async #takeBack(wish: MachineWish, containerId: string | null, cause: unknown): Promise<void> {
    const { engine, runner, lastCall, clock } = this.#dependencies;
    if (containerId !== null) {
      // Only tailscaled itself removes its rules, and it loses a signal that arrives before it is up.
      const answers = this.untilItAnswers(wish.key, containerId, lastCall).catch(() => undefined);
      await within(answers, COMES_UP_MS, { clock, otherwise: undefined });
      await engine.stopOwn(containerId, STOP_SECONDS, lastCall).catch(() => undefined);
      await engine.removeOwn(containerId, lastCall).catch(() => undefined);
    }
    // It ended before it changed anything.
    if (cause instanceof AppError && cause.code === "TAILSCALED_PRESENT") return;
    await runner.runHelper(wish, ["tidy"], lastCall).catch(() => undefined);
  }
}
