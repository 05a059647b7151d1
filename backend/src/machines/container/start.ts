import { AppError } from "@tailnet-share/contract/errors";
import type { Engine } from "../../engine/engine.ts";
import type { Clock } from "../../lib/clock.ts";
import type { MachineDirectories } from "../device/identity.ts";
import type { KeptDevices } from "../device/kept-devices.ts";
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
import type { Inside } from "./inside.ts";
import { STOP_SECONDS } from "./stop.ts";

export interface StartDependencies {
  engine: Engine;
  watch: Pick<MachineWatch, "localApi">;
  directories: Pick<MachineDirectories, "create" | "trust">;
  keptDevices: Pick<KeptDevices, "get">;
  /** Throws an `AppError` while it is not known. */
  runtime: () => MachineRuntime;
  /** Called when the engine has the image of a tag. */
  onImage: (tag: string) => void;
  inside: Inside;
  /** Aborts when the time that a backend has to end is over. */
  lastCall: AbortSignal;
  clock: Clock;
}

/** tailscaled's socket answers a quarter of a second after its container's start; a busy machine may take a while. Milliseconds. */
const START_MS = 15_000;
/** How long one that is taken back gets for it. Milliseconds. */
const COMES_UP_MS = 2_000;
const POLL_MS = 10;
const OUTPUT_LINES = 5;

/** Starts machines; one that does not come up is taken back. */
export function createStart({
  engine,
  watch,
  directories,
  keptDevices,
  runtime,
  onImage,
  inside,
  lastCall,
  clock,
}: StartDependencies) {
  async function fetchImage(tag: string, signal: AbortSignal): Promise<void> {
    await engine.ensureImage(imageOf(tag), signal);
    onImage(tag);
  }

  async function start(wish: MachineWish, at: string | null, signal: AbortSignal): Promise<void> {
    const before = at === null ? null : await keptDevices.get(wish.key, at);
    await directories.create(wish.key, wish.name, before);
    const { authorities } = runtime();
    if (authorities !== "") await directories.trust(wish.key, authorities);
    const foreign = wish.tag !== "";
    if (foreign) await fetchImage(wish.tag, signal);
    // Another image than ours cannot ready the namespace.
    if (foreign) await readyByHelper(wish, signal);
    let containerId: string | null = null;
    try {
      // Not broken off: the engine would make it all the same, and nobody would know of it.
      containerId = await engine.createOwn(machineSpec(wish, runtime()), lastCall);
      signal.throwIfAborted();
      await engine.startOwn(containerId, signal);
      await guardedFromTheStart(wish, containerId, signal);
    } catch (error) {
      if (containerId !== null || foreign) await takeBack(wish, containerId, error);
      throw error;
    }
  }

  /**
   * The rest of the guard needs the machine's interface, and has to be there before anything passes it: it is waited for beside the
   * machine's own start.
   */
  async function guardedFromTheStart(
    wish: MachineWish,
    containerId: string,
    signal: AbortSignal,
  ): Promise<void> {
    const guard = guardOf(wish, runtime());
    const command = ["hold", guard] as const;
    const held =
      guard === "guard" && wish.tag === ""
        ? engine.runInOwn(containerId, [...ENTRY_PROGRAM, ...command], signal).catch(() => null)
        : null;
    await untilItAnswers(wish.key, containerId, signal);
    if (guard !== "guard" || (await held)?.code === 0) return;
    const { code, output } = await inside.run({ ...wish, containerId }, command, signal);
    if (code !== 0) throw entryFault(code, output);
  }

  async function readyByHelper(wish: MachineWish, signal: AbortSignal): Promise<void> {
    const { code, output } = await inside.runHelper(wish, ["ready", guardOf(wish, runtime())], signal);
    if (code !== 0) throw entryFault(code, output);
  }

  /** What did not come up leaves nothing behind either, and a next attempt begins from nothing. Also when we are being stopped ourselves. */
  async function takeBack(wish: MachineWish, containerId: string | null, cause: unknown): Promise<void> {
    if (containerId !== null) {
      // Only tailscaled itself takes its rules back, and a signal before that is there is lost.
      await Promise.race([
        untilItAnswers(wish.key, containerId, lastCall).catch(() => undefined),
        clock.sleep(COMES_UP_MS),
      ]);
      await engine.stopOwn(containerId, STOP_SECONDS, lastCall).catch(() => undefined);
      await engine.removeOwn(containerId, lastCall).catch(() => undefined);
    }
    // It ended before it changed anything.
    if (cause instanceof AppError && cause.code === "TAILSCALED_PRESENT") return;
    await inside.runHelper(wish, ["tidy"], lastCall).catch(() => undefined);
  }

  async function untilItAnswers(key: string, containerId: string, signal: AbortSignal): Promise<void> {
    const localApi = watch.localApi(key);
    const deadline = clock.monotonic() + START_MS;
    for (let turn = 1; clock.monotonic() < deadline; turn += 1) {
      if (await localApi.status(signal).catch(() => null)) return;
      // Asking the engine is dearer than asking a socket that is not there.
      const life = turn % 10 === 0 ? await engine.inspectContainer(containerId, signal) : null;
      if (life !== null && !life.running)
        throw entryFault(life.exitCode, await engine.ownOutput(containerId, OUTPUT_LINES, signal));
      await clock.sleep(POLL_MS, signal);
    }
    throw new AppError(
      "MACHINE_FAILED",
      "The machine's tailscaled does not answer.",
      "Tailnet Share retries automatically.",
    );
  }

  return { fetchImage, start, untilItAnswers };
}
