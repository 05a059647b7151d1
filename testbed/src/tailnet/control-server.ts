import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import { machineryFlags, RESTARTS } from "../lib/bed-id.ts";
import { copyIn } from "../lib/copy-in.ts";
import type { BedNetwork } from "./bed-network.ts";
import { CONTROL_PORT, type ControlServerOptions, headscaleConfig } from "./headscale-config.ts";
import type { LoginServer } from "./login-server.ts";
import { TAILSCALED_TEST_ENV } from "./peer.ts";
import { firstAnswer } from "./stand-in.ts";

/** The parts of `headscale nodes list -o json` that tests read. */
const Node = z.object({
  id: z.coerce.number(),
  /** The name in MagicDNS, which the server makes unique. */
  given_name: z.string(),
  name: z.string(),
  ip_addresses: z.array(z.string()),
  online: z.boolean().default(false),
  /** When its key expires; in the past for a logged-out device. */
  expiry: z.object({ seconds: z.coerce.number() }).nullish(),
  tags: z.array(z.string()).nullish(),
});
export type ControlNode = z.infer<typeof Node>;

/** Returns true when a device could be in the tailnet: it is not logged out, and its key has not expired. */
function isLoggedIn({ expiry }: ControlNode): boolean {
  return (expiry?.seconds ?? Number.POSITIVE_INFINITY) * 1_000 > Date.now();
}

const User = z.object({ id: z.coerce.number(), name: z.string() });
const PreauthKey = z.object({ key: z.string() });

export interface ControlServer extends LoginServer {
  /** The URL that a node logs in to. */
  readonly url: string;
  readonly user: string;
  /** Runs `headscale …` in the server and returns stdout. */
  headscale(args: readonly string[]): Promise<string>;
  /** Creates a user. Returns its ID. */
  createUser(name: string): Promise<number>;
  /** Creates a reusable pre-authentication key, valid for a day, of the bed's user by default. `tags`: of a device without a user. */
  createAuthKey(options?: {
    readonly reusable?: boolean;
    readonly expiry?: string;
    readonly user?: number;
    readonly tags?: readonly string[];
  }): Promise<string>;
  /** Acts as a person who opens the login link: `…/register/hskey-authreq-…`. Defaults to the bed's user. */
  finishLogin(loginUrl: string, as?: string): Promise<void>;
  listNodes(): Promise<readonly ControlNode[]>;
  /** Expires a node's key: now, or at a time in ISO 8601 without fractions of a second. */
  expireNode(id: number, at?: string): Promise<void>;
  deleteNode(id: number): Promise<void>;
  /** Replaces the tailnet's policy: an ACL in Tailscale's JSON. */
  setPolicy(policy: unknown): Promise<void>;
  stop(): Promise<void>;
  /** Restarts it with the same state and waits until it answers. */
  start(): Promise<void>;
}

/** Starts headscale on the bed's network, at its own address, and waits until it serves. */
export async function startControlServer(
  engine: Engine,
  image: string,
  network: BedNetwork,
  bedId: string,
  options: ControlServerOptions = {},
): Promise<ControlServer> {
  const { tailscaledVerbosity: verbosity = 0 } = options;
  const env = { ...TAILSCALED_TEST_ENV, ...(verbosity > 0 ? { TS_LOG_VERBOSITY: String(verbosity) } : {}) };
  const address = `${network.prefix}.10`;
  const url = `http://${address}:${CONTROL_PORT}`;
  const id = await engine.docker([
    ...["create", "--name", `tailnet-share-control-${bedId}`, "--network", network.name, "--ip", address],
    ...["--tmpfs", "/var/run/headscale", "--tmpfs", "/tmp"],
    ...RESTARTS,
    ...machineryFlags(bedId),
    ...[image, "serve"],
  ]);
  await copyIn(engine, id, {
    "/etc/headscale/config.yaml": headscaleConfig(address, options),
    "/var/lib/headscale/.keep": "",
  });
  const headscale: Headscale = (args) =>
    engine.docker(["exec", id, "headscale", ...args], { timeoutMs: 30_000 });

  async function start(): Promise<void> {
    await engine.docker(["start", id]);
    const users = () => headscale(["users", "list", "-o", "json"]);
    await firstAnswer(engine, id, users, { what: "the control server", timeoutMs: 30_000 });
  }
  await start();
  const user = { name: "tester", id: await createUser(headscale, "tester") };

  return {
    containerId: id,
    url,
    loginUrl: url,
    surroundings: { hosts: {}, authority: null, env },
    user: user.name,
    headscale,
    createUser: async (name) => await createUser(headscale, name),
    start,
    ...logins(headscale, user),
    ...nodes(headscale),
    async setPolicy(policy) {
      await copyIn(engine, id, { "/etc/headscale/policy.json": JSON.stringify(policy) });
      await headscale(["policy", "set", "-f", "/etc/headscale/policy.json"]);
    },
    async stop() {
      await engine.docker(["stop", "-t", "10", id]);
    },
  };
}

type Headscale = ControlServer["headscale"];

/** Returns the new user's ID. */
async function createUser(headscale: Headscale, name: string): Promise<number> {
  await headscale(["users", "create", name]);
  const users = z.array(User).parse(JSON.parse(await headscale(["users", "list", "-o", "json"])));
  const created = users.find((user) => user.name === name);
  if (created === undefined) throw new Error(`headscale did not keep the user ${name}`);
  return created.id;
}

function logins(
  headscale: Headscale,
  user: z.infer<typeof User>,
): Pick<ControlServer, "createAuthKey" | "finishLogin"> {
  return {
    async createAuthKey({ reusable = true, expiry = "24h", user: owner = user.id, tags = [] } = {}) {
      const flags = [...(reusable ? ["--reusable"] : []), "-e", expiry, "-o", "json"];
      const whose = tags.length > 0 ? ["--tags", tags.join(",")] : ["-u", String(owner)];
      const answer = await headscale(["preauthkeys", "create", ...whose, ...flags]);
      return PreauthKey.parse(JSON.parse(answer)).key;
    },
    async finishLogin(loginUrl, as = user.name) {
      const authId = /\/register\/([\w-]+)$/.exec(new URL(loginUrl).pathname)?.[1];
      if (authId === undefined) throw new Error(`not a login link of this control server: ${loginUrl}`);
      await headscale(["auth", "register", "--auth-id", authId, "--user", as]);
    },
  };
}

function nodes(
  headscale: Headscale,
): Pick<ControlServer, "listNodes" | "loggedIn" | "expireNode" | "deleteNode"> {
  async function listNodes(): Promise<readonly ControlNode[]> {
    const answer: unknown = JSON.parse(await headscale(["nodes", "list", "-o", "json"]));
    return z.array(Node).nullable().parse(answer) ?? [];
  }

  return {
    listNodes,
    async loggedIn() {
      return (await listNodes())
        .filter(isLoggedIn)
        .map(({ given_name }) => given_name)
        .toSorted();
    },
    async expireNode(nodeId, at) {
      await headscale(["nodes", "expire", "-i", String(nodeId), ...(at === undefined ? [] : ["-e", at])]);
    },
    async deleteNode(nodeId) {
      await headscale(["nodes", "delete", "-i", String(nodeId), "--force"]);
    },
  };
}
