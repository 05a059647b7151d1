import { expect, test } from "vitest";
import { isFromHost, onlyFromHost } from "./way-in.ts";

const GATEWAY = "172.30.0.1";
const HOST = new Set([GATEWAY]);

test.each([
  [GATEWAY, true],
  [`::ffff:${GATEWAY}`, true],
  ["127.0.0.1", true],
  ["::1", true],
  ["172.30.0.7", false],
  ["172.18.0.1", false],
  ["192.168.1.20", false],
  ["100.64.0.3", false],
  ["fd7a:115c:a1e0::2", false],
  [undefined, false],
])("a connection from %s is taken: %s [S147]", (address, taken) => {
  expect(isFromHost(address, HOST)).toBe(taken);
  let ended = false;
  const destroy = () => {
    ended = true;
    return {} as never;
  };
  onlyFromHost(() => HOST)({ remoteAddress: address, destroy } as never);
  expect(ended).toBe(!taken);
});

test("while the host's address is unknown, only the container itself gets in", () => {
  expect(isFromHost(GATEWAY, new Set())).toBe(false);
  expect(isFromHost("127.0.0.1", new Set())).toBe(true);
});
