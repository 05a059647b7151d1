import "./close-node.ts";
import { keepIpv6WayOut } from "../dataplane/ipv6-way-out.ts";
import { cardOfWayOut } from "../engine/egress.ts";
import { runFirstLogIn } from "../first-start/first-log-in.ts";
import { listen } from "../http/server.ts";
import { unlessAborted } from "../lib/timing.ts";
import { SHUTDOWN_MS } from "../machines/shutdown.ts";
import { runUntilStopped } from "../run.ts";
import { createBasis } from "./wiring/basis.ts";
import { createEngineSide } from "./wiring/engine-side.ts";
import { createFeeds } from "./wiring/feed.ts";
import { createPanelSide } from "./wiring/panel-side.ts";
import { settleWayOut } from "./wiring/settle-way-out.ts";
import { openStored } from "./wiring/stored.ts";
import { createTailnetSide } from "./wiring/tailnet-side.ts";
import { usableConfig } from "./wiring/usable-config.ts";

// Together with `wiring`, the only place that builds real dependencies. Each part gets only what was made before it.
const basis = createBasis(process.env, await usableConfig(process.env));
const { config, clock, log, meter } = basis;
// Last resort for uncaught exceptions: log (redacted) and exit; the engine restarts the container.
process.once("uncaughtException", (err) => {
  log.fatal({ event: "backend.crashed", err }, "the backend ends because of an unexpected error");
  process.exit(1);
});
const stopping = new AbortController();
const { signal } = stopping;
/** The deadline for all cleanup at the end. */
const lastCall = new AbortController();
signal.addEventListener("abort", () => setTimeout(() => lastCall.abort(), SHUTDOWN_MS).unref());

await settleWayOut(basis);
const stored = await openStored(basis);
const tailnet = await createTailnetSide(basis, stored);
const engineSide = await createEngineSide(basis, stored, tailnet, lastCall.signal);
const feeds = createFeeds(basis, stored, tailnet, engineSide);
const { server, browser } = await createPanelSide({ basis, stored, tailnet, engineSide, feeds });

for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stopping.abort());
// Before the socket: whoever gets a link over it may open that at once.
await browser?.listen();
await listen(server, config.apiSocket).catch((err: unknown) => {
  if (browser === null) throw err;
  log.error({ event: "panel.socket-unavailable", err }, "only browsers reach the backend");
});
const { dataPlane, daemon, node } = tailnet;
log.info({ event: "backend.started", mode: dataPlane.mode, version: config.version }, "started");
// Not by the log: the panel and the diagnostics show its lines, and a link signs in.
if (browser !== null) console.log(`Open the panel: ${browser.makeLink()}`);

// The interface of the backend's own network. It never changes, because the IPv4 default route never moves.
const ownCard = dataPlane.mode === "kernel" ? await cardOfWayOut().catch(() => null) : null;
const ipv6Unkept = ownCard === null ? null : await keepIpv6WayOut(ownCard);
if (ipv6Unkept !== null)
  log.warn({ event: "egress.unkept", reason: ipv6Unkept }, "joined networks may carry IPv6 out");
// The node must be closed before it is on the tailnet. In userspace mode nothing listens that others could reach.
if (dataPlane.mode === "kernel") await dataPlane.replace([], [], signal);
const { feed } = feeds;
const firstLogIn = runFirstLogIn(
  {
    ...{ node, feed, clock, log },
    wish: stored.startWish,
    file: stored.firstStart,
    settings: stored.settings,
    onSettings: () => basis.wake.send("user"),
  },
  signal,
);
await Promise.all([
  runUntilStopped(
    { ...engineSide, ...{ daemon, node, dataPlane, feed, meter, clock, log }, lastCall: lastCall.signal },
    signal,
  ),
  unlessAborted(firstLogIn, signal, undefined),
]);
await Promise.all([server.close(), browser?.close()]);
log.info({ event: "backend.stopped" }, "stopped");
process.exit(0);
