import { expect, test } from "vitest";
import { endingsIn, flowsByForward, visitorsByForward } from "./conntrack.ts";

const flow = (protocol: string, state: string, source: string, mark: number) =>
  `${protocol}      6 431999 ${state} src=${source} dst=100.64.0.2 sport=43210 dport=80 src=172.18.0.5 dst=172.18.0.9 sport=8080 dport=43210 [ASSURED] mark=${mark} use=1`;

test("names each client once for each forward", () => {
  const listing = [
    flow("tcp", "ESTABLISHED", "100.64.0.7", 80),
    flow("tcp", "ESTABLISHED", "100.64.0.7", 80),
    flow("tcp", "ESTABLISHED", "100.64.0.1", 80),
    "udp      17 25 src=100.64.0.1 dst=100.64.0.2 sport=5000 dport=53 src=172.18.0.5 dst=172.18.0.9 sport=53 dport=5000 mark=53 use=1",
  ].join("\n");
  expect([...visitorsByForward(flowsByForward(listing))]).toEqual([
    ["tcp_80", ["100.64.0.1", "100.64.0.7"]],
    ["udp_53", ["100.64.0.1"]],
  ]);
});

test("reads the kernel's own list as conntrack's", () => {
  const listing = [
    flow("tcp", "ESTABLISHED", "100.64.0.7", 80),
    "udp      17 25 src=100.64.0.1 dst=100.64.0.2 sport=5000 dport=53 [UNREPLIED] src=172.18.0.5 dst=172.18.0.9 sport=53 dport=5000 mark=53 use=1",
  ];
  const own = listing.map((line) => `ipv4     2 ${line.replace(" use=1", " zone=0 use=2")}`);
  const six =
    "ipv6     10 tcp      6 9 ESTABLISHED src=fd7a::1 dst=fd7a::2 sport=1 dport=2 src=fd7a::2 dst=fd7a::1 sport=2 dport=1 [ASSURED] mark=0 zone=0 use=2";
  expect(flowsByForward([six, ...own, ""].join("\n"))).toEqual(flowsByForward(listing.join("\n")));
  expect(flowsByForward(own.join("\n"))).toHaveLength(2);
});

test("leaves out connections that have ended and flows that are none of a share", () => {
  const listing = [
    flow("tcp", "TIME_WAIT", "100.64.0.7", 80),
    flow("tcp", "ESTABLISHED", "172.18.0.4", 0),
    // tailscaled's own mark, on a connection to the control server.
    flow("tcp", "SYN_SENT", "172.18.0.4", 0x80000),
    "icmp     1 29 src=100.64.0.1 dst=100.64.0.2 type=8 code=0 id=1 src=100.64.0.2 dst=100.64.0.1 type=0 code=0 id=1 mark=80 use=1",
    "",
  ].join("\n");
  expect(flowsByForward(listing)).toEqual([]);
});

test("tells by which forward a flow goes, also one that is answered by nobody or not open yet", () => {
  const listing = [
    "udp      17 25 src=100.64.0.1 dst=100.64.0.2 sport=5000 dport=53 [UNREPLIED] src=172.18.0.6 dst=172.18.0.9 sport=5353 dport=5000 mark=53 use=1",
    "tcp      6 110 SYN_SENT src=100.64.0.1 dst=100.64.0.2 sport=5000 dport=80 packets=1 bytes=60 [UNREPLIED] src=172.18.0.5 dst=172.18.0.9 sport=8080 dport=5000 packets=0 bytes=0 mark=80 use=1",
    flow("tcp", "ESTABLISHED", "100.64.0.7", 80),
    "conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.",
  ].join("\n");
  expect(flowsByForward(listing)).toEqual([
    {
      protocol: "udp",
      nodePort: 53,
      address: "172.18.0.6",
      port: 5353,
      visitors: ["100.64.0.1"],
      idleSeconds: 5,
    },
    {
      protocol: "tcp",
      nodePort: 80,
      address: "172.18.0.5",
      port: 8080,
      visitors: ["100.64.0.7"],
      idleSeconds: 1,
    },
  ]);
});

test("finds both ends of a deleted connection: the container sees the backend, the client sees the node", () => {
  const both = [
    { from: { address: "172.18.0.9", port: 43210 }, to: { address: "172.18.0.5", port: 8080 } },
    { from: { address: "100.64.0.2", port: 80 }, to: { address: "100.64.0.7", port: 43210 } },
  ];
  for (const state of ["ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT", "SYN_RECV", "LAST_ACK"])
    expect(endingsIn(flow("tcp", state, "100.64.0.7", 80)), state).toEqual(both);
});

test("resets no connection that is closed, not yet open or not TCP", () => {
  const listing = [
    flow("tcp", "TIME_WAIT", "100.64.0.7", 80),
    flow("tcp", "CLOSE", "100.64.0.7", 80),
    flow("tcp", "SYN_SENT", "100.64.0.7", 80),
    "udp      17 25 src=100.64.0.1 dst=100.64.0.2 sport=5000 dport=53 src=172.18.0.5 dst=172.18.0.9 sport=53 dport=5000 mark=53 use=1",
    "conntrack v1.4.7 (conntrack-tools): 4 flow entries have been deleted.",
  ].join("\n");
  expect(endingsIn(listing)).toEqual([]);
});

test("parses the kernel's own listing, whose lines end differently", () => {
  const listing = [
    flow("tcp", "ESTABLISHED", "100.64.0.7", 80).replace("use=1", "zone=0 use=2"),
    `ipv6     10 ${flow("tcp", "ESTABLISHED", "100.64.0.7", 81)}`,
  ].join("\n");
  expect(flowsByForward(listing)).toMatchObject([{ nodePort: 80, visitors: ["100.64.0.7"], idleSeconds: 1 }]);
});

test("a connection of tailscaled's HTTPS server belongs to its forward, and the backend is no client", () => {
  const listing =
    "tcp      6 431999 ESTABLISHED src=172.30.0.2 dst=172.30.0.2 sport=43210 dport=8443 src=172.18.0.4 dst=172.18.0.9 sport=3000 dport=43210 [ASSURED] mark=8443 use=1";
  expect(flowsByForward(listing)).toEqual([
    {
      protocol: "tcp",
      nodePort: 8443,
      address: "172.18.0.4",
      port: 3000,
      via: "172.30.0.2",
      visitors: [],
      idleSeconds: 1,
    },
  ]);
});
