import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout } from "node:timers/promises";
import { askControl } from "../control/probe.ts";
import { trustAlso } from "../control/trust.ts";
import { speaksTls } from "../https/speaks-tls.ts";
import { ENTRY_EXIT, type Guard } from "../machines/container/container.ts";
import { redirectsFrom } from "../machines/container/forwards.ts";
import { guardKeeper } from "../machines/container/guard-keeper.ts";
import { httpsAddress } from "../machines/container/https-target.ts";
import { redirectKeeper } from "../machines/container/redirect-keeper.ts";
import { visitFrom } from "../machines/visiting/visit-from.ts";
import { isIPv6Only } from "../ports/ipv6-only.ts";
import { type Listener, listenersIn } from "../ports/listening.ts";
import { TAILNET_INTERFACE } from "../tailscale/daemon/interface.ts";

/*
 * Runs in containers of ours, in the network namespace of the container that becomes a machine.
 *   machine.mjs run <guard|reach|bare> <tailscaled> <argument>…   readies the namespace and becomes tailscaled
 *   machine.mjs ready <guard|reach|bare>                          readies the namespace
 *   machine.mjs hold <guard|reach|bare>                           makes sure that what readying it has made is still there
 *   machine.mjs look <guard|reach|bare> <port>                    the same, asks the port whether it speaks TLS (0: none), and prints
 *                                                                 the ports, the IPv6 addresses and the redirects as well: `Look` as JSON
 *   machine.mjs forward <port:via,…>                              makes these all the redirects that there are
 *   machine.mjs tidy                                              takes back what readying it has made
 *   machine.mjs listening                                         prints the ports that something listens on, as JSON
 *   machine.mjs visit <address> <port,…>                          opens these TCP ports of a tailnet device, one after the other, and
 *                                                                 prints each `VisitAnswer` as JSON
 *   machine.mjs control <address>                                 prints why a control server cannot be used from here, as JSON
 */
const GUARDS: readonly Guard[] = ["guard", "reach", "bare"];
/** tailscaled makes its interface right after its start. Milliseconds. */
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
    // Becomes tailscaled, so that nothing of this program stays in memory.
    process.execve?.(program, [program, ...args], process.env);
    break;
  }
  case "ready":
    ready(rest[0]);
    break;
  case "hold":
    await untilTheMachineIsThere();
    console.log(guarding(() => guardKeeper.hold(guardNamed(rest[0]))));
    break;
  case "look": {
    const guard = guarding(() => guardKeeper.hold(guardNamed(rest[0])));
    const port = Number(rest[1] ?? 0);
    const there = { listening: await listening(), ipv6: ownIPv6() };
    const tls = port > 0 ? await speaksTls(httpsAddress(port, there), port) : null;
    console.log(JSON.stringify({ guard, ...there, redirects: redirectKeeper.seen(), tls }));
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
 * Most kernels take rules for an interface only when it is there. In a machine's container it is the machine's own as soon as the first
 * program has become tailscaled; in a helper's it has been there before.
 */
async function untilTheMachineIsThere(): Promise<void> {
  const isMachine = () => process.pid === 1 || readFileSync("/proc/1/comm", "utf8").trim() === "tailscaled";
  const deadline = performance.now() + DEVICE_MS;
  while (!(isMachine() && hasTailnet()) && performance.now() < deadline) await setTimeout(POLL_MS);
}

async function listening(): Promise<Listener[]> {
  const read = (name: string) => readFileSync(`/proc/net/${name}`, "utf8");
  const notCounted = { ownSockets: ownSockets(), tailnetAddresses: new Set(tailnetAddresses()) };
  // Assume that a socket on `::` accepts IPv4 until a check shows otherwise.
  const alone = listenersIn(read, notCounted, () => true).filter(
    ({ addresses: there }) => there.includes("::") && !there.includes("0.0.0.0"),
  );
  const ipv6Only = new Set<string>();
  for (const port of alone.slice(0, MOST_TRIED))
    if (await isIPv6Only(port)) ipv6Only.add(`${port.port}/${port.protocol}`);
  return listenersIn(read, notCounted, ({ port, protocol }) => ipv6Only.has(`${port}/${protocol}`));
}

/** This namespace's IPv6 addresses; none where IPv6 is off. */
function ownIPv6(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).flatMap(({ address, family }) => (family === "IPv6" ? [address] : [])),
  );
}

function tailnetAddresses(): string[] {
  return (networkInterfaces()[TAILNET_INTERFACE] ?? []).map(({ address }) => address);
}

/** Inodes of the sockets of every program in this container: tailscaled's. The application's are in another. */
function ownSockets(): Set<string> {
  const links = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap(
      (pid) => attempt(() => readdirSync(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`)) ?? [],
    )
    .map((path) => attempt(() => readlinkSync(path)) ?? "");
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

/** Null where it fails: a program may end while it is looked at. */
function attempt<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}

function guarding<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    console.error(String(error));
    process.exit(ENTRY_EXIT.unguarded);
  }
}
