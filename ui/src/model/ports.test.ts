import { PutShare } from "@tailnet-share/contract/share";
import { describe, expect, it } from "vitest";
import { machineShare, share, workload } from "../testing/fixtures.ts";
import {
  likelyHttpsPort,
  machinePortLines,
  moveNodePort,
  parsePort,
  portLines,
  togglePort,
} from "./ports.ts";

const tcp = (port: number) => ({ port, protocol: "tcp" }) as const;
const two = workload({
  ports: [tcp(80), tcp(443), { port: 443, protocol: "udp" }],
  share: share({
    ports: [
      { ...tcp(80), nodePort: 8080 },
      { ...tcp(9999), nodePort: 9999 },
    ],
  }),
});

describe("a row's ports", () => {
  it("are the declared ones and then those shared beyond them, each once", () => {
    expect(portLines(two).map(({ key, nodePort }) => [key, nodePort])).toEqual([
      ["80/tcp", 8080],
      ["443/tcp", null],
      ["443/udp", null],
      ["9999/tcp", 9999],
    ]);
  });

  it("keep their node ports when another is ticked", () => {
    expect(togglePort(two, tcp(443))).toEqual([
      { port: 80, protocol: "tcp", nodePort: 8080 },
      { port: 9999, protocol: "tcp", nodePort: 9999 },
      { port: 443, protocol: "tcp" },
    ]);
  });

  it("lose exactly the one that is unticked", () => {
    expect(togglePort(two, tcp(80))).toEqual([{ port: 9999, protocol: "tcp", nodePort: 9999 }]);
  });

  it("tell TCP from UDP on the same number", () => {
    const quic = workload({ ports: two.ports, share: share({ ports: [{ ...tcp(443), nodePort: 443 }] }) });
    expect(togglePort(quic, { port: 443, protocol: "udp" })).toEqual([
      { port: 443, protocol: "tcp", nodePort: 443 },
      { port: 443, protocol: "udp" },
    ]);
    expect(portLines(quic).find(({ key }) => key === "443/udp")?.nodePort).toBeNull();
  });

  it("move to another node port one at a time", () => {
    expect(moveNodePort(two, tcp(80), 81).map(({ nodePort }) => nodePort)).toEqual([81, 9999]);
  });

  it("are always what the contract accepts", () => {
    for (const ports of [
      togglePort(two, tcp(443)),
      togglePort(two, tcp(80)),
      moveNodePort(two, tcp(80), 81),
    ]) {
      expect(PutShare.safeParse({ ports }).success).toBe(true);
    }
  });
});

describe("a machine's ports", () => {
  const endpoint = { ...tcp(5000), nodePort: 5000, address: "web:5000", ipAddress: "", web: false };
  const found = workload({
    ports: [],
    share: machineShare(
      {},
      { ports: [], exposure: { state: "live", endpoints: [endpoint], unanswered: [] } },
    ),
  });

  it("are those too that something was found to listen on", () => {
    expect(machinePortLines(found).map(({ key }) => key)).toEqual(["5000/tcp"]);
    expect(portLines(found)).toEqual([]);
  });

  it("give HTTPS a port to lead to, TCP only", () => {
    expect(likelyHttpsPort(found)).toBe(5000);
    expect(likelyHttpsPort(workload({ ports: [{ port: 53, protocol: "udp" }, tcp(8080)] }))).toBe(8080);
    expect(likelyHttpsPort(workload({ ports: [] }))).toBeNull();
  });
});

it.each([
  ["80", 80],
  [" 443 ", 443],
  ["65535", 65_535],
  ["0", null],
  ["65536", null],
  ["8o", null],
  ["-1", null],
  ["1e3", null],
  ["", null],
])("reads %j as port %s", (text, port) => {
  expect(parsePort(text)).toBe(port);
});
