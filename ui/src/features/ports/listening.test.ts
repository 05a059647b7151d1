import { describe, expect, it } from "vitest";
import { machinePortLines, portLines } from "../../model/ports.ts";
import { share, workload } from "../../testing/fixtures.ts";
import { introWords, listeningWords, lookedWords } from "./listening.ts";

const tcp = (port: number) => ({ port, protocol: "tcp" }) as const;
const web = workload({
  ports: [tcp(80), tcp(443)],
  share: share({ ports: [{ ...tcp(5000), nodePort: 5000 }] }),
});
const marks = (listening: Parameters<typeof portLines>[1]) =>
  portLines(web, listening).map((line) => [line.key, listeningWords(line)]);

describe("what is found to listen", () => {
  it("is said of each port, and adds those that nobody has named", () => {
    expect(marks([tcp(80), tcp(5000), tcp(9229)])).toEqual([
      ["80/tcp", "listening"],
      ["443/tcp", "not listening"],
      ["5000/tcp", "listening"],
      ["9229/tcp", "detected"],
    ]);
  });

  it("marks a port reachable only inside the container, and doesn't offer it on the node", () => {
    const loopback = [80, 9229].map((port) => ({ ...tcp(port), at: "loopback" as const }));
    expect(marks(loopback)).toEqual([
      ["80/tcp", "on 127.0.0.1 only"],
      ["443/tcp", "not listening"],
      ["5000/tcp", "not listening"],
    ]);
    expect(machinePortLines(web, loopback).map((line) => [line.key, listeningWords(line)])).toEqual([
      ["80/tcp", "listening"],
      ["443/tcp", "not listening"],
      ["5000/tcp", "not listening"],
      ["9229/tcp", "detected"],
    ]);
  });

  it("is said of no port while it is not known", () => {
    expect(marks(null).map(([, words]) => words)).toEqual([null, null, null]);
  });

  it("tells TCP from UDP", () => {
    const [line] = portLines(workload({ ports: [tcp(53)] }), [{ port: 53, protocol: "udp" }]);
    expect(line?.listening).toBe(false);
  });

  it("is summed up under the ports", () => {
    const words = (listening: ReturnType<typeof tcp>[]) =>
      lookedWords({ state: "found", ports: listening }, portLines(web, listening));
    expect(words([])).toBe("No open ports found.");
    expect(words([tcp(80)])).toBe("No other open ports.");
    expect(words([tcp(80), tcp(9229)])).toBe("Found 1 open port that the image doesn't expose.");
  });

  it("is the reason where it cannot be told, with what to do", () => {
    const unknown = { state: "unknown", message: "The engine does not say.", hint: "Try again." } as const;
    expect(lookedWords(unknown, [])).toBe("The engine does not say. Try again.");
  });

  it("stays while it is asked for again, and is nothing the first time", () => {
    expect(lookedWords({ state: "asking", before: null }, [])).toBeNull();
    expect(lookedWords({ state: "asking", before: [] }, [])).toBe("Scanning…");
  });
});

describe("a container that declares no ports", () => {
  it("asks for the port, and offers what was found", () => {
    expect(introWords({ state: "idle" }, true)).toContain("Enter a port");
    expect(introWords({ state: "asking", before: null }, true)).toContain("Scanning for");
    expect(introWords({ state: "found", ports: [] }, true)).toContain("Enter a port");
    expect(introWords({ state: "found", ports: [tcp(3000)] }, true)).toContain("Select a detected one");
  });

  it("is not said of a container whose ports the engine has not reported yet", () => {
    expect(introWords({ state: "idle" }, false)).not.toContain("exposes no ports");
    expect(introWords({ state: "idle" }, false)).toContain("hasn't reported");
  });
});
