import { expect, test } from "vitest";
import { assignNodePorts } from "./node-ports.ts";
import type { StoredShare } from "./stored-share.ts";

const share = (name: string, ports: StoredShare["ports"]): StoredShare => ({
  workload: `name:${name}`,
  mode: "node",
  ports,
  machine: null,
  network: null,
  until: null,
  name,
  project: null,
  image: "x",
  lastContainerId: null,
});
const tcp = (port: number, nodePort: number) => ({ port, protocol: "tcp" as const, nodePort });

test("takes the container's own port when it is free", () => {
  expect(assignNodePorts([{ port: 8080, protocol: "tcp" }], undefined, [])).toEqual([tcp(8080, 8080)]);
});

test("takes the next free port when another share has it, and the same number for the other protocol", () => {
  const others = [share("a", [tcp(80, 80)]), share("b", [tcp(80, 81)])];
  expect(assignNodePorts([{ port: 80, protocol: "tcp" }], undefined, others)).toEqual([tcp(80, 82)]);
  expect(assignNodePorts([{ port: 80, protocol: "udp" }], undefined, others)).toEqual([
    { port: 80, protocol: "udp", nodePort: 80 },
  ]);
});

test("keeps a share's port although the one it first wanted has become free", () => {
  expect(assignNodePorts([{ port: 80, protocol: "tcp" }], share("a", [tcp(80, 82)]), [])).toEqual([
    tcp(80, 82),
  ]);
});

test("a port that was asked for is refused when taken, with a free one proposed", () => {
  expect(() => assignNodePorts([tcp(80, 8080)], undefined, [share("web", [tcp(80, 8080)])])).toThrow(
    "Port 8080 on this node is used by web.",
  );
});

test("a port that was asked for is not given away to another port of the same share", () => {
  expect(assignNodePorts([{ port: 80, protocol: "tcp" }, tcp(81, 80)], undefined, [])).toEqual([
    tcp(80, 81),
    tcp(81, 80),
  ]);
});

test("starts over at the bottom when the top is full", () => {
  expect(
    assignNodePorts([{ port: 65_535, protocol: "tcp" }], undefined, [share("a", [tcp(1, 65_535)])]),
  ).toEqual([tcp(65_535, 1_024)]);
});

test("refuses a port that stands there twice", () => {
  expect(() =>
    assignNodePorts(
      [
        { port: 1, protocol: "tcp" },
        { port: 1, protocol: "tcp" },
      ],
      undefined,
      [],
    ),
  ).toThrow("twice");
});

test("keeps a port's HTTPS unless told otherwise, and refuses it for UDP", () => {
  const own = share("a", [{ ...tcp(80, 80), https: true }]);
  const assign = (more: object) => assignNodePorts([{ port: 80, protocol: "tcp", ...more }], own, []);
  expect(assign({})).toEqual([{ ...tcp(80, 80), https: true }]);
  expect(assign({ https: false })).toEqual([tcp(80, 80)]);
  expect(assignNodePorts([{ port: 81, protocol: "tcp", https: true }], own, [])).toEqual([
    { ...tcp(81, 81), https: true },
  ]);
  expect(() => assignNodePorts([{ port: 53, protocol: "udp", https: true }], own, [])).toThrow(
    "HTTPS needs a TCP port.",
  );
});

test("gives nobody a TCP port that is reserved, and says who has it", () => {
  const reserved = [{ port: 4180, by: "the panel" }];
  expect(assignNodePorts([{ port: 4180, protocol: "tcp" }], undefined, [], reserved)).toEqual([
    tcp(4180, 4181),
  ]);
  expect(assignNodePorts([{ port: 4180, protocol: "udp" }], undefined, [], reserved)).toMatchObject([
    { nodePort: 4180 },
  ]);
  expect(() => assignNodePorts([tcp(80, 4180)], undefined, [], reserved)).toThrow("used by the panel");
});
