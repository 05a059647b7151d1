import type { Logger } from "pino";
import type { Clock } from "../../../lib/clock.ts";
import { within } from "../../../lib/timing.ts";
import type { LocalApi } from "../../localapi/localapi.ts";
import { likelyToAnswer, type Peer } from "../../localapi/peers.ts";
import type { Notify, Status } from "../../localapi/types.ts";
import { greet } from "./greet.ts";

/** Maximum number of devices greeted in one wave. */
const MOST_PEERS = 32;
/** TSMP pings per device in a tailnet with more devices than one wave holds; few of them will ever visit. */
const FEW_TSMP_PINGS = 2;
/** Concurrent greetings. The LocalAPI's client has 16 connections, and the bus and state requests need some of them. */
const AT_ONCE = 8;
/** TSMP pings per device otherwise, together shorter than WireGuard's retry. */
const TSMP_PINGS = 10;
/**
 * tailscaled reports its new key before it uses it: it needs a netmap for that key first. That usually takes a second, and longer when
 * the control server is slow. Milliseconds.
 */
const KEY_TAKES_HOLD_MS = 30_000;
/** Batches session reports, which arrive one by one. Milliseconds. */
const SETTLE_MS = 20;

/**
 * Opens the paths to the other devices when the node comes up and when its key changes. Otherwise each device's first visit, or its
 * first visit with our new key, waits for WireGuard's five-second retry.
 */
export interface PathOpener {
  sees(status: Status | null): void;
  /** Takes a line of the bus. A session that ends soon after a key change used the old key, so its device is greeted again. */
  hears(notify: Notify): void;
  /**
   * Resolves when a greeted device first answers through WireGuard, when no device is online, or after `ms` milliseconds.
   */
  answered(ms: number): Promise<void>;
}

export function createPathOpener(
  localApi: Pick<LocalApi, "peers" | "ping">,
  clock: Clock,
  log: Logger,
): PathOpener {
  return new PathsOfNode(localApi, clock, log);
}

class PathsOfNode implements PathOpener {
  readonly #localApi: Pick<LocalApi, "peers" | "ping">;
  readonly #clock: Clock;
  readonly #log: Logger;
  #isRunning = false;
  #ownKey = "";
  #changedAt = Number.NEGATIVE_INFINITY;
  /** Whether the tailnet has more devices online than one wave greets. */
  #isLarge = false;
  #isNewKey = false;
  /** Resolves at the first answer to the greetings under way. */
  #firstAnswer: Promise<void> = Promise.resolve();
  /** Resolves when `isLarge` is known. */
  #sized: Promise<void> = Promise.resolve();
  #lost = new Set<string>();
  /** The latest wave that greets a device, by the control server's ID. An older wave skips the device from then on. */
  readonly #waves = new Map<string, object>();

  constructor(localApi: Pick<LocalApi, "peers" | "ping">, clock: Clock, log: Logger) {
    this.#localApi = localApi;
    this.#clock = clock;
    this.#log = log;
  }

  sees(status: Status | null): void {
    const wasRunning = this.#isRunning;
    this.#isRunning = status?.BackendState === "Running";
    if (!this.#isRunning) return;
    const key = status?.Self?.PublicKey ?? "";
    if (wasRunning && key === this.#ownKey) return;
    this.#ownKey = key;
    this.#isNewKey = wasRunning;
    this.#changedAt = this.#clock.monotonic();
    this.#firstAnswer = new Promise((resolve) => this.#inBackground(this.#openAll(resolve).finally(resolve)));
  }

  async answered(ms: number): Promise<void> {
    await within(this.#firstAnswer, ms, { clock: this.#clock, otherwise: undefined });
  }

  hears({ PeerState }: Notify): void {
    const since = this.#clock.monotonic() - this.#changedAt;
    if (since < 0 || since > KEY_TAKES_HOLD_MS) return;
    const isFirst = this.#lost.size === 0;
    for (const [id, { PeerWireGuardState: state }] of Object.entries(PeerState ?? {})) {
      if (state !== "expired" && state !== "none") continue;
      this.#lost.add(id);
      this.#waves.delete(id);
    }
    if (isFirst && this.#lost.size > 0) this.#inBackground(this.#openLost());
  }

  #inBackground(work: Promise<void>): void {
    work.catch((err: unknown) =>
      this.#log.debug({ event: "node.paths-unopened", err }, "the other devices could not be pinged"),
    );
  }

  /** Opens the paths to all devices that are online. */
  async #openAll(onAnswer: () => void): Promise<void> {
    const listed = this.#localApi.peers();
    this.#sized = listed.then(
      (all) => {
        this.#isLarge = likelyToAnswer(all, MOST_PEERS + 1).length > MOST_PEERS;
      },
      () => undefined,
    );
    await this.#runWave(await listed, onAnswer);
  }

  /** Opens the paths to devices whose session ended, a moment after the first such report. */
  async #openLost(): Promise<void> {
    await this.#clock.sleep(SETTLE_MS);
    await this.#sized;
    const lost = this.#lost;
    this.#lost = new Set();
    // The first line of a bus lists ended sessions, and a large tailnet has thousands of them.
    if (this.#isLarge && !this.#isNewKey) return;
    const peers = await this.#localApi.peers();
    await this.#runWave(
      peers.filter(({ id }) => lost.has(id)),
      () => undefined,
    );
  }

  /** Greets those of the devices that will probably answer. Rejects when tailscaled doesn't answer. */
  async #runWave(wanted: readonly Peer[], onAnswer: () => void): Promise<void> {
    const wave = {};
    const peers = likelyToAnswer(wanted, MOST_PEERS);
    const handshakes = this.#isLarge ? FEW_TSMP_PINGS : TSMP_PINGS;
    for (const { id } of peers) this.#waves.set(id, wave);
    const waiting = peers.values();
    const inTurn = async () => {
      for (const { id, addresses } of waiting) {
        const isCurrent = () => this.#waves.get(id) === wave;
        const [address = ""] = addresses;
        if (await greet({ address, handshakes, isCurrent }, this.#localApi, this.#clock)) onAnswer();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, inTurn));
    for (const { id } of peers) if (this.#waves.get(id) === wave) this.#waves.delete(id);
  }
}
