import { describe, expect, test } from "vitest";
import { containerFacts, InspectedContainer, ListedContainer } from "./parse.ts";
import { completeRows, namespaceMode, placedOf, startOf } from "./podman.ts";

/* The answers of Podman 4.3.1 and 5.4.2, shortened. */

const ID = (letter: string) => letter.repeat(64);
const NETNS = (digit: string) => `/run/netns/netns-0d31c849-6a6c-7432-52b0-6cb3a0c312a${digit}`;
const DEFAULT_ID = "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9";

interface Sample {
  mode?: string;
  key?: string;
  running?: boolean;
  networks?: Record<string, { NetworkID: string; IPAddress?: string; MacAddress?: string }>;
  labels?: Record<string, string>;
  names?: string[];
  image?: string;
  hostname?: string;
}

const inspected = ({ mode = "bridge", key = "", running = true, hostname = "h" }: Sample) =>
  InspectedContainer.parse({
    Config: { ExposedPorts: null, StopSignal: "15", StopTimeout: 10, Hostname: hostname },
    HostConfig: { PortBindings: {}, NetworkMode: mode },
    NetworkSettings: { SandboxKey: key },
    State: { StartedAt: "2026-11-30T19:51:55.3Z", Running: running, ExitCode: 0 },
    Mounts: [{ Source: "/v/state", Destination: "/state" }],
  });

const listed = (
  id: string,
  { networks = {}, labels = {}, names, image = "docker.io/library/nginx" }: Sample,
) =>
  ListedContainer.parse({
    ...{ Id: ID(id), Names: names ?? [`/${id}`], Image: image, State: "running", Labels: labels },
    ...{ Ports: [], Mounts: [], NetworkSettings: { Networks: networks } },
  });

function facts(samples: Record<string, Sample>, ids: Record<string, string> = {}) {
  const rows = Object.entries(samples).map(([id, sample]) => ({
    row: listed(id, sample),
    placed: placedOf(inspected(sample)),
  }));
  const complete = completeRows(rows, (name) => ids[name] ?? "");
  return new Map(complete.map((row) => [row.Id[0], containerFacts(row)] as const));
}

const app = { NetworkID: ID("9"), IPAddress: "10.89.0.2", MacAddress: "ee:f5:9c:a8:3d:90" };

describe("rows of Podman's list", () => {
  test("get the network mode, which the list lacks", () => {
    const shown = facts({
      a: { key: NETNS("1"), networks: { app } },
      b: { mode: `container:${ID("a")}`, key: NETNS("1"), networks: { app } },
      c: { mode: "host", networks: { host: { NetworkID: "host" } } },
      d: { mode: "none", networks: { none: { NetworkID: "none" } } },
      e: { mode: "slirp4netns", key: NETNS("2") },
      f: { mode: "pasta", key: NETNS("3") },
    });
    expect([...shown].map(([id, { networkMode }]) => [id, networkMode])).toEqual([
      ["a", { kind: "own", network: "app" }],
      ["b", { kind: "container", id: ID("a") }],
      ["c", { kind: "host" }],
      ["d", { kind: "none" }],
      ["e", { kind: "user-mode", program: "slirp4netns" }],
      ["f", { kind: "user-mode", program: "pasta" }],
    ]);
  });

  test("lose the networks of the container whose namespace they use", () => {
    const shown = facts({
      a: { key: NETNS("1"), networks: { app } },
      b: { mode: `container:${ID("a")}`, key: NETNS("1"), networks: { app } },
      c: { mode: "host", networks: { host: { NetworkID: "host" } } },
    });
    expect(shown.get("a")?.networks).toMatchObject([{ networkId: ID("9"), address: "10.89.0.2" }]);
    expect(shown.get("b")?.networks).toEqual([]);
    expect(shown.get("c")?.networks).toEqual([]);
  });

  test("name the container whose namespace they use by its path, unless it has ended", () => {
    const shown = facts({
      a: { key: NETNS("1"), networks: { app } },
      b: { mode: `container:${ID("a")}`, key: NETNS("1") },
      c: { mode: `ns:${NETNS("1")}` },
      d: { mode: `ns:${NETNS("2")}` },
      e: { key: NETNS("2"), running: false, networks: { app } },
    });
    expect(shown.get("c")?.networkMode).toEqual({ kind: "container", id: ID("a") });
    expect(shown.get("d")?.networkMode).toEqual({ kind: "container", id: "" });
  });

  test("get a network's ID where Podman 4 gives its name", () => {
    const shown = facts(
      { a: { key: NETNS("1"), networks: { app: { ...app, NetworkID: "app" } } } },
      { app: ID("8") },
    );
    expect(shown.get("a")?.networks).toMatchObject([{ networkId: ID("8"), networkName: "app" }]);
  });

  test("tell one start from another, and give none while it doesn't run", () => {
    const life = (sample: Sample) => facts({ a: { networks: { app }, ...sample } }).get("a")?.life;
    expect(life({ key: NETNS("1") })).toBe("2026-11-30T19:51:55.3Z");
    expect(life({ running: false })).toBeNull();
  });

  test("have the directories that the list leaves out", () => {
    const labels = { "tailnet-share.role": "machine" };
    expect(facts({ a: { key: NETNS("1"), labels } }).get("a")?.directories).toEqual(["/v/state"]);
  });

  test("call a pod by its name", () => {
    const infra = {
      names: ["/c8b0f913c60e-infra"],
      hostname: "mypod",
      networks: { podman: { NetworkID: DEFAULT_ID } },
    };
    expect(facts({ a: { ...infra, image: "localhost/podman-pause:5.4.2-1766335321" } }).get("a")?.image).toBe(
      "pod",
    );
    const named = (image: string, names = infra.names) =>
      facts({ a: { ...infra, image, names } }).get("a")?.name;
    expect(named("localhost/podman-pause:5.4.2-1766335321")).toBe("mypod");
    expect(named("")).toBe("mypod");
    expect(named("docker.io/library/nginx")).toBe("c8b0f913c60e-infra");
    expect(named("localhost/podman-pause:5.4.2", ["/web-infra"])).toBe("web-infra");
  });

  test.each([
    [["0-tailnet-share", "app", "b_default"], {}, "0-tailnet-share"],
    [["app", "zero_default"], { "com.docker.compose.project": "zero" }, "zero_default"],
    [["app"], {}, "app"],
    [["app", "podman"], {}, "bridge"],
    [[], {}, "bridge"],
  ])("know the network that it was created on, if it is one of these: %j", (names, labels, network) => {
    const networks = Object.fromEntries(names.map((name) => [name, app]));
    expect(facts({ a: { key: NETNS("1"), networks, labels } }).get("a")?.networkMode).toEqual({
      kind: "own",
      network,
    });
  });
});

test("a row changes when its container starts again or joins a network", () => {
  const before = startOf(listed("a", { networks: { app } }));
  expect(startOf(listed("a", { networks: { app: { ...app, MacAddress: "32:b0:57:05:81:16" } } }))).not.toBe(
    before,
  );
  expect(startOf(listed("a", { networks: { app, two: { ...app, MacAddress: "32:b0" } } }))).not.toBe(before);
  expect(startOf({ ...listed("a", { networks: { app } }), State: "exited" })).not.toBe(before);
});

describe("the namespace that a machine joins", () => {
  const asked = async (samples: Record<string, Sample>) =>
    await namespaceMode(ID("a"), async (id) => {
      const sample = samples[id[0] ?? ""];
      return await Promise.resolve(sample === undefined ? null : inspected(sample));
    });

  test("is named by the path of the container's own, not by the container [S182]", async () => {
    expect(await asked({ a: { key: NETNS("1") } })).toBe(`ns:${NETNS("1")}`);
    const rootless = NETNS("1").replace("/run/", "/run/user/1000/");
    expect(await asked({ a: { mode: "pasta", key: rootless } })).toBe(`ns:${rootless}`);
  });

  test("is the path of the container that lends it", async () => {
    expect(
      await asked({ a: { mode: `container:${ID("b")}`, key: NETNS("1") }, b: { key: NETNS("1") } }),
    ).toBe(`ns:${NETNS("1")}`);
  });

  test("is missing when the container has ended, lends nothing or has an odd path [S183]", async () => {
    expect(await asked({})).toBeNull();
    expect(await asked({ a: { key: NETNS("1"), running: false } })).toBeNull();
    expect(await asked({ a: { mode: "host" } })).toBeNull();
    expect(await asked({ a: { key: "/proc/1/ns/net" } })).toBeNull();
    expect(await asked({ a: { key: `${NETNS("1")}/../../x` } })).toBeNull();
    expect(await asked({ a: { mode: `container:${ID("a")}` } })).toBeNull();
  });
});
