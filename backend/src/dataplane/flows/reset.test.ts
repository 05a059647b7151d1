import { expect, test } from "vitest";
import { RESET_PORTS, SILENT_PORTS } from "../rules/chains.ts";
import { translationsFor, withPorts } from "./reset.ts";

const ending = {
  from: { address: "172.18.0.9", port: 43210 },
  to: { address: "172.18.0.5", port: 8080 },
};

test("each ending gets a local port of its own, none that a silent try uses, as long as there are any", () => {
  const many = Array.from({ length: 1_000 }, () => ending);
  const ports = withPorts(many).map(({ localPort }) => localPort);
  expect(new Set(ports).size).toBe(ports.length);
  expect(ports).toHaveLength(RESET_PORTS.last - RESET_PORTS.first + 1);
  expect(Math.min(...ports)).toBeGreaterThan(SILENT_PORTS.last);
  expect(Math.max(...ports)).toBe(RESET_PORTS.last);
});

test("rewrites a reset's packets to look like the end's own connection", () => {
  expect(translationsFor([{ ...ending, localPort: 61_700 }])).toBe(
    "-I -p tcp -s 172.18.0.9 -d 172.18.0.5 --sport 61700 --dport 8080 -n 172.18.0.9:43210 --state SYN_SENT --timeout 3\n",
  );
});
