import { faultOf } from "@tailnet-share/contract/check";
import type { Unanswered } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { labelFlags } from "../../src/lib/bed-id.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import { machineUp, openMachineBed, shareOf } from "../fixtures/machines.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

describe("a share is live only while its clients get answers, and says why they do not", () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await openMachineBed();
    await bed.samples.createNetwork("re-net");
  });
  afterAll(async () => await bed?.close());

  /** Waits until the ports are listed, so that a share knows them even on a busy engine. */
  const listed = async (name: string): Promise<void> => {
    const isListed = ({ workloads }: Snapshot) =>
      workloads.some(
        (candidate) => candidate.name === name && candidate.run === "running" && candidate.ports.length > 0,
      );
    await bed.api.waitFor(`${name} to be listed`, isListed, 25_000);
  };

  /** A container that runs a Node program. */
  async function program(
    name: string,
    source: string,
    network: string,
    expose: number,
    { ipv6 = true }: { ipv6?: boolean } = {},
  ): Promise<void> {
    const flags = ["--name", name, "--network", network, "--expose", String(expose), ...labelFlags(bed.id)];
    // Engines up to 25 disable IPv6 in a container whose networks lack it, and ::1 with it.
    flags.push("--sysctl", `net.ipv6.conf.all.disable_ipv6=${ipv6 ? 0 : 1}`);
    await bed.engine.docker([
      ...["run", "-d", ...flags, "--cap-add", "NET_ADMIN", "--entrypoint", "node", bed.images.sample],
      ...["-e", source],
    ]);
    await listed(name);
  }
  const http = (port: number, host: string) =>
    `require("http").createServer((_, answer) => answer.end("says hello")).listen({ port: ${port}, ${host} })`;

  const unanswered = async (workload: string, reason: Unanswered["reason"] | null): Promise<void> => {
    let last: unknown;
    await bed.api
      .waitFor(
        `${workload} to be ${reason ?? "answered"}`,
        (snapshot) => {
          const exposure = shareOf(snapshot, workload)?.exposure;
          last = exposure;
          if (exposure?.state !== "live") return null;
          return reason === null
            ? exposure.unanswered.length === 0
            : exposure.unanswered.some((port) => port.reason === reason);
        },
        25_000,
      )
      .catch((error: unknown) => {
        throw new Error(JSON.stringify(last), { cause: error });
      });
  };

  it.each<{ name: string; what: string; host: string; reason: Unanswered["reason"]; code: string }>([
    {
      name: "re-loop4",
      what: "127.0.0.1",
      host: 'host: "127.0.0.1"',
      reason: "loopback-only",
      code: "NOT_LISTENING",
    },
    { name: "re-loop6", what: "::1", host: 'host: "::1"', reason: "loopback-only", code: "NOT_LISTENING" },
    {
      ...{ name: "re-six", what: "IPv6 alone", host: 'host: "::", ipv6Only: true' },
      ...{ reason: "ipv6-only", code: "NOT_LISTENING" },
    },
  ])("on the node, a program that listens on $what", async ({ name, host, reason, code }) => {
    await program(name, http(8080, host), "re-net", 8080);
    await bed.api.putShare(`name:${name}`, { mode: "node" });
    await unanswered(`name:${name}`, reason);
    expect(faultOf(await bed.api.check(`name:${name}`))).toMatchObject({ code });
  });

  it("on the node, a program on IPv6 alone in a container without IPv6, where a machine wouldn't help", async () => {
    const only6 = http(8080, 'host: "::", ipv6Only: true');
    await program("re-no-six", only6, "re-net", 8080, { ipv6: false });
    await bed.api.putShare("name:re-no-six", { mode: "node" });
    await unanswered("name:re-no-six", "no-ipv6");
    const fault = faultOf(await bed.api.check("name:re-no-six"));
    expect(fault?.message).toContain("the container has no IPv6");
    expect(fault?.hint).not.toContain("its own machine");
  });

  it("on the node, a container that answers no packet", async () => {
    const mute =
      "ip rule add pref 10 from $(hostname -i) blackhole && exec socat TCP-LISTEN:80,fork,reuseaddr EXEC:true";
    await bed.engine.docker([
      ...["run", "-d", "--name", "re-mute", "--network", "re-net", "--expose", "80", ...labelFlags(bed.id)],
      ...["--cap-add", "NET_ADMIN", "--entrypoint", "sh", bed.images.peer, "-c", mute],
    ]);
    await listed("re-mute");
    await bed.api.putShare("name:re-mute", { mode: "node" });
    await unanswered("name:re-mute", "no-answer");
    expect(faultOf(await bed.api.check("name:re-mute"))).toMatchObject({ code: "NO_ANSWER" });
  });

  it("on the node, a program that starts to listen late is awaited, then live", async () => {
    const lateServer = `setTimeout(() => require("http").createServer((_, answer) => answer.end("late")).listen(8080), 8000)`;
    await program("re-late", lateServer, "re-net", 8080);
    await bed.api.putShare("name:re-late", { mode: "node" });
    await unanswered("name:re-late", "not-started");
    await unanswered("name:re-late", null);
    await reaches(bed.peer, await liveAddress(bed, "name:re-late"), "late");
  });

  it.each([51_820, 34_197])("a UDP program on port %i passes the check, on the node", async (port) => {
    await bed.samples.start({ name: `re-udp-${port}`, udp: port, networks: ["re-net"] });
    await bed.api.putShare(`name:re-udp-${port}`, { mode: "node", ports: [{ port, protocol: "udp" }] });
    await liveAddress(bed, `name:re-udp-${port}`);
    const report = await bed.api.check(`name:re-udp-${port}`);
    expect(faultOf(report)).toBeNull();
    expect(report.hops.find(({ hop }) => hop === "listening")).toMatchObject({ outcome: "passed" });
    await waitFor(
      async () => {
        const script = `printf hello | socat -t2 - UDP:docker:${port}`;
        return (await bed.peer.exec(["sh", "-c", script])).stdout.includes("hello");
      },
      { what: "the echo", timeoutMs: 15_000 },
    );
  });

  it.each<{ name: string; what: string; host: string }>([
    { name: "re-own-loop4", what: "127.0.0.1", host: 'host: "127.0.0.1"' },
    { name: "re-own-loop6", what: "::1", host: 'host: "::1"' },
    { name: "re-own-six", what: "IPv6 alone", host: 'host: "::", ipv6Only: true' },
    {
      name: "re-own-card",
      what: "its own address",
      host: 'host: require("os").networkInterfaces().eth0[0].address',
    },
  ])("as a machine, a program that listens on $what answers its visitors", async ({ name, host }) => {
    await program(name, http(8000, host), bed.tailnet.network.name, 8000);
    await bed.api.putShare(`name:${name}`, { mode: "machine" });
    const { address } = await machineUp(bed, `name:${name}`);
    await reaches(bed.peer, `http://${address}:8000/`, "says hello", 30_000);
    await unanswered(`name:${name}`, null);
    expect(shareOf(await bed.api.snapshot(), `name:${name}`)?.machine?.forwarded).toEqual([8000]);
    expect(faultOf(await bed.api.check(`name:${name}`))).toBeNull();
    await bed.api.deleteShare(`name:${name}`);
  });

  it.each<{ name: string; what: string; options: string; reason: Unanswered["reason"] | null }>([
    { name: "re-off-dual", what: ":: and IPv4", options: "", reason: null },
    { name: "re-off-six", what: ":: without IPv4", options: ", ipv6Only: true", reason: "no-ipv6" },
  ])(
    "as a machine in a container without IPv6, a program on $what answers, or the row says why not",
    async ({ name, options, reason }) => {
      const network = bed.tailnet.network.name;
      await program(name, http(8000, `host: "::"${options}`), network, 8000, { ipv6: false });
      await bed.api.putShare(`name:${name}`, { mode: "machine" });
      const { address } = await machineUp(bed, `name:${name}`);
      await unanswered(`name:${name}`, reason);
      expect(shareOf(await bed.api.snapshot(), `name:${name}`)?.machine?.forwarded).toEqual([]);
      if (reason === null) await reaches(bed.peer, `http://${address}:8000/`, "says hello", 30_000);
      else expect(faultOf(await bed.api.check(`name:${name}`))).toMatchObject({ code: "NOT_LISTENING" });
      await bed.api.deleteShare(`name:${name}`);
    },
  );

  it("a machine follows a program that moves between 127.0.0.1 and all addresses, or ends, within seconds", async () => {
    const movingServer = `const server = require("http").createServer((q, a) => a.end("visit from " + q.socket.remoteAddress));
      const move = (listen) => { server.close(listen); server.closeAllConnections(); };
      server.listen(8000, "127.0.0.1");
      process.on("SIGHUP", () => move(() => server.listen(8000, "0.0.0.0")));
      process.on("SIGUSR2", () => move(() => server.listen(8000, "127.0.0.1")));
      process.on("SIGWINCH", () => move());
      setInterval(() => undefined, 60_000)`;
    await program("re-moves", movingServer, bed.tailnet.network.name, 8000);
    await bed.api.putShare("name:re-moves", { mode: "machine" });
    const { address } = await machineUp(bed, "name:re-moves");
    /** Waits with a panel open, without requesting a scan. */
    const forwards = async (ports: number[]) =>
      await bed.api.waitFor(
        `the forwards ${ports.join()}`,
        (snapshot) => shareOf(snapshot, "name:re-moves")?.machine?.forwarded.join() === ports.join(),
        15_000,
      );
    await reaches(bed.peer, `http://${address}:8000/`, "visit from 127.0.0.1", 30_000);
    await bed.engine.docker(["kill", "-s", "HUP", "re-moves"]);
    await reaches(bed.peer, `http://${address}:8000/`, "visit from");
    await forwards([]);
    await reaches(bed.peer, `http://${address}:8000/`, "visit from 100.64.");
    await bed.engine.docker(["kill", "-s", "USR2", "re-moves"]);
    await forwards([8000]);
    await reaches(bed.peer, `http://${address}:8000/`, "visit from 127.0.0.1");
    await bed.engine.docker(["kill", "-s", "WINCH", "re-moves"]);
    await unanswered("name:re-moves", "refused");
    await bed.engine.docker(["kill", "-s", "HUP", "re-moves"]);
    await unanswered("name:re-moves", null);
    await reaches(bed.peer, `http://${address}:8000/`, "visit from 100.64.");
    await bed.api.deleteShare("name:re-moves");
  });

  it("unused ports that an image declares are a note in a machine's check, not a failure", async () => {
    await bed.engine.docker([
      ...["run", "-d", "--name", "re-idle", "--network", bed.tailnet.network.name, ...labelFlags(bed.id)],
      ...["--expose", "5671", "--expose", "5672", "--expose", "15672"],
      ...["-e", "TCP_PORT=5672", "-e", "HTTP_PORT=15672", bed.images.sample],
    ]);
    await listed("re-idle");
    await bed.api.putShare("name:re-idle", { mode: "machine" });
    await machineUp(bed, "name:re-idle");
    await unanswered("name:re-idle", null);
    const report = await bed.api.check("name:re-idle");
    expect(faultOf(report)).toBeNull();
    expect(report.hops.find(({ hop }) => hop === "listening")).toMatchObject({
      outcome: "passed",
      detail: expect.stringContaining("except port 5671"),
    });
    expect(report.hops.find(({ hop }) => hop === "visit")).toMatchObject({ outcome: "passed" });
    await bed.api.deleteShare("name:re-idle");
  });

  it("the check of a machine fails when the container's own routes send answers elsewhere", async () => {
    const routes = `gw=$(ip -4 route show default | cut -d" " -f3); ip route add default via $gw table 200
      ip rule add pref 90 to 172.16.0.0/12 table main; ip rule add pref 100 table 200
      exec socat TCP-LISTEN:80,fork,reuseaddr SYSTEM:'echo hi'`;
    await bed.engine.docker([
      ...["run", "-d", "--name", "re-vpn", "--network", bed.tailnet.network.name, "--expose", "80"],
      ...[
        ...labelFlags(bed.id),
        "--cap-add",
        "NET_ADMIN",
        "--entrypoint",
        "sh",
        bed.images.peer,
        "-c",
        routes,
      ],
    ]);
    await listed("re-vpn");
    await bed.api.putShare("name:re-vpn", { mode: "machine" });
    await machineUp(bed, "name:re-vpn");
    const report = await bed.api.check("name:re-vpn");
    expect(report.hops.at(-1)).toMatchObject({
      hop: "visit",
      outcome: "failed",
      fault: { code: "NO_ANSWER" },
    });
    await bed.api.deleteShare("name:re-vpn");
  });

  it("a web server that refuses its tailnet name fails the check, which names the setting", async () => {
    const vite = `require("http").createServer((q, a) => /^localhost/.test(q.headers.host) ? a.end("ok")
      : a.writeHead(403).end("Blocked request. Add it to server.allowedHosts in vite.config.js")).listen(5173)`;
    await program("re-vite", vite, bed.tailnet.network.name, 5173);
    for (const mode of ["node", "machine"] as const) {
      await bed.api.putShare("name:re-vite", { mode });
      if (mode === "machine") await machineUp(bed, "name:re-vite");
      else await liveAddress(bed, "name:re-vite");
      const fault = faultOf(await bed.api.check("name:re-vite"));
      expect(fault).toMatchObject({
        code: "HOST_REFUSED",
        hint: expect.stringContaining("server.allowedHosts"),
      });
    }
  });
});
