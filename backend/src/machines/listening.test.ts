import { expect, test } from "vitest";
import { listeningPorts } from "./listening.ts";

const HEAD =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const line = (local: string, state: string, inode = 1) =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1\n`;
const read = (files: Record<string, string>) => (name: string) => {
  if (files[name] === undefined) throw new Error("ENOENT");
  return HEAD + files[name];
};

test("names what takes connections from outside, once for both address families", () => {
  const files = {
    tcp: line("00000000:1F90", "0A") + line("0100007F:0050", "0A") + line("0500A8C0:0051", "01"),
    tcp6: line("00000000000000000000000000000000:1F90", "0A"),
    udp: line("00000000:0035", "07") + line("00000000:D431", "07"),
  };
  expect(listeningPorts(read(files))).toEqual([
    { port: 53, protocol: "udp" },
    { port: 8080, protocol: "tcp" },
  ]);
});

test("names no more ports than people would read, the lowest ones", () => {
  const files = {
    tcp: Array.from({ length: 1_000 }, (_, index) =>
      line(`00000000:${(2_000 - index).toString(16).toUpperCase()}`, "0A"),
    ).join(""),
  };
  const ports = listeningPorts(read(files));
  expect(ports).toHaveLength(256);
  expect(ports[0]).toEqual({ port: 1_001, protocol: "tcp" });
});

test("leaves out what tailscaled itself listens on, at whatever address", () => {
  const files = { tcp6: line(`${"0".repeat(32)}:8568`, "0A", 41) + line(`${"0".repeat(32)}:1F90`, "0A", 42) };
  expect(listeningPorts(read(files), new Set(["41"]))).toEqual([{ port: 8080, protocol: "tcp" }]);
});

test("leaves out what listens on loopback only, in every notation, and what belongs to Docker or tailscaled", () => {
  const files = {
    tcp6:
      line("00000000000000000000000001000000:1F90", "0A") +
      line("0000000000000000FFFF00000100007F:1F91", "0A"),
    // Docker's name server, and tailscaled at 100.64.0.3 and at fd7a:115c:a1e0::3.
    tcp: line("0B00007F:B3C1", "0A") + line("03004064:8568", "0A"),
    udp6: line("5C117AFD0000E0A10000000003000000:1F92", "07"),
  };
  expect(listeningPorts(read(files))).toEqual([]);
});
