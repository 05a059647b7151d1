import type { Logger } from "pino";
import { z } from "zod";
import type { Clock } from "../../lib/clock.ts";
import { Listener } from "../../ports/listening.ts";
import type { ServeConfig } from "../../tailscale/localapi/types.ts";
import { type Guard, guardOf, type MachineRuntime } from "../container/container.ts";
import type { MachineExecutors, MachineStep } from "../step.ts";
import { timesOfLook } from "../watch/look-rhythm.ts";
import { runningNode } from "../watch/running-node.ts";
import type { MachineWatch } from "../watch/watch.ts";
import { type Redirect, redirectsArgument, sameRedirects } from "./forwards.ts";
import type { MachineInspection } from "./inspection.ts";
import type { NamespaceRunner, Target } from "./namespace-runner.ts";

export interface NamespaceStepDependencies {
  watch: Pick<MachineWatch, "node" | "localApi" | "containerId" | "inspection" | "saw">;
  runner: NamespaceRunner;
  /** Throws an `AppError` while unknown. */
  runtime: () => MachineRuntime;
  clock: Clock;
  log: Logger;
}

type MachineTarget = Target & { containerId: string | null };

/** The steps that look into a machine's network namespace, and decide what it serves. */
export function createInsideSteps(
  dependencies: NamespaceStepDependencies,
): Pick<MachineExecutors, "machine-look" | "machine-serve"> {
  return {
    "machine-look": async (step, signal) => await look(step, dependencies, signal),
    "machine-serve": async (step, signal) => await serve(step, dependencies, signal),
  };
}

async function look(
  { key, targetId, life, reachTailnet, ports, askTls }: Extract<MachineStep, { kind: "machine-look" }>,
  { watch, runner, runtime, clock, log }: NamespaceStepDependencies,
  signal: AbortSignal,
): Promise<void> {
  runningNode(watch, key);
  const { config } = await watch.localApi(key).serveConfig(signal);
  const target = { key, targetId, containerId: watch.containerId(key) };
  const kind = guardOf({ reachTailnet }, runtime());
  const rules = watch.inspection(key)?.guardRules ?? null;
  const { guard, ...result } = await lookInto(target, { guard: kind, rules }, askTls, runner, signal);
  if (guard === "restored")
    log.warn({ event: "machine.guard-restored", machine: key }, "a machine's guard was not as it was left");
  const times = timesOfLook(watch.inspection(key), ports, result.listening, clock.monotonic());
  watch.saw(key, {
    ...{ ...times, serve: config, life, lookedFor: ports },
    ...{ listening: result.listening, ipv6: result.ipv6, guardRules: result.rules },
    ...(result.redirects === null ? {} : { redirects: result.redirects }),
    ...(askTls === null ? {} : { tls: { port: askTls, speaks: result.tls } }),
  });
}

async function lookInto(
  target: MachineTarget,
  { guard, rules }: { guard: Guard; rules: string | null },
  askTls: number | null,
  runner: NamespaceRunner,
  signal: AbortSignal,
): Promise<z.infer<typeof Look>> {
  const command = ["look", guard, String(askTls ?? 0)] as const;
  const { code, output } = await runner.run(target, rules === null ? command : [...command, rules], signal);
  // The state stays unknown, which is no fault.
  if (code !== 0) return { guard: null, rules: null, listening: null, ipv6: [], redirects: null, tls: null };
  return Look.parse(JSON.parse(output));
}

async function serve(
  { key, targetId, config, redirects, ask }: Extract<MachineStep, { kind: "machine-serve" }>,
  dependencies: NamespaceStepDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { watch } = dependencies;
  const localApi = watch.localApi(key);
  const now = await localApi.serveConfig(signal);
  // One request cannot change a port's kind, so remove the old config first.
  await localApi.setServeConfig(withoutOurs(now.config), now.etag, signal);
  const cleared = await localApi.serveConfig(signal);
  await localApi.setServeConfig({ ...withoutOurs(cleared.config), ...config }, cleared.etag, signal);
  const feature = ask === null ? null : await localApi.queryFeature(ask).catch(() => null);
  const { config: served } = await localApi.serveConfig(signal);
  // Do this last: before that, tailscaled does not accept the redirected connections.
  const target = { key, targetId, containerId: watch.containerId(key) };
  const redirected = await redirect(target, redirects, dependencies, signal);
  watch.saw(key, { serve: served, asked: ask, featureUrl: feature?.URL || null, ...redirected });
}

/** If the kernel accepts no such rules, the row says what clients meet, and the loop does not retry. */
async function redirect(
  target: MachineTarget,
  redirects: readonly Redirect[],
  { watch, runner, log }: NamespaceStepDependencies,
  signal: AbortSignal,
): Promise<Partial<Pick<MachineInspection, "redirects" | "noRedirects">>> {
  const present = watch.inspection(target.key)?.redirects ?? [];
  if (sameRedirects(redirects, present)) return {};
  const { code, output } = await runner.run(target, ["forward", redirectsArgument(redirects)], signal);
  if (code === 0) return { redirects, noRedirects: false };
  log.warn(
    { event: "machine.not-redirected", machine: target.key, output: output.slice(-300) },
    "the kernel takes no redirects in a machine's namespace",
  );
  return { redirects: [], noRedirects: true };
}

/** The answer of our own program's `look`. */
const Look = z.object({
  guard: z.enum(["intact", "restored", "unsealed"]).nullable(),
  rules: z.string().nullable(),
  listening: z.array(Listener).nullable(),
  ipv6: z.array(z.string()),
  redirects: z.array(z.object({ port: z.int(), via: z.int() })).nullable(),
  tls: z.boolean().nullable(),
});

/** The whole web part is ours: we made the machine and nobody else configures it. */
function withoutOurs({ TCP: _tcp, Web: _web, AllowFunnel: _funnel, ...rest }: ServeConfig): ServeConfig {
  return rest;
}
