import { AppError, type Fault } from "@tailnet-share/contract/errors";
import type { Egress } from "../../engine/egress.ts";
import type { Engine } from "../../engine/engine.ts";
import { chooseAddress } from "../../networks/address.ts";
import { egressMoved } from "../../networks/join-refusal.ts";
import type { Step } from "./step.ts";

interface JoinDependencies {
  engine: Pick<Engine, "network" | "joinNetwork" | "leaveNetwork">;
  egress: Pick<Egress, "route">;
}

type JoinStep = Extract<Step, { kind: "join" }>;

/** The executor of `join`. Rejects with an `AppError` and leaves the network unjoined. */
export function createJoin({ engine, egress }: JoinDependencies) {
  return async (step: JoinStep, signal: AbortSignal, ownId: string): Promise<void> => {
    if (step.refusal !== null) throw errorOf(step.refusal);
    const before = await egress.route();
    await joinAsGuest(step, signal, ownId).catch((err: unknown) => {
      throw withNextStep(err, step.networkName);
    });
    if ((await egress.route()) === before) return;
    // Unexpected for this engine. Losing one share is better than losing the tailnet.
    await engine.leaveNetwork(step.networkId, ownId, signal);
    throw errorOf(egressMoved(step.networkName));
  };

  /** Joins at an address that no other container needs. */
  async function joinAsGuest(
    { networkId, networkName, neighbours }: JoinStep,
    signal: AbortSignal,
    ownId: string,
  ): Promise<void> {
    const network = await engine.network(networkId, signal);
    const isJoined = network?.members.has(ownId) === true;
    if (network !== null && !isJoined) {
      const held = [...neighbours.held, ...network.members.values()];
      const choice = chooseAddress(network.facts.pools, { ...neighbours, held });
      if (choice.kind === "full") throw errorOf(noAddressLeft(networkName));
      if (choice.kind === "ask" && (await engine.joinNetwork(networkId, ownId, choice.address, signal)))
        return;
    }
    await engine.joinNetwork(networkId, ownId, null, signal);
    // Engines refuse static addresses on a subnet that they chose themselves, so no container has one there.
    if (neighbours.asked.length === 0) return;
    const own = (await engine.network(networkId, signal))?.members.get(ownId);
    if (own === undefined || !neighbours.asked.includes(own)) return;
    await engine.leaveNetwork(networkId, ownId, signal);
    throw errorOf(noAddressLeft(networkName));
  }
}

function noAddressLeft(networkName: string): Fault {
  return {
    code: "NETWORK_FULL",
    message: `The network '${networkName}' has no address to spare: joining it could keep one of its containers from starting.`,
    hint: "Share the container as its own machine, which needs no address, or give the network a larger subnet.",
  };
}

/**
 * The engine's error messages for a pool without a free address. Sources: moby, `libnetwork/ipamapi/contract.go` (20.10),
 * `ipams/defaultipam` (28).
 */
const POOL_EMPTY = /no available (?:IPv4 )?addresses/i;

/** Adds a next step to the engine's own message. */
function withNextStep(err: unknown, networkName: string): unknown {
  if (!(err instanceof AppError) || err.code !== "ENGINE_REFUSED") return err;
  return POOL_EMPTY.test(err.message)
    ? errorOf(noAddressLeft(networkName))
    : new AppError(
        err.code,
        err.message,
        "Share the container as its own machine, or connect it to another network as well. Joining this one is retried later.",
        { cause: err },
      );
}

function errorOf({ code, message, hint }: Fault): AppError {
  return new AppError(code, message, hint);
}
