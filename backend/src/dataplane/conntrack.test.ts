import { expect, test } from "vitest";
import { visitorsByForward } from "./conntrack.ts";

const flow = (protocol: string, state: string, source: string, mark: number) =>
  `${protocol}      6 431999 ${state} src=${source} dst=100.64.0.2 sport=43210 dport=80 src=172.18.0.5 dst=172.18.0.9 sport=8080 dport=43210 [ASSURED] mark=${mark} use=1`;

test("names each visitor once for each forward", () => {
  const listing = [
    flow("tcp", "ESTABLISHED", "100.64.0.7", 80),
    flow("tcp", "ESTABLISHED", "100.64.0.7", 80),
    flow("tcp", "ESTABLISHED", "100.64.0.1", 80),
    "udp      17 25 src=100.64.0.1 dst=100.64.0.2 sport=5000 dport=53 src=172.18.0.5 dst=172.18.0.9 sport=53 dport=5000 mark=53 use=1",
  ].join("\n");
  expect([...visitorsByForward(listing)]).toEqual([
    ["tcp_80", ["100.64.0.1", "100.64.0.7"]],
    ["udp_53", ["100.64.0.1"]],
  ]);
});

test("leaves out connections that have ended and flows that are none of a share", () => {
  const listing = [
    flow("tcp", "TIME_WAIT", "100.64.0.7", 80),
    flow("tcp", "ESTABLISHED", "172.18.0.4", 0),
    "icmp     1 29 src=100.64.0.1 dst=100.64.0.2 type=8 code=0 id=1 src=100.64.0.2 dst=100.64.0.1 type=0 code=0 id=1 mark=80 use=1",
    "",
  ].join("\n");
  expect(visitorsByForward(listing).size).toBe(0);
});
