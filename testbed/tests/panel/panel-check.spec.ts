import { beforeAll, describe, expect, it } from "vitest";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches } from "../fixtures/visits.ts";

const ALL_FINE = "All tests passed.";
const TABLE = ["inet", "tailnet_share"];
const LET = (...dst: string[]) => ({ acls: [{ action: "accept", src: ["*"], dst }] });

describe("'Check' tests the whole path, and names the fault and the remedy", () => {
  let address: string;
  const on = openPanelBed({
    loggedIn: true,
    panels: "one",
    async prepare({ samples }) {
      await samples.createNetwork("e2e-check-net");
      await samples.start({ name: "e2e-check", http: 8080, networks: ["e2e-check-net"] });
      await samples.start({ name: "e2e-deaf", udp: 5300, expose: ["5300/udp", "5301/udp"] });
    },
  });
  beforeAll(async () => {
    await row().toggle.click();
    address = await row().address();
    await reaches(on.bed.peer, address, "e2e-check says hello");
    await row().details();
  });

  const row = (name = "e2e-check") => on.panel.row(name);
  const docker = async (...args: string[]) => await on.bed.engine.docker(args);
  const result = (name = "e2e-check") => row(name).drawer.getByRole("list", { name: "Test result" });

  /** Clicks and returns the hops once a current check ends with these words. */
  async function checked(end: string | RegExp, name = "e2e-check"): Promise<string[]> {
    await row(name).details();
    await expect
      .poll(
        async () => {
          const button = on.panel.button(`Test connection: ${name}`);
          if (await button.isEnabled()) await button.click();
          await button.and(on.panel.page.locator(":not([aria-disabled=true])")).waitFor();
          return (await result(name).count()) === 0 ? "" : await row(name).drawer.textContent();
        },
        { timeout: 60_000, interval: 500 },
      )
      .toMatch(end);
    return await result(name).getByRole("listitem").allTextContents();
  }

  it("passes for a working share, out to another device and back", async () => {
    expect(await checked(ALL_FINE)).toEqual([
      "Passed · Container: running",
      "Passed · Network: reached on 'e2e-check-net'",
      "Passed · Port: accepts connections",
      "Passed · Forwarding: rules in place",
      expect.stringMatching(/^Passed · This node: connected to .* as docker$/),
      "Passed · Return path: through the tailnet's interface",
      expect.stringMatching(
        /^Passed · Your other devices: one responded in (less than 1|\d+) ms, (directly|through a relay)$/,
      ),
    ]);
  });

  it.each<{
    readonly what: string;
    readonly breaks: () => Promise<unknown>;
    readonly fails: string;
    readonly code: string;
    readonly remedy: string | RegExp;
    readonly repair: () => Promise<unknown>;
  }>([
    {
      what: "a container that was stopped",
      breaks: async () => await docker("stop", "-t", "1", "e2e-check"),
      fails: "Container: The container is not running.",
      code: "CONTAINER_NOT_RUNNING",
      remedy: "Start it and sharing resumes.",
      repair: async () => await docker("start", "e2e-check"),
    },
    {
      what: "a container that was paused",
      breaks: async () => await docker("pause", "e2e-check"),
      fails: "Container: The container is paused.",
      code: "CONTAINER_NOT_RUNNING",
      remedy: "Unpause it and sharing resumes.",
      repair: async () => await docker("unpause", "e2e-check"),
    },
    {
      what: "a network that the container was taken out of",
      breaks: async () => await docker("network", "disconnect", "e2e-check-net", "e2e-check"),
      fails: "Network: ",
      code: "NO_ADDRESS",
      remedy: /network/i,
      repair: async () => await docker("network", "connect", "e2e-check-net", "e2e-check"),
    },
    {
      what: "a node that was paused",
      breaks: async () => await on.bed.api.patchNode({ connected: false }),
      fails: "This node: This node is paused.",
      code: "NODE_OFFLINE",
      remedy: "Resume it.",
      repair: async () => await on.bed.api.patchNode({ connected: true }),
    },
    {
      what: "rules of the tailnet that let nobody open the port",
      breaks: async () => await on.bed.tailnet.control.setPolicy(LET("*:22")),
      fails: "Your other devices: Your access controls don't let any device reach port 8080.",
      code: "ACL_DENIES",
      remedy: "Allow it in the access controls.",
      repair: async () => await on.bed.tailnet.control.setPolicy(LET("*:*")),
    },
    {
      what: "another device that the control server takes for online and that does not answer",
      breaks: async () => await docker("pause", on.bed.peer.containerId),
      fails: "Your other devices: Your other online device didn't respond.",
      code: "TAILNET_UNREACHABLE",
      remedy: /^Check that this computer can send UDP to the internet/,
      repair: async () => await docker("unpause", on.bed.peer.containerId),
    },
  ])("$what", async ({ breaks, fails, code, remedy, repair }) => {
    await breaks();
    try {
      const hops = await checked(code);
      expect(hops.at(-1)).toContain(`Failed · ${fails}`);
      for (const hop of hops.slice(0, -1)) expect(hop).toMatch(/^Passed · /);
      await row().drawer.getByRole("alert").filter({ hasText: code }).getByText(remedy).first().waitFor();
    } finally {
      await repair();
    }
    // An outdated result must not be shown for the current state.
    if (code !== "ACL_DENIES" && code !== "TAILNET_UNREACHABLE")
      await row()
        .drawer.getByText(/^Something changed since this test/)
        .waitFor();
    await checked(ALL_FINE);
    await reaches(on.bed.peer, address, "e2e-check says hello");
  });

  it("finds a program that does not listen on a UDP port, which shows no error otherwise", async () => {
    await on.bed.api.putShare("name:e2e-deaf", { ports: [{ port: 5300, protocol: "udp" }] });
    await row("e2e-deaf").says("Shared");
    expect((await checked(ALL_FINE, "e2e-deaf"))[2]).toBe("Passed · Port: listens for UDP");
    await on.bed.api.putShare("name:e2e-deaf", { ports: [{ port: 5301, protocol: "udp" }] });
    expect((await checked("NOT_LISTENING", "e2e-deaf")).at(-1)).toBe(
      "Failed · Port: Nothing in the container listens on UDP port 5301.",
    );
  });

  it("a row reports that nothing listens, and recovers once something does, which never sees the probes", async () => {
    const { samples, engine } = on.bed;
    await samples.start({ name: "e2e-late", udp: 5400, expose: ["8081"] });
    await row("e2e-late").toggle.click();
    await row("e2e-late").says(/^(?:Port closed|Not started yet)$/);
    await row("e2e-late").says(/Shared, but port 8081 (?:is closed|isn't open yet)$/);
    await row("e2e-late").details();
    await row("e2e-late").drawer.getByText("listens on 0.0.0.0 and not on 127.0.0.1").waitFor();
    // It records the source of each connection.
    const server = `const fs = require("fs"); fs.writeFileSync("/tmp/taken", "");
      require("http").createServer((_, answer) => answer.end("late says hello"))
        .on("connection", () => fs.appendFileSync("/tmp/taken", "x")).listen(8081)`;
    await engine.docker(["exec", "-d", "e2e-late", "node", "-e", server]);
    const taken = async () => (await engine.docker(["exec", "e2e-late", "cat", "/tmp/taken"])).trim();
    const url = await row("e2e-late").address();
    // Each new share is probed again.
    for (let time = 0; time < 3; time += 1) {
      await row("e2e-late").toggle.click();
      await row("e2e-late").says("Not shared");
      await row("e2e-late").toggle.click();
      await row("e2e-late").says("Shared");
    }
    expect(await taken()).toBe("");
    await reaches(on.bed.peer, url, "late says hello");
    expect(await taken()).toBe("x");
  });

  it("restores rules at once that somebody else has changed", async () => {
    expect(await on.bed.desktop.backend.exec(["nft", "flush", "table", ...TABLE])).toMatchObject({ code: 0 });
    await checked(ALL_FINE);
    await reaches(on.bed.peer, address, "e2e-check says hello");
  });

  it("names rules that somebody else keeps changing, until they stop", async () => {
    const { backend } = on.bed.desktop;
    // Only the owner can change its tables, and they disappear with it.
    const hold = `const { spawn } = require("child_process");
      const nft = spawn("nft", ["-i"], { stdio: ["pipe", "ignore", "ignore"] });
      nft.stdin.write("delete table ${TABLE.join(" ")}\\nadd table ${TABLE.join(" ")} { flags owner ; }\\n");
      const { existsSync, rmSync } = require("fs");
      setInterval(() => existsSync("/tmp/let-go") && nft.kill(), 100);
      nft.on("exit", () => { rmSync("/tmp/let-go"); process.exit(0); });`;
    const held = backend.exec(["node", "-e", hold], { timeoutMs: 90_000 });
    try {
      const hops = await checked(/DATAPLANE_FAILED.*DATAPLANE_FAILED/);
      expect(hops.at(-1)).toMatch(/^Failed · Forwarding: The kernel refused the forwarding rules/);
    } finally {
      await backend.exec(["node", "-e", `require("fs").writeFileSync("/tmp/let-go", "")`]);
    }
    expect(await held).toMatchObject({ code: 0 });
    await checked(ALL_FINE);
    await reaches(on.bed.peer, address, "e2e-check says hello");
  });

  it("says that no other device is online, without calling it a failure", async () => {
    expect((await on.bed.peer.exec(["tailscale", "down"])).code).toBe(0);
    try {
      expect((await checked("All tests passed, 1 skipped.")).at(-1)).toBe(
        "Skipped · Your other devices: None of your other devices is online.",
      );
    } finally {
      // With any flag, the command would require all of them.
      expect((await on.bed.peer.exec(["tailscale", "up"], { timeoutMs: 25_000 })).code).toBe(0);
    }
    await checked(ALL_FINE);
  });
});
