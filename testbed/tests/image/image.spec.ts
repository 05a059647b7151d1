import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Bed } from "../../src/bed.ts";
import { bundleOf, firstOf, kilobytes } from "../../src/desktop/bundle.ts";
import { storePageProblems } from "../../src/desktop/store-page.ts";
import { machineryFlags } from "../../src/lib/bed-id.ts";
import { openBed } from "../fixtures/open-bed.ts";

/** Newer engines report capabilities with the CAP_ prefix. */
const Capability = z.string().transform((name) => name.replace(/^CAP_/, ""));
const Inspected = z.object({
  HostConfig: z.object({
    CapAdd: z.array(Capability),
    CapDrop: z.array(z.string()),
    Privileged: z.boolean(),
    ReadonlyRootfs: z.boolean(),
    SecurityOpt: z.array(z.string()),
    PortBindings: z.record(z.string(), z.unknown()).nullable(),
    RestartPolicy: z.object({ Name: z.string() }),
  }),
});

describe("the image, as installed", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
  });
  afterAll(async () => await bed?.close());

  const inBackend = async (...argv: string[]) => await bed.desktop.backend.exec(argv);
  const evaluate = async (code: string) => (await inBackend("node", "-e", code)).stdout.trim();

  it("runs with two capabilities, a read-only root, no new privileges and no published port", async () => {
    const [inspected] = z
      .array(Inspected)
      .parse(JSON.parse(await bed.engine.docker(["inspect", bed.desktop.backend.containerId])));
    expect(inspected?.HostConfig).toMatchObject({
      CapAdd: ["NET_ADMIN", "NET_RAW"],
      CapDrop: ["ALL"],
      Privileged: false,
      ReadonlyRootfs: true,
      SecurityOpt: ["no-new-privileges:true"],
      RestartPolicy: { Name: "unless-stopped" },
    });
    expect(Object.keys(inspected?.HostConfig.PortBindings ?? {})).toEqual([]);
    // Capabilities granted by the kernel: NET_ADMIN is bit 12, NET_RAW bit 13.
    const status = await evaluate("console.log(require('fs').readFileSync('/proc/self/status','utf8'))");
    expect(/CapEff:\s*(\w+)/.exec(status)?.[1]).toBe("0000000000003000");
    expect(/CapBnd:\s*(\w+)/.exec(status)?.[1]).toBe("0000000000003000");
    expect(/NoNewPrivs:\s*(\d)/.exec(status)?.[1]).toBe("1");
  });

  it("has everything that Docker's Marketplace shows, with pictures of this version", async () => {
    const format = "{{json .Config.Labels}}";
    const labels = await bed.engine.docker(["inspect", "-f", format, bed.desktop.backend.containerId]);
    const read = (path: string) => {
      const file = new URL(`../../../${path}`, import.meta.url);
      return path !== "" && existsSync(file) ? readFileSync(file) : null;
    };
    expect(storePageProblems(z.record(z.string(), z.string()).parse(JSON.parse(labels)), read)).toEqual([]);
  });

  it("answers `tailscale status` without a flag", async () => {
    await bed.api.waitFor("the node to be up", ({ node }) => node.state === "logged-out");
    const status = await inBackend("tailscale", "status");
    expect(status.stdout + status.stderr).toContain("Logged out");
  });

  it("has neither a shell nor iptables, so there is one predictable firewall [S123]", async () => {
    const found = await evaluate(
      "console.log(process.env.PATH.split(':').flatMap((d)=>{try{return require('fs').readdirSync(d)}catch{return[]}}).sort().join(' '))",
    );
    // `docker-init` is the engine's, mounted because of `init: true`.
    expect([...new Set(found.split(" "))].filter((name) => name !== "docker-init")).toEqual([
      "conntrack",
      "ip",
      "nft",
      "node",
      "tailscale",
      "tailscaled",
    ]);
  });

  it("has a panel of at most 300 kB, of which 200 kB are needed before anything is drawn, as a browser loads them", async () => {
    const { uiFolder, metadata } = bed.desktop.extension;
    const page = metadata.ui?.["dashboard-tab"].src ?? "";
    const first = await firstOf(uiFolder, page);
    // The page, its script, and at least one more file. Fewer would mean that this is not a bundle.
    expect(first.length).toBeGreaterThan(2);
    expect(kilobytes(first)).toBeLessThanOrEqual(200);
    expect(kilobytes(await bundleOf(uiFolder))).toBeLessThanOrEqual(300);
  });

  it("runs in kernel mode, closed before anything is shared [S069]", async () => {
    const { dataPlane } = await bed.api.snapshot();
    expect(dataPlane).toEqual({ mode: "kernel", fault: null, missing: [] });
    const rules = (await inBackend("nft", "list", "table", "inet", "tailnet_share")).stdout;
    expect(rules).toContain("type filter hook forward priority filter; policy drop;");
    expect(rules).toContain("type filter hook input priority filter; policy drop;");
  });

  it("has a health check once a minute", async () => {
    const format = "{{.Config.Healthcheck.Interval}} {{.Config.Healthcheck.Retries}}";
    expect(await bed.engine.docker(["inspect", "-f", format, bed.desktop.backend.containerId])).toBe(
      "1m0s 2",
    );
  });

  it("forwards nothing from the start, whatever happens to the backend [S023]", async () => {
    // The backend reads its settings first, and these are invalid, so the rules must have been installed before that.
    const program = `process.on("exit", () => console.log(require("child_process").execFileSync("nft", ["list", "ruleset"]) + ""));
      setInterval(() => require("fs").existsSync(process.env.TAILNET_SHARE_SOCKET) && process.exit(1), 50);
      import("/app/backend.mjs")`;
    const { code, stdout } = await bed.engine.tryDocker([
      ...["run", "--rm", "--cap-drop", "ALL", "--cap-add", "NET_ADMIN", ...machineryFlags(bed.id)],
      ...[
        ...["-e", "TAILNET_SHARE_LOG_LEVEL=no-level", "-e", "TAILNET_SHARE_SOCKET=/tmp/backend.sock"],
        "--entrypoint",
        "node",
        bed.images.product,
        "-e",
        program,
      ],
    ]);
    expect(code).not.toBe(0);
    expect(stdout).toContain("backend.misconfigured");
    expect(stdout).toContain("type filter hook forward priority filter; policy drop;");
  });

  it("reaps orphaned processes", async () => {
    // A grandchild, which PID 1 adopts when its parent exits.
    await evaluate(
      "const {spawn}=require('child_process');spawn(process.execPath,['-e','require(\"child_process\").spawn(process.execPath,[\"-e\",\"\"],{detached:true}).unref()'],{detached:true}).unref()",
    );
    const zombies =
      "console.log(require('fs').readdirSync('/proc').filter((p)=>/^\\d+$/.test(p)).filter((p)=>{try{return / Z /.test(require('fs').readFileSync('/proc/'+p+'/stat','utf8'))}catch{return false}}).length)";
    await expect.poll(async () => await evaluate(zombies), { timeout: 10_000 }).toBe("0");
  });

  it("reports the version in package.json, for itself and for tailscale", async () => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8")));
    const { versions } = await bed.api.waitFor("the versions", (snapshot) =>
      snapshot.versions.tailscale === null ? null : snapshot,
    );
    expect(versions).toEqual({ backend: version, tailscale: "1.102.3" });
    const label = await bed.engine.docker([
      "image",
      "inspect",
      "-f",
      '{{index .Config.Labels "org.opencontainers.image.version"}}',
      bed.images.product,
    ]);
    expect(label).toBe(version);
  });

  it("keeps its state private [S110]", async () => {
    const modes = await evaluate(
      "const s=require('fs').statSync;console.log(['/var/lib/tailnet-share','/var/lib/tailnet-share/node'].map((p)=>(s(p).mode&0o777).toString(8)).join(' '))",
    );
    expect(modes).toBe("700 700");
  });
});
