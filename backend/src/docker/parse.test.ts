import { expect, test } from "vitest";
import { containerFacts, exposedPorts, ListedContainer, listedContainers } from "./parse.ts";

const row = (more: object) =>
  ListedContainer.parse({ Id: "c".repeat(64), Names: ["/web"], Image: "nginx", State: "running", ...more });

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

test("exposed ports are read from the keys, and what is no port is left out", () => {
  expect(
    exposedPorts({ "80/tcp": {}, "53/udp": {}, "9/sctp": {}, "8000-8010/tcp": {}, "99999/tcp": {} }),
  ).toEqual([
    { port: 80, protocol: "tcp" },
    { port: 53, protocol: "udp" },
  ]);
});

test("a row that cannot be read hides no other, and is named", () => {
  const good = { Id: "a".repeat(64), Names: ["/web"], Image: "nginx", State: "running" };
  const { rows, unread } = listedContainers([{ ...good, Id: "b".repeat(64), State: 7 }, good, null]);
  expect(rows.map(({ Id }) => Id)).toEqual([good.Id]);
  expect(unread).toEqual(["bbbbbbbbbbbb", "row 2"]);
  expect(() => listedContainers({ message: "no list" })).toThrow();
});
