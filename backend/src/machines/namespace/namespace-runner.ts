import type { OwnContainerCalls, OwnContainerSpec } from "../../engine/own-containers.ts";
import type { ContainerFacts } from "../../workloads/facts.ts";
import { ROLE_LABEL } from "../../workloads/identity.ts";
import {
  containerName,
  ENTRY_PROGRAM,
  type Guard,
  INSTALLATION_LABEL,
  KEY_LABEL,
  type MachineRuntime,
  type MachineWish,
} from "../container/container.ts";

/** Commands for our own program in a machine's network namespace: see `bin/machine`. */
export type EntryCommand =
  | readonly ["ready" | "hold", Guard]
  /** The port to probe for TLS; `0` for none. Then the rules that the last look has left, if they are known. */
  | readonly ["look", Guard, string]
  | readonly ["look", Guard, string, string]
  /** The redirects, as `redirectsArgument` writes them. */
  | readonly ["forward", string]
  | readonly ["tidy"]
  | readonly ["listening"]
  | readonly ["control", string];

/** `key`: the machine that the helper belongs to; part of the helper's label and name. */
export type Target = Pick<MachineWish, "key" | "targetId">;

export interface Outcome {
  code: number;
  output: string;
}

/** Runs our own program in machines' network namespaces. Rejects with the engine's errors. */
export interface NamespaceRunner {
  /** Runs it in the machine's container. Uses a helper container if the machine has another image or does not run. */
  run(
    target: Target & { containerId: string | null },
    command: EntryCommand,
    signal: AbortSignal,
  ): Promise<Outcome>;
  /**
   * Whether a command that was begun in this container may still be at work there: nobody waited for its end. The engine can't end it, but it
   * ends with the container.
   */
  mayBeAtWork(containerId: string): boolean;
  /** Call it when the container is gone. */
  forget(containerId: string): void;
  /** Always uses a helper container. */
  runHelper(target: Target, command: EntryCommand, signal?: AbortSignal): Promise<Outcome>;
}

/** The engine splits long log lines, and a list may have thousands of ports. */
const OUTPUT_LINES = 999;

export function createNamespaceRunner(
  engine: Pick<
    OwnContainerCalls,
    "createOwn" | "startOwn" | "removeOwn" | "runInOwn" | "waitForOwn" | "ownOutput"
  >,
  runtime: () => MachineRuntime,
): NamespaceRunner {
  async function runHelper(target: Target, command: EntryCommand, signal?: AbortSignal): Promise<Outcome> {
    // Do not abort this call: the engine would still create the container, and nobody would know its ID.
    const id = await engine.createOwn(helperSpec(target, command, runtime()));
    try {
      signal?.throwIfAborted();
      await engine.startOwn(id, signal);
      const code = await engine.waitForOwn(id, signal);
      return { code, output: await engine.ownOutput(id, OUTPUT_LINES, signal) };
    } finally {
      await engine.removeOwn(id);
    }
  }

  const unwatched = new Set<string>();

  async function runInside(
    containerId: string,
    command: EntryCommand,
    signal: AbortSignal,
  ): Promise<Outcome | null> {
    try {
      return await engine.runInOwn(containerId, [...ENTRY_PROGRAM, ...command], signal);
    } catch {
      unwatched.add(containerId);
      return null;
    }
  }

  return {
    runHelper,
    mayBeAtWork: (containerId) => unwatched.has(containerId),
    forget: (containerId) => void unwatched.delete(containerId),
    async run({ containerId, ...target }, command, signal) {
      const inMachine = containerId === null ? null : await runInside(containerId, command, signal);
      return inMachine?.code === 0 ? inMachine : await runHelper(target, command, signal);
    },
  };
}

/** A container that runs our own program in its target's namespace and ends with it. Pure. */
export function helperSpec(
  { key, targetId }: Target,
  command: EntryCommand,
  { installation, ownImage }: MachineRuntime,
): OwnContainerSpec {
  return {
    name: `${containerName(key, installation)}-help`,
    image: ownImage,
    networkOf: targetId,
    entrypoint: [...ENTRY_PROGRAM, ...command],
    environment: { HOME: "/tmp" },
    labels: { [ROLE_LABEL]: "helper", [INSTALLATION_LABEL]: installation, [KEY_LABEL]: key },
    directories: new Map(),
    tun: false,
    // Any process in a namespace can read its `/proc/net` and use its network, so no extra rights are needed.
    rights: command[0] === "listening" || command[0] === "control" ? "none" : "network",
  };
}

/** The key of a machine, or of a look: see `createListeningLook`. */
const HELPER_KEY = /^(?:look-[0-9a-f]{12}|[0-9a-f]{16})$/;

/**
 * An installation's helpers: used by a step on their machine, or left by a killed backend. Leaves out keys that are `cared` for by another
 * owner. Pure.
 */
export function helperContainers(
  containers: readonly ContainerFacts[],
  installation: string,
  cared: (key: string) => boolean = () => false,
): { key: string; containerId: string }[] {
  return containers.flatMap(({ id, labels }) => {
    const key = labels[KEY_LABEL];
    const ours = labels[ROLE_LABEL] === "helper" && labels[INSTALLATION_LABEL] === installation;
    return ours && key !== undefined && HELPER_KEY.test(key) && !cared(key) ? [{ key, containerId: id }] : [];
  });
}
