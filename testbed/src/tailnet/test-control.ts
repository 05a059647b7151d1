import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import { machineryFlags, RESTARTS } from "../lib/bed-id.ts";
import type { BedNetwork } from "./bed-network.ts";
import type { AuthKeyOptions, LoginServer } from "./login-server.ts";
import { type AskAdmin, adminOf, firstAnswer } from "./stand-in.ts";

/** The name of Tailscale's own control server. In the bed's hosts files it resolves to this server. */
export const TAILSCALE_CONTROL = "controlplane.tailscale.com";
const ADMIN_PORT = 9000;

const Device = z.object({
  id: z.number(),
  /** The first label of its MagicDNS name. */
  name: z.string(),
  /** `nodekey:…`. */
  key: z.string(),
  addresses: z.array(z.string()),
  online: z.boolean(),
  approved: z.boolean(),
  /** With tailnet lock: whether it has a signature. */
  signed: z.boolean(),
  expiry: z.string().nullable(),
  tags: z.array(z.string()).nullable(),
});
export type Device = z.infer<typeof Device>;

/** Omitted fields keep their values. */
export interface TailnetSettings {
  readonly deviceApproval?: boolean;
  readonly magicDns?: boolean;
  /** The tailnet has certificates: nodes get a certificate name and may publish ACME challenges. */
  readonly https?: boolean;
  /** Tags, each with the tags whose nodes may take it. */
  readonly tagOwners?: Readonly<Record<string, readonly string[]>>;
  /** 0 for none. */
  readonly deviceLimit?: number;
  /** Answers every login with this text; empty for none. */
  readonly refusal?: string;
  /** Answers every registration with 429; `retryAfter` is in seconds. */
  readonly rateLimit?: { readonly retryAfter: string; readonly message: string };
  readonly noRateLimit?: boolean;
}

export interface DeviceChange {
  readonly approve?: boolean;
  readonly delete?: boolean;
  /** When its key expires; a time in the past expires it now. */
  readonly expire?: Date;
  /** The whole capability map, such as `{ "data-plane-audit-logs": [] }`. */
  readonly caps?: Readonly<Record<string, readonly unknown[]>>;
  readonly tags?: readonly string[];
}

/**
 * Replaces Tailscale's control server with its own test server (`tailscale.com/tstest/integration/testcontrol`), with TLS by an
 * authority of the bed, a relay and STUN. See `testbed/testcontrol`.
 */
export interface TestControl extends LoginServer {
  readonly loginUrl: null;
  createAuthKey(
    options?: AuthKeyOptions & {
      readonly ephemeral?: boolean;
      readonly preauthorized?: boolean;
      readonly tags?: readonly string[];
      /** Lifetime in seconds; defaults to a day. */
      readonly seconds?: number;
    },
  ): Promise<string>;
  /** Acts as a person who opens the login link. */
  finishLogin(loginUrl: string): Promise<void>;
  /** All devices except strangers, in the order of their first login. */
  devices(): Promise<readonly Device[]>;
  /** Rejects when no device has this name. */
  device(name: string): Promise<Device>;
  change(name: string, change: DeviceChange): Promise<void>;
  configure(settings: TailnetSettings): Promise<void>;
  /** Adds devices that nobody runs, a third of them online. */
  addStrangers(count: number): Promise<void>;
  /** TXT records that nodes published for certificates, by name. */
  txtRecords(): Promise<Readonly<Record<string, string>>>;
}

/** Starts it on the bed's network, at its own address, and waits until it serves. */
export async function startTestControl(
  engine: Engine,
  image: string,
  network: BedNetwork,
  bedId: string,
): Promise<TestControl> {
  const address = `${network.prefix}.10`;
  const containerId = await engine.docker([
    ...["run", "-d", "--name", `tailnet-share-control-${bedId}`],
    ...["--network", network.name, "--ip", address],
    ...RESTARTS,
    ...machineryFlags(bedId),
    image,
    address,
  ]);
  const what = "the test control server";
  const ask = adminOf(what, `http://${address}:${ADMIN_PORT}`);
  const authority = await firstAnswer(engine, containerId, () => ask("GET", "/authority"), {
    what,
    timeoutMs: 20_000,
  });
  return {
    containerId,
    loginUrl: null,
    surroundings: {
      hosts: { [TAILSCALE_CONTROL]: address },
      authority,
      env: { TS_NO_LOGS_NO_SUPPORT: "true", TS_DISABLE_PORTMAPPER: "1" },
    },
    ...administration(ask),
  };
}

/** Calls for tests: what they ask the server, and what an admin or a user would do. */
function administration(ask: AskAdmin): Omit<TestControl, "containerId" | "loginUrl" | "surroundings"> {
  const devices = async (): Promise<readonly Device[]> =>
    z.array(Device).parse(JSON.parse(await ask("GET", "/nodes")));

  return {
    async createAuthKey({ reusable = true, ephemeral, preauthorized, tags, seconds = 86_400 } = {}) {
      const key = { reusable, ephemeral, preauthorized, tags, seconds };
      return z.object({ key: z.string() }).parse(JSON.parse(await ask("POST", "/keys", key))).key;
    },
    async loggedIn() {
      const valid = (await devices()).filter(
        ({ expiry }) => expiry === null || Date.parse(expiry) > Date.now(),
      );
      return valid.map(({ name }) => name).toSorted();
    },
    finishLogin: async (url) => void (await ask("POST", "/log-ins", { url })),
    devices,
    async device(name) {
      const found = (await devices()).find((device) => device.name === name);
      if (found === undefined) throw new Error(`the test control server knows no ${name}`);
      return found;
    },
    change: async (name, change) => void (await ask("POST", "/nodes", { name, ...change })),
    configure: async (settings) => void (await ask("POST", "/settings", settings)),
    addStrangers: async (count) => void (await ask("POST", "/strangers", { count })),
    txtRecords: async () => z.record(z.string(), z.string()).parse(JSON.parse(await ask("GET", "/txt"))),
  };
}
