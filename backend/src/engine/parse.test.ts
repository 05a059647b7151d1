import { expect, test } from "vitest";
import { USUAL_STOP } from "../workloads/stop-signal.ts";
import {
  containerFacts,
  InspectedContainer,
  inspectedPorts,
  ListedContainer,
  listedContainers,
} from "./parse.ts";

const row = (more: object) =>
  ListedContainer.parse({ Id: "c".repeat(64), Names: ["/web"], Image: "nginx", State: "running", ...more });

const tcp = (port: number) => ({ port, protocol: "tcp" });

test("lists a port once, however often it is published, and leaves out what is neither TCP nor UDP", () => {
  const ports = [
    { PrivatePort: 80, Type: "tcp", IP: "0.0.0.0" },
    { PrivatePort: 80, Type: "tcp", IP: "::" },
    { PrivatePort: 53, Type: "udp" },
    { PrivatePort: 132, Type: "sctp" },
  ];
  expect(containerFacts(row({ Ports: ports })).ports).toEqual([
    { port: 80, protocol: "tcp" },
    { port: 53, protocol: "udp" },
  ]);
});

test("takes the container's own name, not the alias that a link gave it", () => {
  expect(containerFacts(row({ Names: ["/app/db", "/db"] })).name).toBe("db");
});

test("tells host, none, shared and own network modes apart", () => {
  const mode = (NetworkMode: string) => containerFacts(row({ HostConfig: { NetworkMode } })).networkMode;
  expect(mode("host")).toEqual({ kind: "host" });
  expect(mode("none")).toEqual({ kind: "none" });
  expect(mode("container:abc")).toEqual({ kind: "container", id: "abc" });
  expect(mode("default")).toEqual({ kind: "own", network: "bridge" });
  expect(mode("shop_front")).toEqual({ kind: "own", network: "shop_front" });
  // Docker's networks may have the names of Podman's programs.
  for (const network of ["pasta", "slirp4netns"]) expect(mode(network)).toEqual({ kind: "own", network });
});

test("a container that was started without a network has one as soon as it is connected to one", () => {
  const mode = (names: string[]) =>
    containerFacts(
      row({
        HostConfig: { NetworkMode: "none" },
        NetworkSettings: { Networks: Object.fromEntries(names.map((name) => [name, { NetworkID: "n" }])) },
      }),
    ).networkMode;
  expect(mode([])).toEqual({ kind: "none" });
  expect(mode(["none"])).toEqual({ kind: "none" });
  expect(mode(["app"])).toEqual({ kind: "own", network: "app" });
});

test("a container that has never run, or is dead, is stopped", () => {
  for (const State of ["created", "exited", "dead", "removing"])
    expect(containerFacts(row({ State })).run).toBe("stopped");
});

test("reads what older and other engines leave out or set to null", () => {
  const facts = containerFacts(row({ Names: null, Ports: null, Labels: null, NetworkSettings: null }));
  expect(facts).toMatchObject({ name: "cccccccccccc", ports: [], labels: {}, networks: [] });
});

const inspected = (more: object) =>
  inspectedPorts(
    InspectedContainer.parse({ Config: {}, State: { StartedAt: "", Running: false, ExitCode: 0 }, ...more }),
  );

test("reads published ports from the list, and those of a stopped container from its bindings", () => {
  const Ports = [
    { PrivatePort: 80, PublicPort: 32768, Type: "tcp" },
    { PrivatePort: 443, Type: "tcp" },
  ];
  expect(containerFacts(row({ Ports })).published).toEqual([tcp(80)]);
  const declared = inspected({
    Config: { ExposedPorts: { "8000/tcp": {}, "9443/tcp": {} } },
    HostConfig: {
      PortBindings: { "9443/tcp": [{ HostIp: "", HostPort: "9443" }], "8000/tcp": [], "9000/tcp": null },
    },
  });
  const stopped = containerFacts(row({ State: "exited" }), { declared, imageLabels: {}, stop: USUAL_STOP });
  expect(stopped).toMatchObject({ published: [tcp(9443)], portRanges: [] });
  expect(new Set(stopped.ports)).toEqual(new Set([tcp(8000), tcp(9443)]));
});

test("skips only the invalid entry of a row's ports", () => {
  const Ports = [
    { PrivatePort: 70_000, Type: "tcp" },
    null,
    "80/tcp",
    { PrivatePort: 1.5 },
    { PrivatePort: 81 },
  ];
  expect(containerFacts(row({ Ports })).ports).toEqual([tcp(81)]);
});

test("folds ten thousand exposed ports into a range, from the list and from the inspection", () => {
  const numbers = Array.from({ length: 10_001 }, (_, index) => 10_000 + index);
  const Ports = [80, ...numbers].map((PrivatePort) => ({
    PrivatePort,
    Type: PrivatePort === 80 ? "tcp" : "udp",
  }));
  const ExposedPorts = Object.fromEntries(
    ["80/tcp", ...numbers.map((port) => `${port}/udp`)].map((key) => [key, {}]),
  );
  const declared = inspected({ Config: { ExposedPorts } });
  expect(declared).toEqual({
    ports: [tcp(80)],
    ranges: [{ from: 10_000, to: 20_000, protocol: "udp" }],
    published: [],
  });
  const facts = containerFacts(row({ Ports }), { declared, imageLabels: {}, stop: USUAL_STOP });
  expect([facts.ports, facts.portRanges]).toEqual([declared.ports, declared.ranges]);
  expect(containerFacts(row({ Ports })).ports).toEqual([tcp(80)]);
});

test("a row that cannot be read hides no other, and is named", () => {
  const good = { Id: "a".repeat(64), Names: ["/web"], Image: "nginx", State: "running" };
  const { rows, unread } = listedContainers([{ ...good, Id: "b".repeat(64), State: 7 }, good, null]);
  expect(rows.map(({ Id }) => Id)).toEqual([good.Id]);
  expect(unread).toEqual(["bbbbbbbbbbbb", "row 2"]);
  expect(() => listedContainers({ message: "no list" })).toThrow();
});
