import { KernelAbility } from "@tailnet-share/contract/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

const FOLDER = "/var/lib/tailnet-share/test-bin";

/** Wraps the image's nft and rejects every script that matches the pattern in a file beside it, as a kernel would. */
const NFT = `#!/usr/local/bin/node
const { readFileSync } = require("node:fs");
const { spawnSync } = require("node:child_process");
const args = process.argv.slice(2);
const input = args.includes("-") ? readFileSync(0) : "";
if (new RegExp(readFileSync("${FOLDER}/refused", "utf8")).test(String(input))) {
  console.error("/dev/stdin:1:1-5: Error: Could not process rule: Operation not supported");
  process.exit(1);
}
const { status, stdout, stderr } = spawnSync("/usr/sbin/nft", args, { input, maxBuffer: 2 ** 26 });
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = status ?? 1;
`;

/** Patterns that show that a script needs an ability. */
const SIGNS: Readonly<Record<KernelAbility, string>> = {
  "byte-counts": "set [^\\n]*counter",
  refusals: "reject",
  "large-udp-answers": "numgen",
  "instant-endings": "flags set",
  "late-endings": "fib",
  "untracked-wireguard": "notrack",
  "machine-seal": "hook egress",
  "machine-visits": "flags timeout",
};

const PORTS = [
  { port: 8080, protocol: "tcp" as const },
  { port: 5353, protocol: "udp" as const },
];

describe("a kernel without some nftables features", () => {
  let bed: Bed;
  let address: string;

  beforeAll(async () => {
    bed = await openBed({ env: { PATH: `${FOLDER}:/usr/local/bin:/usr/sbin:/usr/bin` } });
    await bed.login();
    await bed.samples.start({ name: "lean", http: 8080, udp: 5353 });
    await bed.api.putShare("name:lean", { ports: PORTS });
    address = await liveAddress(bed, "name:lean");
    await reaches(bed.peer, address, "lean says hello");
    expect((await bed.api.snapshot()).dataPlane).toEqual({ mode: "kernel", fault: null, missing: [] });
    await write("refused", "(?!)");
    await write("nft", NFT);
  });
  afterAll(async () => await bed?.close());

  async function write(name: string, text: string): Promise<void> {
    const script = `const fs = require("fs"); fs.mkdirSync("${FOLDER}", { recursive: true }); fs.writeFileSync("${FOLDER}/${name}", ${JSON.stringify(text)}, { mode: 0o755 });`;
    const { code, stderr } = await bed.desktop.backend.exec(["/usr/local/bin/node", "-e", script]);
    if (code !== 0) throw new Error(stderr);
  }

  async function startWithout(signs: readonly string[]): Promise<void> {
    await write("refused", signs.length === 0 ? "(?!)" : signs.join("|"));
    await bed.desktop.backend.restart();
    address = await bed.api.waitFor(
      "the share after a start",
      ({ node, workloads }) => {
        const exposure = workloads.find(({ id }) => id === "name:lean")?.share?.exposure;
        return node.state === "connected" && exposure?.state === "live"
          ? exposure.endpoints[0]?.address
          : null;
      },
      60_000,
    );
  }

  async function servesBoth(): Promise<void> {
    await reaches(bed.peer, address, "lean says hello");
    const argv = ["python3", "/opt/udp-echo.py", "docker.tail.test", "5353", "there and back", "5"];
    expect((await bed.peer.exec(argv)).stdout.trim()).toBe("there and back");
  }

  const traffic = async () =>
    (await bed.api.snapshot()).workloads.find(({ id }) => id === "name:lean")?.share?.traffic;

  it("carries TCP and UDP without counters, counts nothing and says so", async () => {
    await startWithout([SIGNS["byte-counts"]]);
    const { dataPlane } = await bed.api.snapshot();
    expect(dataPlane).toEqual({
      mode: "kernel",
      fault: null,
      missing: [{ ability: "byte-counts", cost: "Bytes are not counted." }],
    });
    await servesBoth();
    expect(await bed.desktop.backend.logs()).toContain("Bytes are not counted.");
    expect(await traffic()).toMatchObject({ received: 0, sent: 0 });
    const { stdout } = await bed.desktop.backend.exec(["/usr/local/bin/node", "/app/health.mjs"]);
    expect(stdout).not.toContain("data-plane");
  }, 120_000);

  it("carries TCP and UDP without any of the optional features", async () => {
    await startWithout(Object.values(SIGNS));
    const { dataPlane } = await bed.api.snapshot();
    expect(dataPlane.mode).toBe("kernel");
    expect(dataPlane.missing.map(({ ability }) => ability)).toEqual(KernelAbility.options);
    await servesBoth();
    await bed.api.deleteShare("name:lean");
    expect(await bed.peer.fetch(address)).toMatchObject({ ok: false });
    await bed.api.putShare("name:lean", { ports: PORTS });
    await liveAddress(bed, "name:lean");
    await servesBoth();
  }, 120_000);

  it("shares in userspace without address translation, and names what the kernel lacks", async () => {
    // Userspace has no UDP.
    await bed.api.putShare("name:lean", { ports: PORTS.filter(({ protocol }) => protocol === "tcp") });
    await startWithout(["dnat ip"]);
    const { dataPlane } = await bed.api.snapshot();
    expect(dataPlane).toMatchObject({ mode: "userspace", fault: { code: "NO_TUN" }, missing: [] });
    expect(dataPlane.fault?.message).toContain("NFT_NAT");
    await reaches(bed.peer, address, "lean says hello");
  }, 120_000);
});
