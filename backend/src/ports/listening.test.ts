import { expect, test } from "vitest";
import { listeningPort, shownListeners } from "./listener-addresses.ts";
import { listenersIn } from "./listening.ts";

/* Sample output of Linux 6.1 on a little-endian machine. */
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0B00007F:B3C1 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 31 1 0000000000000000 100 0 0 10 0
   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 32 1 0000000000000000 100 0 0 10 0
   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 33 1 0000000000000000 100 0 0 10 0
   3: 050012AC:0051 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 34 1 0000000000000000 100 0 0 10 0
   4: 050012AC:0051 010012AC:D431 01 00000000:00000000 00:00000000 00000000     0        0 35 1 0000000000000000 20 4 30 10 -1
   5: 03004064:2149 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 36 1 0000000000000000 100 0 0 10 0
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41 1 0000000000000000 100 0 0 10 0
   1: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 42 1 0000000000000000 100 0 0 10 0
   2: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 43 1 0000000000000000 100 0 0 10 0
   3: 0000000000000000FFFF00000100007F:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 44 1 0000000000000000 100 0 0 10 0
   4: 0000000000000000FFFF0000050012AC:1F92 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 45 1 0000000000000000 100 0 0 10 0
   5: 000080FE00000000FF0012ACFEFF0200:1F93 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 46 1 0000000000000000 100 0 0 10 0
   6: 5C117AFD0000E0A10000000003000000:2149 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 47 1 0000000000000000 100 0 0 10 0
`;
const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  101: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 51 2 0000000000000000 0
  102: 00000000:CA6C 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 52 2 0000000000000000 0
  103: 050012AC:D431 08080808:0035 01 00000000:00000000 00:00000000 00000000     0        0 53 2 0000000000000000 0
  104: 0B00007F:9C40 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 54 2 0000000000000000 0
  105: 00000000:8568 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 55 2 0000000000000000 0
`;
const UDP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  201: 00000000000000000000000000000000:14EB 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 61 2 0000000000000000 0
`;
const FILES: Readonly<Record<string, string>> = { tcp: TCP, tcp6: TCP6, udp: UDP, udp6: UDP6 };
const read = (name: string) => {
  const text = FILES[name];
  if (text === undefined) throw new Error("ENOENT");
  return text;
};
const none = { ownSockets: new Set<string>(), tailnetAddresses: new Set<string>() };
const tailscaled = {
  ownSockets: new Set(["55"]),
  tailnetAddresses: new Set(["100.64.0.3", "fd7a:115c:a1e0::3"]),
};

test("names every port with where it listens, UDP above the ephemeral ports' beginning too", () => {
  const found = listenersIn(read, tailscaled, ({ port }) => port === 3_000);
  expect(found.map(({ port, protocol, addresses }) => `${port}/${protocol} ${addresses.join(" ")}`)).toEqual([
    "53/udp 0.0.0.0",
    "80/tcp 127.0.0.1",
    "81/tcp 172.18.0.5",
    "3000/tcp ::",
    "5355/udp 0.0.0.0 ::",
    "8080/tcp 0.0.0.0 ::",
    "8081/tcp ::1",
    "8082/tcp 172.18.0.5",
    "8083/tcp fe80::ac12:ff:2:fffe",
    "51820/udp 0.0.0.0",
  ]);
});

test("leaves out tailscaled's sockets by their inode or their address, and the engine's resolver always", () => {
  const ports = listenersIn(read, none).map(({ port, protocol }) => `${port}/${protocol}`);
  expect(ports).toContain("8521/tcp");
  expect(ports).toContain("34152/udp");
  expect(ports).not.toContain("46017/tcp");
  expect(ports).not.toContain("40000/udp");
});

test("lists every port, however many there are", () => {
  const lines = Array.from(
    { length: 20_000 },
    (_, index) =>
      `   0: 00000000:${(1_024 + index).toString(16).padStart(4, "0").toUpperCase()} 00000000:0000 0A 0 0 0 0 0 0 1`,
  );
  expect(listenersIn((name) => (name === "tcp" ? `head\n${lines.join("\n")}` : ""), none)).toHaveLength(
    20_000,
  );
});

test("finds no ports in a missing or malformed file", () => {
  expect(
    listenersIn((name) => {
      if (name !== "tcp") throw new Error("ENOENT");
      return "head\nnonsense\n   0: XYZ:0050 0 0A\n   1: 00000000:0000 00000000:0000 0A 0 0 0 0 0 0 1\n";
    }, none),
  ).toEqual([]);
});

test("shows at most 256 ports, without ephemeral UDP ports", () => {
  const udp = { port: 51_820, protocol: "udp" as const, addresses: ["0.0.0.0"] };
  const tcp = Array.from({ length: 300 }, (_, port) => ({
    port,
    protocol: "tcp" as const,
    addresses: ["::"],
  }));
  expect(shownListeners([udp])).toEqual([]);
  expect(shownListeners([...tcp, udp])).toHaveLength(256);
});

test.each([
  [["0.0.0.0", "::"], "any", ["ipv4", "ipv6"]],
  [["0.0.0.0"], "any", ["ipv4"]],
  [["::"], "any", ["ipv6"]],
  [["127.0.0.1", "::"], "any", ["ipv6"]],
  [["172.18.0.5", "127.0.0.1"], "address", ["ipv4"]],
  [["127.0.0.1"], "loopback", ["ipv4"]],
  [["127.0.0.53", "::1"], "loopback", ["ipv4", "ipv6"]],
] as const)("a program that listens on %s is reported at '%s' of %s", (addresses, at, families) => {
  expect(listeningPort({ port: 80, protocol: "tcp", addresses: [...addresses] })).toEqual({
    ...{ port: 80, protocol: "tcp", at, families },
  });
});
