import { expect, test } from "vitest";
import { schemeOf } from "./schemes.ts";

test.each([
  [
    "http",
    [80, 81, 3000, 4200, 5000, 5173, 5601, 7070, 7474, 8000, 8080, 8086, 8888, 9000, 9090, 9200, 15672],
  ],
  ["https", [443, 6443, 8443, 9443]],
  ["postgresql", [5432, 5433, 6432]],
  ["mysql", [3306]],
  ["mongodb", [27017]],
  ["redis", [6379]],
  ["ssh", [22]],
  ["vnc", [5900, 5901]],
  ["bolt", [7687]],
  ["mqtt", [1883]],
  ["mqtts", [8883]],
  ["amqp", [5672]],
  ["rtsp", [8554]],
  // Remote desktop, SIP, debuggers, Cassandra, Kafka: no browser opens them, and no scheme is in common use.
  ["", [25, 53, 3389, 5005, 5060, 5061, 7000, 7199, 9042, 9092, 11_211, 40_000]],
])("'%s' is what these ports usually speak", (scheme, ports) => {
  const others = ports.filter((port) => schemeOf({ port, protocol: "tcp" }) !== scheme);
  expect(others).toEqual([]);
});

test("UDP has no scheme, whatever its number says", () => {
  for (const port of [80, 443, 5060]) expect(schemeOf({ port, protocol: "udp" })).toBe("");
});

test("the ranges that are taken for the web end where they say", () => {
  const web = [2999, 3000, 5999, 6000, 6999, 7001, 7999, 8000, 9099, 9100].filter(
    (port) => schemeOf({ port, protocol: "tcp" }) === "http",
  );
  expect(web).toEqual([3000, 5999, 7001, 7999, 8000, 9099]);
});
