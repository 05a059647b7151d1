import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { openBed } from "./fixtures/open-bed.ts";
import { type Intruder, startIntruder } from "./fixtures/packets.ts";
import { liveAddress, reaches } from "./fixtures/visits.ts";

describe("nobody gets in but where it was shared, and nobody gets out through the backend", () => {
  let bed: Bed;
  let backendAddress: string;
  let intruder: Intruder;
  let nodeAddress: string;
  let secretAddress: string;
  let victimAddress: string;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    await bed.samples.createNetwork("bed-shared");
    await bed.samples.createNetwork("bed-secret");
    const victim = await bed.samples.start({ name: "victim", http: 8080, networks: ["bed-shared"] });
    const secret = await bed.samples.start({ name: "secret", http: 8080, networks: ["bed-secret"] });
    const place = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    victimAddress = await bed.engine.docker(["inspect", "-f", place, victim.id]);
    secretAddress = await bed.engine.docker(["inspect", "-f", place, secret.id]);
    // Both networks are joined by the backend while this goes on.
    const address = await liveAddress(bed, "name:victim", await bed.api.putShare("name:victim"));
    await liveAddress(bed, "name:secret", await bed.api.putShare("name:secret"));
    await reaches(bed.peer, address, "victim says hello");
    const places = await bed.engine.docker([
      "inspect",
      "-f",
      "{{range $name, $net := .NetworkSettings.Networks}}{{$name}}={{$net.IPAddress}} {{end}}",
      bed.desktop.backend.containerId,
    ]);
    backendAddress = /bed-shared=(\S+)/.exec(places)?.[1] ?? "";
    const { node } = await bed.api.snapshot();
    nodeAddress = node.state === "connected" ? (node.addresses[0] ?? "") : "";
    intruder = await startIntruder(bed, "bed-intruder", "bed-shared");
  });
  afterAll(async () => await bed?.close());

  it("a container with raw sockets that routes by the backend reaches no device of the tailnet", async () => {
    await bed.engine.docker([
      "exec",
      "-d",
      bed.peer.containerId,
      "ncat",
      "-lk",
      "-p",
      "8000",
      "-c",
      "echo reached",
    ]);
    await expect
      .poll(async () => (await bed.peer.exec(["ncat", "-z", "127.0.0.1", "8000"])).code, { timeout: 10_000 })
      .toBe(0);
    await intruder.routeBy("100.64.0.0/10", backendAddress);
    for (const target of [bed.peer.address, "100.100.100.100"]) {
      // What answers there is no web server, which curl takes for a failure otherwise.
      expect(await intruder.succeeds("curl", "-sS", "--http0.9", "-m", "3", `http://${target}:8000/`)).toBe(
        false,
      );
      expect(await intruder.succeeds("ping", "-c", "2", "-W", "1", target)).toBe(false);
    }
  });

  it("nor the tailnet's side of the node itself", async () => {
    for (const port of [8080, 22, 80, 41_641]) {
      expect(await intruder.succeeds("curl", "-sS", "-m", "2", `http://${nodeAddress}:${port}/`)).toBe(false);
    }
  });

  it("nor a container on another network that the backend has joined", async () => {
    await intruder.routeBy(`${secretAddress}/32`, backendAddress);
    expect(await intruder.succeeds("curl", "-sS", "-m", "3", `http://${secretAddress}:8080/`)).toBe(false);
  });

  it("nor any TCP port of the backend", async () => {
    expect(await intruder.scan(victimAddress, 8000, 8100), "the scan sees what is open").toEqual([8080]);
    expect(await intruder.scan(backendAddress, 1, 65_535)).toEqual([]);
  }, 240_000);

  it("forged frames that claim to come from the tailnet or from a share's target get no answer and open no way", async () => {
    await intruder.routeBy("100.64.0.0/10", backendAddress);
    await intruder.routeBy(`${secretAddress}/32`, backendAddress);
    const before = await flows();
    for (const [source, target, port] of [
      [bed.peer.address, nodeAddress, 8080],
      [bed.peer.address, secretAddress, 8080],
      [nodeAddress, bed.peer.address, 8000],
    ] as const) {
      await intruder.forge(source, target, port);
    }
    expect(await flows()).toBe(before);
  });

  /** Connections that the backend translates or routes between two others, as its kernel knows them. */
  async function flows(): Promise<string> {
    const { stdout } = await bed.desktop.backend.exec([
      "conntrack",
      "-L",
      "-p",
      "tcp",
      "--src",
      bed.peer.address,
      "--sport",
      "40000",
    ]);
    return stdout.trim();
  }

  it("the backend's API is on no network, and its socket in no container's reach", async () => {
    const { stdout } = await bed.desktop.backend.exec([
      "node",
      "-e",
      "console.log(require('fs').readFileSync('/proc/net/tcp','utf8'))",
    ]);
    const listening = stdout
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((words) => words[3] === "0A");
    const tailnet = nodeAddress
      .split(".")
      .reverse()
      .map((part) => Number(part).toString(16).padStart(2, "0"))
      .join("")
      .toUpperCase();
    const loopback = /^0B00007F:|^0100007F:/;
    // Docker's resolver on loopback and tailscaled's own peer API on the tailnet address, which the input chain closes.
    expect(
      listening.filter(([, local = ""]) => !loopback.test(local) && !local.startsWith(`${tailnet}:`)),
    ).toEqual([]);
  });
});
