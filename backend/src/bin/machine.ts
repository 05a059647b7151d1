import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { askControl } from "../control/probe.ts";
import { trustAlso } from "../control/trust.ts";
import { speaksTls } from "../https/speaks-tls.ts";
import { systemClock } from "../lib/clock.ts";
import { whileLocked } from "../lib/files/lock-directory.ts";
import { until } from "../lib/timing.ts";
import { ENTRY_EXIT, type Guard } from "../machines/container/container.ts";
import { redirectsFrom } from "../machines/namespace/forwards.ts";
import { GUARD_LOCK, GUARD_LOCK_MS } from "../machines/namespace/guard.ts";
import { guardKeeper } from "../machines/namespace/guard-keeper.ts";
import { httpsAddress } from "../machines/namespace/https-target.ts";
import { redirectKeeper } from "../machines/namespace/redirect-keeper.ts";
import { visitFrom } from "../machines/visiting/visit-from.ts";
import { isIPv6Only } from "../ports/ipv6-only.ts";
import { lacksIPv6 } from "../ports/listener-addresses.ts";
import { type Listener, listenersIn } from "../ports/listening.ts";
import { TAILNET_INTERFACE } from "../tailscale/daemon/interface.ts";

/*
 * Runs in our containers, in the network namespace of the container that becomes a machine.
 *   machine.mjs run <guard|reach|bare> <tailscaled> <argument>…   prepares the namespace and becomes tailscaled
 *   machine.mjs ready <guard|reach|bare>                          prepares the namespace
 *   machine.mjs hold <guard|reach|bare>                           restores the rules from preparing it if they differ
 *   machine.mjs look <guard|reach|bare> <port> [<rules>]          does the same, unless these rules, as the last look printed them, are
 *                                                                 in place; probes the port for TLS (0: none), and also prints the
 *                                                                 ports, the IPv6 addresses and the redirects: `Look` as JSON
 *   machine.mjs forward <port:via,…>                              replaces all redirects with these
 *   machine.mjs tidy                                              removes the rules from preparing it
 *   machine.mjs listening                                         prints the listening ports, as JSON
 *   machine.mjs visit <address> <port,…>                          opens these TCP ports of a tailnet device, one after the other, and
 *                                                                 prints each `VisitAnswer` as JSON
 *   machine.mjs control <address>                                 prints why a control server cannot be used from here, as JSON
 */
const GUARDS: readonly Guard[] = ["guard", "reach", "bare"];
/** How long to wait for tailscaled's interface, which it makes right after its start. Milliseconds. */
const DEVICE_MS = 10_000;
const POLL_MS = 5;
/** Long enough for one DNS query to time out. Milliseconds. */
const CONTROL_MS = 6_000;
/** Limit of sockets on `::` that are checked for accepting IPv4. */
const MOST_TRIED = 64;

const [command, ...rest] = process.argv.slice(2);
switch (command) {
  case "run": {
    const [guard, program, ...args] = rest;
    if (program === undefined) process.exit(ENTRY_EXIT.misused);
    ready(guard);
    // Replaces this process with tailscaled, so that nothing of this program stays in memory.
    process.execve?.(program, [program, ...args], process.env);
    break;
  }
  case "ready":
    ready(rest[0]);
    break;
  case "hold":
    await untilTheMachineIsThere();
    console.log(guarding(() => guardKeeper.hold(guardNamed(rest[0]))).guard);
    break;
  case "look": {
    const held = guarding(() => guardKeeper.hold(guardNamed(rest[0]), rest[2]));
    const port = Number(rest[1] ?? 0);
    const observed = { listening: await listening(), ipv6: ownIPv6() };
    const tls = port > 0 ? await speaksTls(httpsAddress(port, observed), port) : null;
    console.log(JSON.stringify({ ...held, ...observed, redirects: redirectKeeper.redirects(), tls }));
    break;
  }
  case "forward":
    guarding(() => redirectKeeper.put(redirectsFrom(rest[0] ?? "")));
    break;
  case "tidy":
    redirectKeeper.remove();
    guarding(guardKeeper.remove);
    break;
  case "listening":
    console.log(JSON.stringify(await listening()));
    break;
  case "visit": {
    const from = tailnetAddresses().find(isIPv4) ?? process.exit(ENTRY_EXIT.misused);
    const [to = "", ports = ""] = rest;
    console.log(JSON.stringify(await visitFrom(from, to, ports.split(",").map(Number))));
    break;
  }
  case "control":
    trustAlso(attempt(() => readFileSync(process.env.SSL_CERT_FILE ?? "", "utf8")) ?? "");
    console.log(JSON.stringify(await askControl(rest[0] ?? "", AbortSignal.timeout(CONTROL_MS))));
    // A pending DNS lookup would keep the process alive.
    process.exit();
    break;
  default:
    process.exit(ENTRY_EXIT.misused);
}

function ready(guard: string | undefined): void {
  if (hasTailnet()) process.exit(ENTRY_EXIT.present);
  guarding(() => guardKeeper.put(guardNamed(guard)));
}

function guardNamed(name: string | undefined): Guard {
  return GUARDS.find((guard) => guard === name) ?? process.exit(ENTRY_EXIT.misused);
}

function hasTailnet(): boolean {
  return /^\s*tailscale\d*:/m.test(readFileSync("/proc/net/dev", "utf8"));
}

/**
 * Most kernels accept rules for an interface only once it exists. In a machine's container, wait until PID 1 has become tailscaled: then
 * the interface is the machine's own. In a helper container, it existed before.
 */
async function untilTheMachineIsThere(): Promise<void> {
  const isMachine = () => process.pid === 1 || readFileSync("/proc/1/comm", "utf8").trim() === "tailscaled";
  const isThere = async () => await Promise.resolve(isMachine() && hasTailnet());
  await until(isThere, DEVICE_MS, { clock: systemClock, everyMs: POLL_MS });
}

async function listening(): Promise<Listener[]> {
  const read = (name: string) => readFileSync(`/proc/net/${name}`, "utf8");
  const notCounted = { ownSockets: ownSockets(), tailnetAddresses: new Set(tailnetAddresses()) };
  // Assume that a socket on `::` accepts IPv4 until a check shows otherwise.
  const alone = listenersIn(read, notCounted, () => true).filter(
    ({ addresses: bound }) => bound.includes("::") && !bound.includes("0.0.0.0"),
  );
  const ipv6Only = new Set<string>();
  for (const port of alone.slice(0, MOST_TRIED))
    if (await isIPv6Only(port)) ipv6Only.add(`${port.port}/${port.protocol}`);
  const ipv6 = ownIPv6();
  return listenersIn(read, notCounted, ({ port, protocol }) => ipv6Only.has(`${port}/${protocol}`)).map(
    (listener) => (lacksIPv6(listener, ipv6) ? { ...listener, lacksIPv6: true } : listener),
  );
}

/** This namespace's IPv6 addresses; empty if IPv6 is off. */
function ownIPv6(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).flatMap(({ address, family }) => (family === "IPv6" ? [address] : [])),
  );
}

function tailnetAddresses(): string[] {
  return (networkInterfaces()[TAILNET_INTERFACE] ?? []).map(({ address }) => address);
}

/** Socket inodes of every process in this container, that is, of tailscaled. The application runs in another container. */
function ownSockets(): Set<string> {
  const links = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap(
      (pid) => attempt(() => readdirSync(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`)) ?? [],
    )
    .map((path) => attempt(() => readlinkSync(path)) ?? "");
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

/** Returns null on failure: a process may end while we look at it. */
function attempt<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}

/** A look and a visit may come at the same time. */
function guarding<T>(work: () => T): T {
  try {
    return whileLocked(GUARD_LOCK, GUARD_LOCK_MS, work);
  } catch (error) {
    console.error(String(error));
    process.exit(ENTRY_EXIT.unguarded);
  }
}
