import fc from "fast-check";
import { expect, test } from "vitest";
import { machineSpec } from "../machines/container/container.ts";
import { helperSpec } from "../machines/namespace/namespace-runner.ts";
import { createFakeClock, machineRuntime, NEVER_AGAIN } from "../testing.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import { createEngine } from "./engine.ts";
import { createOwnContainerCalls, type OwnContainerCalls } from "./own-containers.ts";
import { assertRight } from "./rights.ts";
import type { EngineTransport } from "./transport.ts";

const ID = "0123456789abcdef".repeat(4);
const runtime = { ...machineRuntime, ownImage: `sha256:${ID}` };
const wish = {
  key: "00000000000000aa",
  name: "web",
  targetId: ID,
  targetStartedAt: "2026-11-23T10:00:00.123456789Z",
  reachTailnet: false,
  tag: "",
};

const DOCKER = dialectOf({ Components: null }, "1.41");

/** The first request of an engine method: the transport refuses every call after the rights check. */
function sentBy(
  use: (calls: OwnContainerCalls) => Promise<unknown>,
  dialect: Pick<Dialect, "namespaceMode"> = DOCKER,
): Promise<unknown> {
  const refuse = async (request: Parameters<EngineTransport["call"]>[0]) => {
    assertRight(request);
    throw new Error("allowed");
  };
  const transport = {
    ...{ call: refuse, stream: refuse },
    dialect: () => ({ ...DOCKER, ...dialect }),
  } satisfies Partial<EngineTransport> as unknown;
  return use(createOwnContainerCalls(transport as EngineTransport));
}

test("machines and helpers, as they are made, are within the rights", async () => {
  for (const spec of [
    machineSpec(wish, runtime),
    machineSpec({ ...wish, tag: "v1.102.3" }, { ...runtime, environment: { TS_FORCE_NOISE_443: "1" } }),
    helperSpec(wish, ["tidy"], runtime),
    helperSpec({ ...wish, key: "look-0123456789ab" }, ["listening"], runtime),
  ])
    await expect(sentBy(async (calls) => await calls.createOwn(spec))).rejects.toThrow("allowed");
});

const spec = machineSpec(wish, runtime);
test.each<[string, typeof spec]>([
  ["another image", { ...spec, image: "alpine:latest" }],
  ["the engine's socket", { ...spec, directories: new Map([["/state", "/var/run/docker.sock"]]) }],
  [
    "a folder outside of the volume",
    { ...spec, directories: new Map([["/state", "/x/../machines/00000000000000aa/tailscaled"]]) },
  ],
  ["a second folder", { ...spec, directories: new Map([...spec.directories, ["/etc", "/etc"]]) }],
  ["the host's network", { ...spec, networkOf: "host" }],
  ["another program", { ...spec, entrypoint: ["/bin/sh", "-c", "true"] }],
  ["an argument more", { ...spec, entrypoint: [...spec.entrypoint, "--verbose=1"] }],
  [
    "a program from a machine's own directory",
    { ...spec, entrypoint: ["/usr/local/bin/node", "--require=/state/x.js", "/app/machine.mjs", "tidy"] },
  ],
  [
    "another door into its tailscaled",
    {
      ...spec,
      entrypoint: spec.entrypoint.map((text) => text.replace("--socket=/state/", "--socket=/tmp/")),
    },
  ],
  ["a secret in its environment", { ...spec, environment: { AUTH_KEY: "tskey-auth-x" } }],
  ["a label of somebody else's", { ...spec, labels: { "com.docker.compose.project": "x" } }],
  ["a name of somebody else's", { ...spec, name: "database" }],
])("a container with %s is not made", async (_what, wrong) => {
  await expect(sentBy(async (calls) => await calls.createOwn(wrong))).rejects.toThrow(
    "no right to this call",
  );
});

test.each([
  ["/run/netns/netns-0d31c849-6a6c-7432-52b0-6cb3a0c312ab", "allowed"],
  ["/run/user/1000/netns/netns-0d31c849-6a6c-7432-52b0-6cb3a0c312ab", "allowed"],
  ["/proc/1/ns/net", "no right to this call"],
  ["/run/netns/default", "no right to this call"],
  ["/run/netns/netns-0d31c849-6a6c-7432-52b0-6cb3a0c312ab/../x", "no right to this call"],
  ["/run/user/../netns/netns-0d31c849-6a6c-7432-52b0-6cb3a0c312ab", "no right to this call"],
])(
  "a network namespace is named by a container or by a path in Podman's folder only: %s [S180]",
  async (path, outcome) => {
    const namespaceMode = async () => await Promise.resolve(`ns:${path}`);
    await expect(sentBy(async (calls) => await calls.createOwn(spec), { namespaceMode })).rejects.toThrow(
      outcome,
    );
  },
);

test("privileges, capabilities, other mounts and published ports are not among the rights", async () => {
  const path = `/containers/create?name=tailnet-share-01234567-00000000000000aa`;
  let body: { HostConfig: object } = { HostConfig: {} };
  const transport = {
    call: async ({ json }: { json?: unknown }) => {
      body = json as typeof body;
      return await Promise.reject(new Error("seen"));
    },
    dialect: () => DOCKER,
  } satisfies Partial<EngineTransport> as unknown;
  await createOwnContainerCalls(transport as EngineTransport)
    .createOwn(spec)
    .catch(() => undefined);
  const tried = (host: object) => () =>
    assertRight({ method: "POST", path, json: { ...body, HostConfig: { ...body.HostConfig, ...host } } });
  expect(tried({})).not.toThrow();
  for (const wrong of [
    { Privileged: true },
    { CapAdd: ["SYS_ADMIN"] },
    { CapDrop: [] },
    { SecurityOpt: ["seccomp=unconfined"] },
    { ReadonlyRootfs: false },
    { PidMode: "host" },
    { Binds: ["/:/host"] },
    { PortBindings: { "80/tcp": [{ HostPort: "80" }] } },
    { Memory: 0 },
    { PidsLimit: -1 },
    { Devices: [{ PathOnHost: "/dev/sda", PathInContainer: "/dev/sda", CgroupPermissions: "rwm" }] },
  ])
    expect(tried(wrong), JSON.stringify(wrong)).toThrow("no right");
});

/** Possible names of a container, a network, an image or a label. */
const name = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.constantFrom(
    "__proto__",
    "..",
    "../../images/prune",
    "create?name=x",
    `${ID}/../../..`,
    `${ID}%2fjson`,
    `${ID}?force=1`,
    ` ${ID}`,
    `${ID}\n`,
  ),
  fc.string({
    unit: fc.constantFrom(..."0123456789abcdefABCDEF/.?&%# ".split("")),
    minLength: 1,
    maxLength: 70,
  }),
);
const strange = name.filter((text) => !/^([0-9a-f]{64}|[0-9a-z]{25})$/.test(text));

// A socket without a listener: a permitted call fails for another reason than its rights.
const engine = createEngine("/nonexistent/engine.sock", {
  again: NEVER_AGAIN,
  clock: createFakeClock(),
  log: { warn: () => undefined },
});
const signal = new AbortController().signal;

test.each<[string, (text: string) => Promise<unknown>]>([
  ["a container that is looked into", async (text) => await engine.inspectContainer(text)],
  ["a network that is looked into", async (text) => await engine.network(text)],
  ["a network whose gateway is asked for", async (text) => await engine.hostAddressOn(text)],
  ["a network that is joined", async (text) => await engine.joinNetwork(text, ID, null)],
  ["a container that joins", async (text) => await engine.joinNetwork(ID, text, null)],
  ["an address to join at", async (text) => await engine.joinNetwork(ID, ID, text)],
  ["a network that is left", async (text) => await engine.leaveNetwork(text, ID)],
  ["a container that leaves", async (text) => await engine.leaveNetwork(ID, text)],
  ["a container that is started", async (text) => await engine.startOwn(text)],
  ["a container that is stopped", async (text) => await engine.stopOwn(text, 1)],
  ["a container that is removed", async (text) => await engine.removeOwn(text)],
  ["a container that a program is run in", async (text) => await engine.runInOwn(text, ["tidy"])],
  ["a container that is waited for", async (text) => await engine.waitForOwn(text)],
  ["a container whose output is read", async (text) => await engine.ownOutput(text, 5)],
  ["an image that is fetched", async (text) => await engine.ensureImage(text)],
  ["a machine's image", async (text) => await engine.createOwn({ ...spec, image: text })],
  ["a machine's name", async (text) => await engine.createOwn({ ...spec, name: text })],
  ["a machine's target", async (text) => await engine.createOwn({ ...spec, networkOf: text })],
  [
    "a machine's folder",
    async (text) => await engine.createOwn({ ...spec, directories: new Map([["/state", text]]) }),
  ],
  ["a machine's label", async (text) => await engine.createOwn({ ...spec, labels: { [text]: "x" } })],
])("a name in the place of %s gets into no call [S070]", async (_where, use) => {
  await fc.assert(
    fc.asyncProperty(strange, async (text) => {
      await expect(use(text)).rejects.toThrow("no right to this call");
    }),
  );
});

const ENTRY = ["/usr/local/bin/node", "--max-semi-space-size=1", "/app/machine.mjs"];

test("in a container of ours nothing runs but our own program, as it is asked for", async () => {
  const runs = async (command: readonly string[]) =>
    await sentBy(async (calls) => await calls.runInOwn(ID, command));
  for (const asked of [
    ["look", "guard", "0"],
    ["look", "bare", "8443"],
    ["look", "guard", "0", "0123456789abcdef0123456789abcdef"],
    ["hold", "reach"],
    ["forward", ""],
    ["forward", "8000:62000,9000:62001"],
    ["tidy"],
    ["listening"],
    ["visit", "100.64.0.1", "80"],
    ["visit", "100.64.0.1", "80,443,8080"],
  ])
    await expect(runs([...ENTRY, ...asked])).rejects.toThrow("allowed");
  const word = fc.oneof(
    fc.constantFrom("tidy", "run", "look", "forward", "guard", "--require=/state/x.js", "-e"),
    name,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (words) => {
      const [command = "", guard, ...more] = words;
      const known =
        ((command === "tidy" || command === "listening") && words.length === 1) ||
        (["hold", "ready"].includes(command) && guard === "guard" && more.length === 0);
      fc.pre(!known);
      await expect(runs([...ENTRY, ...words])).rejects.toThrow("no right to this call");
      await expect(runs(words)).rejects.toThrow("no right to this call");
    }),
  );
});

test.each<[string, (text: string) => typeof spec]>([
  [
    "the value of a label",
    (text) => ({ ...spec, labels: { ...spec.labels, "tailnet-share.machine": text } }),
  ],
  ["a name in the environment", (text) => ({ ...spec, environment: { [text]: "x" } })],
  ["a folder's place in the container", (text) => ({ ...spec, directories: new Map([[text, "/x"]]) })],
  ["an argument", (text) => ({ ...spec, entrypoint: [...spec.entrypoint, text] })],
])("no text that somebody has chosen gets into a container as %s", async (_where, made) => {
  const unfit = strange.filter((text) => !/^[\w.:+-]{0,80}$/.test(text) && !/^TS_[A-Z0-9_]+$/.test(text));
  await fc.assert(
    fc.asyncProperty(unfit, async (text) => {
      await expect(sentBy(async (calls) => await calls.createOwn(made(text)))).rejects.toThrow(
        "no right to this call",
      );
    }),
  );
});

test("every call that the engine client makes is within the rights and reaches the socket [S078]", async () => {
  for (const ask of [
    engine.listContainers(),
    engine.networks(),
    engine.events(signal),
    engine.inspectContainer(ID),
  ])
    await expect(ask).rejects.toMatchObject({ code: "ENGINE_UNREACHABLE" });
});

test("a right is for one method, one path, and the parameters that it names [S071]", () => {
  const list = { method: "GET", path: "/containers/json?all=true" } as const;
  expect(() => assertRight(list)).not.toThrow();
  for (const wrong of [
    { ...list, method: "POST" as const },
    { ...list, path: "/containers/json" },
    { ...list, path: "/containers/json?all=true&all=true" },
    { ...list, path: "/containers/json?all=true&size=true" },
    { ...list, path: "/containers/json?all=true?x" },
    { ...list, path: "/v1.41/containers/json?all=true" },
    { ...list, json: {} },
    { method: "POST" as const, path: "/containers/prune" },
    { method: "DELETE" as const, path: `/volumes/${ID}` },
    { method: "GET" as const, path: `/containers/${ID}/archive?path=/` },
  ])
    expect(() => assertRight(wrong), JSON.stringify(wrong)).toThrow("no right");
});
