import { AppError } from "@tailnet-share/contract/errors";
import type { Logger } from "pino";
import { z } from "zod";
import { CONTROL_TROUBLES, type ControlTrouble } from "../control/trouble.ts";
import type { Engine } from "../engine/engine.ts";
import { certificateFault } from "../https/certificate-faults.ts";
import type { Clock } from "../lib/clock.ts";
import { Listener } from "../ports/listening.ts";
import type { ServeConfig } from "../tailscale/localapi/types.ts";
import { type Guard, guardOf, type MachineRuntime } from "./container/container.ts";
import { entryFault } from "./container/entry-fault.ts";
import { type Redirect, redirectsArgument, sameRedirects } from "./container/forwards.ts";
import { createInside, type Target } from "./container/inside.ts";
import type { MachineInside } from "./container/seen-inside.ts";
import { createStart } from "./container/start.ts";
import { createStop } from "./container/stop.ts";
import type { MachineCredentials } from "./device/credentials.ts";
import type { MachineDirectories } from "./device/identity.ts";
import type { KeptDevices } from "./device/kept-devices.ts";
import { createMachineLogIn } from "./device/log-in.ts";
import type { MachineStep } from "./step.ts";
import { timesOfLook } from "./watch/look-rhythm.ts";
import type { MachineWatch } from "./watch/watch.ts";

export interface MachineDependencies {
  engine: Engine;
  watch: MachineWatch;
  directories: MachineDirectories;
  keptDevices: Pick<KeptDevices, "get" | "forget">;
  credentials: Pick<MachineCredentials, "authKey">;
  runtime: () => MachineRuntime | null;
  controlUrl: () => string;
  /** The tailnet that machines join now, in the form of `tailnetHome`; null while unknown. */
  home: () => string | null;
  /** Whether the extension's own node hears the control server. */
  nodeHears: () => boolean;
  /** Called when the engine has pulled or found the image of a tag. */
  onImage: (tag: string) => void;
  /** Takes a machine out of its tailnet and removes its state. */
  retire: (key: string, signal: AbortSignal) => Promise<void>;
  /** Removes its state, and the machine key that would make it the same device again. */
  dismiss: (key: string) => Promise<void>;
  /** Keys of machines whose start is in progress. The start itself removes them if it fails. */
  starting: Set<string>;
  /** Aborts at the deadline for the backend's own shutdown. */
  lastCall: AbortSignal;
  clock: Clock;
  log: Logger;
}

export type MachineExecutors = {
  [K in MachineStep["kind"]]: (step: Extract<MachineStep, { kind: K }>, signal: AbortSignal) => Promise<void>;
};

/** One executor per kind. Each rejects with an `AppError` and can be retried. */
export function createMachineExecutors(dependencies: MachineDependencies): MachineExecutors {
  const {
    engine,
    watch,
    directories,
    keptDevices,
    credentials,
    controlUrl,
    home,
    nodeHears,
    onImage,
    retire,
    dismiss,
    starting,
    lastCall,
    clock,
    log,
  } = dependencies;

  function runtime(): MachineRuntime {
    const known = dependencies.runtime();
    if (known === null)
      throw new AppError("MACHINE_FAILED", "The extension does not know its own image yet.");
    return known;
  }

  const inside = createInside(engine, runtime);

  async function lookFromInside(
    key: string,
    address: string,
    signal: AbortSignal,
  ): Promise<ControlTrouble | null> {
    const targetId = watch.targetId(key);
    if (targetId === null) return null;
    const place = { key, targetId, containerId: watch.containerId(key) };
    const { code, output } = await inside.run(place, ["control", address], signal);
    return code === 0 ? z.enum(CONTROL_TROUBLES).nullable().parse(JSON.parse(output)) : null;
  }

  const { fetchImage, start, untilItAnswers } = createStart({
    ...{ engine, watch, directories, keptDevices, runtime, onImage, inside, lastCall, clock },
  });

  const logIn = createMachineLogIn({
    ...{ credentials, keptDevices, controlUrl, home, nodeHears, lookFromInside, clock },
  });

  /** The node of a running machine; the step was planned for one. */
  function nodeOf(key: string) {
    const node = watch.node(key);
    if (node === null)
      throw new AppError("MACHINE_FAILED", "The machine has ended.", "Tailnet Share restarts it.");
    return node;
  }

  return {
    "machine-fetch": async ({ tag }, signal) => await fetchImage(tag, signal),

    async "machine-start"({ wish, home: at }, signal) {
      starting.add(wish.key);
      try {
        await start(wish, at, signal);
      } finally {
        starting.delete(wish.key);
      }
    },

    "machine-stop": createStop({
      engine,
      goodBye: async (key) => await watch.localApi(key).patchPrefs({ WantRunning: false }),
      untilItAnswers,
      tidy,
      clock,
    }),

    "machine-login": async ({ key, name }, signal) => await logIn(nodeOf(key), { key, name }, signal),

    async "machine-adjust"({ key, name }) {
      nodeOf(key);
      await watch.localApi(key).patchPrefs({ Hostname: name, CorpDNS: false, WantRunning: true });
      await nodeOf(key).refresh();
    },

    async "machine-note"({ key, identity }) {
      await directories.note(key, identity);
      // It is the same device again, and its own directory holds its identity now.
      await keptDevices.forget(key, identity.home);
    },

    async "machine-look"({ key, targetId, life, reachTailnet, ports, askTls }, signal) {
      nodeOf(key);
      const { config } = await watch.localApi(key).serveConfig(signal);
      const place = { key, targetId, containerId: watch.containerId(key) };
      const { guard, ...seen } = await lookInto(place, guardOf({ reachTailnet }, runtime()), askTls, signal);
      if (guard === "restored")
        log.warn(
          { event: "machine.guard-restored", machine: key },
          "a machine's guard was not as it was left",
        );
      const now = clock.monotonic();
      const times = timesOfLook(watch.inside(key), ports, seen.listening, now);
      watch.saw(key, {
        ...{ ...times, serve: config, life, lookedFor: ports },
        ...{ listening: seen.listening, ipv6: seen.ipv6 },
        ...(seen.redirects === null ? {} : { redirects: seen.redirects }),
        ...(askTls === null ? {} : { tls: { port: askTls, speaks: seen.tls } }),
      });
    },

    async "machine-serve"({ key, targetId, config, redirects, ask }, signal) {
      const localApi = watch.localApi(key);
      const now = await localApi.serveConfig(signal);
      // One request cannot change a port's kind, so remove the old config first.
      await localApi.setServeConfig(withoutOurs(now.config), now.etag, signal);
      const cleared = await localApi.serveConfig(signal);
      await localApi.setServeConfig({ ...withoutOurs(cleared.config), ...config }, cleared.etag, signal);
      const feature = ask === null ? null : await localApi.queryFeature(ask).catch(() => null);
      const { config: serve } = await localApi.serveConfig(signal);
      // Do this last: before that, tailscaled does not accept the redirected connections.
      const place = { key, targetId, containerId: watch.containerId(key) };
      const redirected = await redirect(place, redirects, signal);
      watch.saw(key, { serve, asked: ask, featureUrl: feature?.URL || null, ...redirected });
    },

    async "machine-certificate"({ key, domain }, signal) {
      await watch
        .localApi(key)
        .certificate(domain, signal)
        .catch((error: unknown) => {
          const fault = certificateFault(error instanceof Error ? error.message : "");
          throw new AppError(fault.code, fault.message, fault.hint, { cause: error });
        });
      watch.saw(key, { certificate: domain });
    },

    "machine-retire": async ({ key }, signal) => await retire(key, signal),

    "machine-forget": async ({ key }) => await dismiss(key),
  };

  async function tidy(machine: Target & { containerId: string | null }, signal: AbortSignal): Promise<void> {
    const { code, output } = await inside.run(machine, ["tidy"], signal);
    if (code !== 0) throw entryFault(code, output);
  }

  async function lookInto(
    place: Target & { containerId: string | null },
    guard: Guard,
    askTls: number | null,
    signal: AbortSignal,
  ): Promise<z.infer<typeof Look>> {
    const { code, output } = await inside.run(place, ["look", guard, String(askTls ?? 0)], signal);
    // The state stays unknown, which is no fault.
    if (code !== 0) return { guard: null, listening: null, ipv6: [], redirects: null, tls: null };
    return Look.parse(JSON.parse(output));
  }

  /** If the kernel accepts no such rules, the row says what visitors meet, and the loop does not retry. */
  async function redirect(
    place: Target & { containerId: string | null },
    redirects: readonly Redirect[],
    signal: AbortSignal,
  ): Promise<Partial<Pick<MachineInside, "redirects" | "noRedirects">>> {
    const there = watch.inside(place.key)?.redirects ?? [];
    if (sameRedirects(redirects, there)) return {};
    const { code, output } = await inside.run(place, ["forward", redirectsArgument(redirects)], signal);
    if (code === 0) return { redirects, noRedirects: false };
    log.warn(
      { event: "machine.not-redirected", machine: place.key, output: output.slice(-300) },
      "the kernel takes no redirects in a machine's namespace",
    );
    return { redirects: [], noRedirects: true };
  }
}

const Look = z.object({
  guard: z.enum(["intact", "restored", "unsealed"]).nullable(),
  listening: z.array(Listener).nullable(),
  ipv6: z.array(z.string()),
  redirects: z.array(z.object({ port: z.int(), via: z.int() })).nullable(),
  tls: z.boolean().nullable(),
});

/** The whole web part is ours: we made the machine and nobody else configures it. */
function withoutOurs({ TCP: _tcp, Web: _web, AllowFunnel: _funnel, ...rest }: ServeConfig): ServeConfig {
  return rest;
}
