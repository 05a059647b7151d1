import { expect, test } from "vitest";
import { likeliestFirst } from "./likely-port.ts";

const tcp = (port: number) => ({ port, protocol: "tcp" as const });
const udp = (port: number) => ({ port, protocol: "udp" as const });

test("puts the plain web port before the admin port that has the smaller number", () => {
  expect(likeliestFirst([tcp(22), tcp(8080), tcp(80)])).toEqual([tcp(80), tcp(8080), tcp(22)]);
});

test("puts TCP before UDP, and a UDP port is never taken for a web port", () => {
  expect(likeliestFirst([udp(80), tcp(6379)])).toEqual([tcp(6379), udp(80)]);
});
