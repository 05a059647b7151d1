import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";

/** Returns packets received plus sent per network card, from the text of `/proc/net/dev`. Source: proc_pid_net(5). Pure. */
export function packetsByCard(text: string): Map<string, number> {
  return new Map(
    text.split("\n").flatMap((line) => {
      const [, name, counters = ""] = /^\s*([^\s:]+):\s*(.*)$/.exec(line) ?? [];
      const numbers = counters.split(/\s+/).map(Number);
      const packets = (numbers[1] ?? Number.NaN) + (numbers[9] ?? Number.NaN);
      return name === undefined || Number.isNaN(packets) ? [] : [[name, packets] as const];
    }),
  );
}

/** Returns the packets that passed the card with this address in this network namespace; null when no such card can be read. */
export function packetsPassed(address: string): number | null {
  const [card] =
    Object.entries(networkInterfaces()).find(([, own]) => own?.some((entry) => entry.address === address)) ??
    [];
  if (card === undefined) return null;
  try {
    return packetsByCard(readFileSync("/proc/net/dev", "latin1")).get(card) ?? null;
  } catch {
    return null;
  }
}
