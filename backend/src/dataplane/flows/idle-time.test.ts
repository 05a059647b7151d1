import { expect, test } from "vitest";
import { type FlowAge, idleSecondsOf, USUAL_TIMEOUTS } from "./idle-time.ts";

const NEVER = Number.POSITIVE_INFINITY;

test.each<[string, FlowAge, number]>([
  ["TCP that sends now", tcp(431_999), 1],
  ["TCP that waits for an acknowledgement", tcp(300), 0],
  ["TCP that a browser keeps", tcp(431_955), 45],
  ["TCP that is over", tcp(119, "TIME_WAIT"), NEVER],
  ["TCP whose server has closed it", tcp(119, "FIN_WAIT"), NEVER],
  ["TCP that was never open", tcp(119, "SYN_SENT"), NEVER],
  ["UDP that asks now", udp(29), 1],
  ["UDP that asked a while ago", udp(5), 25],
  ["a UDP stream", udp(119, true), 1],
  ["a UDP stream that pauses", udp(80, true), 40],
])("tells how long nothing has come by %s", (_, age, seconds) => {
  expect(idleSecondsOf(age, USUAL_TIMEOUTS)).toBe(seconds);
});

test("goes by shorter timeouts where somebody has set them", () => {
  expect(idleSecondsOf(tcp(595), { ...USUAL_TIMEOUTS, established: 600 })).toBe(5);
});

function tcp(lifetime: number, state = "ESTABLISHED"): FlowAge {
  return { protocol: "tcp", lifetime, state, isAssured: true };
}

function udp(lifetime: number, isAssured = false): FlowAge {
  return { protocol: "udp", lifetime, state: undefined, isAssured };
}
