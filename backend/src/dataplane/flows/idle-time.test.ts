import { expect, test } from "vitest";
import { idleSecondsOf, USUAL_TIMEOUTS } from "./idle-time.ts";

const ENDS =
  "src=100.64.0.1 dst=100.64.0.2 sport=5000 dport=80 src=172.18.0.5 dst=172.18.0.9 sport=8080 dport=5000";

test.each([
  ["TCP that sends now", `tcp      6 431999 ESTABLISHED ${ENDS} [ASSURED] mark=80 use=1`, 1],
  ["TCP that waits for an acknowledgement", `tcp      6 300 ESTABLISHED ${ENDS} [ASSURED] mark=80 use=1`, 0],
  ["TCP that a browser keeps", `tcp      6 431955 ESTABLISHED ${ENDS} [ASSURED] mark=80 use=1`, 45],
  ["TCP that is over", `tcp      6 119 TIME_WAIT ${ENDS} [ASSURED] mark=80 use=1`, Number.POSITIVE_INFINITY],
  [
    "TCP whose server has closed it",
    `tcp 6 119 FIN_WAIT ${ENDS} [ASSURED] mark=80 use=1`,
    Number.POSITIVE_INFINITY,
  ],
  [
    "TCP that was never open",
    `tcp 6 119 SYN_SENT ${ENDS} [UNREPLIED] mark=80 use=1`,
    Number.POSITIVE_INFINITY,
  ],
  ["UDP that asks now", `udp      17 29 ${ENDS} mark=53 use=1`, 1],
  ["UDP that asked a while ago", `udp      17 5 ${ENDS} mark=53 use=1`, 25],
  ["a UDP stream", `udp      17 119 ${ENDS} [ASSURED] mark=53 use=1`, 1],
  ["a UDP stream that pauses", `udp      17 80 ${ENDS} [ASSURED] mark=53 use=1`, 40],
  [
    "ICMP",
    `icmp     1 29 src=100.64.0.1 dst=100.64.0.2 type=8 code=0 id=1 mark=80 use=1`,
    Number.POSITIVE_INFINITY,
  ],
  ["no flow", "", Number.POSITIVE_INFINITY],
])("tells how long nothing has come by %s", (_, line, seconds) => {
  expect(idleSecondsOf(line, USUAL_TIMEOUTS)).toBe(seconds);
});

test("goes by shorter timeouts where somebody has set them", () => {
  const line = `tcp      6 595 ESTABLISHED ${ENDS} [ASSURED] mark=80 use=1`;
  expect(idleSecondsOf(line, { ...USUAL_TIMEOUTS, established: 600 })).toBe(5);
});
