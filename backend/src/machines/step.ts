import type { Fault } from "@tailnet-share/contract/errors";
import type { ContainerPort } from "@tailnet-share/contract/port";
import type { ServeConfig } from "../tailscale/localapi/types.ts";
import type { MachineWish } from "./container/container.ts";
import type { MachineIdentity } from "./device/identity.ts";
import type { Redirect } from "./namespace/forwards.ts";

/** One change to one machine. Steps of the same machine run one after the other, steps of different machines in parallel. */
export type MachineStep =
  /** Has the engine pull the image that machines are to run; meanwhile they keep their current one. `key`: one for all of them together. */
  | { kind: "machine-fetch"; key: string; tag: string }
  /** Makes and starts its container; resolves when its tailscaled answers. `home`: the tailnet that it joins. */
  | { kind: "machine-start"; key: string; wish: MachineWish; home: string | null }
  /** Takes it off the tailnet and removes its container. If the namespace lives on, it is left as it was found. */
  | {
      kind: "machine-stop";
      key: string;
      containerId: string;
      targetId: string;
      namespaceLives: boolean;
    }
  | { kind: "machine-login"; key: string; name: string }
  /** Sets preferences that were changed while it did not run, or by somebody else. */
  | { kind: "machine-adjust"; key: string; name: string }
  /** Writes down its identity in the tailnet. */
  | { kind: "machine-note"; key: string; identity: MachineIdentity }
  /** Observes its container's listeners and serve config, and checks that its guard is in place and knows the container's networks. */
  | {
      kind: "machine-look";
      key: string;
      targetId: string;
      life: string | null;
      reachTailnet: boolean;
      /** The share's ports. While one has no listener, the next look comes soon. */
      ports: readonly ContainerPort[];
      /** The port to probe for TLS; null when the answer is known or not needed. */
      askTls: number | null;
    }
  | {
      kind: "machine-serve";
      key: string;
      targetId: string;
      config: ServeConfig;
      redirects: readonly Redirect[];
      ask: "serve" | "funnel" | null;
    }
  | { kind: "machine-certificate"; key: string; domain: string }
  /** Removes it from the tailnet and deletes its state. */
  | { kind: "machine-retire"; key: string; name: string }
  /** Deletes its state only: the user has given up removing it from the tailnet. */
  | { kind: "machine-forget"; key: string; name: string };

/** One executor per kind. */
export type MachineExecutors = {
  [K in MachineStep["kind"]]: (step: Extract<MachineStep, { kind: K }>, signal: AbortSignal) => Promise<void>;
};

/** A step's kind and machine. */
export type MachineStepId = Pick<MachineStep, "kind" | "key">;

/** Why the last attempts of steps on machines failed. */
export interface MachineFaults {
  /** Undefined when the step has not failed, or has succeeded since. */
  of(step: MachineStepId): Fault | undefined;
}
