import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchTrustingChromium } from "../../src/lib/chromium.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import { machinesByKey, shareOf, startOnTailnet } from "../fixtures/machines.ts";
import { openCertifyingBed } from "../fixtures/open-bed.ts";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { startProxyBeside } from "../fixtures/proxy-beside.ts";
import { liveAddress, refused } from "../fixtures/visits.ts";
import { takeTunAway } from "../fixtures/without-tun.ts";
import { answers, curl, serialOf, startTlsApp, tellsOf } from "./https.ts";
import { openConnections } from "./open-connections.ts";

const WEB = "name:e2e-web";
const SOON = { timeout: 10_000 };
const LIMITED = "name:e2e-limited";
const TLS = "name:e2e-tls";
const URL_OF_TLS = "https://docker.tail.test:8443";
/** When the first certificate is due for renewal, in seconds. */
const RENEWAL_SECONDS = 12;
const URL_OF_WEB = "https://docker.tail.test:8080";

describe("HTTPS with the tailnet's certificate", () => {
  const on = openPanelBed({
    bed: openCertifyingBed,
    loggedIn: true,
    panels: "one",
    panel: { height: 1_000 },
    async prepare(bed) {
      await bed.tailnet.control.acme.setRenewal(RENEWAL_SECONDS);
      await bed.samples.start({ name: "e2e-web", http: 8080 });
      await startTlsApp(bed, "e2e-tls");
      await startOnTailnet(bed, "e2e-own");
      await startOnTailnet(bed, "e2e-limited");
    },
  });
  let browser: Browser | undefined;

  beforeAll(async () => {
    browser = await launchTrustingChromium(
      on.bed.tailnet.control.acme.root,
      await startProxyBeside(on.bed, on.bed.peer),
    );
  });
  afterAll(async () => await browser?.close());

  /** The page's text in a browser that trusts the authority's root. */
  async function browse(url: string): Promise<string> {
    const page = await browser?.newPage();
    if (page === undefined) throw new Error("there is no browser");
    try {
      // Starting containers changes this machine's interfaces, and Chromium then drops pending requests.
      return await waitFor(
        async () => {
          await page.goto(url, { timeout: 10_000, waitUntil: "domcontentloaded" });
          return (await page.textContent("body")) ?? "";
        },
        { what: url, timeoutMs: 30_000 },
      );
    } finally {
      await page.close();
    }
  }

  it("is one tick in the row of a share on the node; a browser opens it without a warning, and the app learns who visits", async () => {
    const row = on.panel.row("e2e-web");
    await row.toggle.click();
    expect(await row.address()).toBe("http://docker.tail.test:8080");
    await row.details();
    await row.drawer.getByRole("checkbox", { name: "HTTPS for port 8080 TCP of e2e-web" }).check();
    await row.drawer
      .getByRole("link", { name: `Open e2e-web at ${URL_OF_WEB}` })
      .first()
      .waitFor();
    expect(await row.address()).toBe(URL_OF_WEB);
    expect(await browse(URL_OF_WEB)).toContain("e2e-web says hello");
    const { headers } = JSON.parse(await browse(`${URL_OF_WEB}/headers`)) as {
      headers: Record<string, string>;
    };
    expect(headers["tailscale-user-login"]).toMatch(/@/);
    expect(headers).toMatchObject({ "x-forwarded-proto": "https", "x-forwarded-for": on.bed.peer.address });
  });

  it("shows clients a renewed certificate in time, and interrupts neither them nor an open connection", async () => {
    const { acme } = on.bed.tailnet.control;
    const serial = async () => await serialOf(on.bed, "docker.tail.test", 8080);
    // Before the first look: that is a handshake too, and may begin the renewal.
    const orders = await acme.orders();
    const first = await serial();
    // The renewed certificate keeps its usual lifetime.
    await acme.setRenewal(null);
    const whole = ["-m", "60", "-o", "/dev/null", "-w", "%{size_download}"];
    const open = curl(on.bed, `${URL_OF_WEB}/bytes/2500/100`, whole, 60_000);
    const failed: string[] = [];
    const renewed = await waitFor(
      async () => {
        const answer = await curl(on.bed, URL_OF_WEB);
        if (!answer.includes("e2e-web says hello")) failed.push(answer);
        const now = await serial();
        return now === first ? null : now;
      },
      { what: "another certificate", timeoutMs: 40_000 },
    );
    expect(await open).toBe("2500");
    expect(failed).toEqual([]);
    expect(await serial()).toBe(renewed);
    expect(await acme.orders()).toBeGreaterThan(orders);
    expect(await browse(URL_OF_WEB)).toContain("e2e-web says hello");
  });

  it("speaks TLS to an app that does", async () => {
    const ports = [{ port: 8080, protocol: "tcp" as const, nodePort: 8443, https: true }];
    const address = await liveAddress(on.bed, TLS, await on.bed.api.putShare(TLS, { mode: "node", ports }));
    expect(address).toBe(URL_OF_TLS);
    await answers(on.bed, address, "s_server");
    expect(await tellsOf(on.bed, "serve-config")).toContain("https+insecure://");
  });

  it("keeps its certificate across a restart of the backend", async () => {
    const before = await on.bed.tailnet.control.acme.orders();
    await on.bed.desktop.backend.restart();
    await answers(on.bed, URL_OF_TLS, "s_server");
    expect(await on.bed.tailnet.control.acme.orders()).toBe(before);
  });

  it("works on a machine's own name, and the app learns who visits", async () => {
    await machinesByKey(on.bed);
    await on.bed.api.putShare("name:e2e-own", { mode: "machine", machine: { httpsPort: 80 } });
    await on.bed.api.waitFor(
      "the certificate",
      (now) =>
        shareOf(now, "name:e2e-own")?.exposure.state === "live" &&
        shareOf(now, "name:e2e-own")?.machine?.web === null,
      30_000,
    );
    const output = await answers(on.bed, "https://e2e-own.tail.test/headers", "tailscale-user-login");
    expect(output).toContain(on.bed.peer.address);
    expect(await browse("https://e2e-own.tail.test")).toContain("e2e-own says hello");
  });

  it("shows no HTTPS address while the certificate is being issued", async () => {
    await on.bed.tailnet.control.acme.setLimited(true);
    await on.bed.api.putShare(LIMITED, { mode: "machine", machine: { httpsPort: 80 } });
    const view = await on.bed.api.waitFor(
      "the machine",
      (now) => {
        const share = shareOf(now, LIMITED);
        return share?.exposure.state === "live" ? share.machine : null;
      },
      30_000,
    );
    expect(view.web?.fault.message).toBe("The certificate is being issued.");
  });

  it("answers plain HTTP on the same port with an error, and nothing of the app [S056]", async () => {
    const output = await curl(on.bed, "http://docker.tail.test:8080", ["-w", " %{http_code}"]);
    expect(output).toContain("400");
    expect(output).not.toContain("says hello");
  });

  it("opens the port to the tailnet alone: containers find nothing there [S057]", async () => {
    const backend = await on.bed.engine.docker([
      ...["inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"],
      on.bed.desktop.backend.containerId,
    ]);
    for (const address of backend.trim().split(" ")) {
      const probe = `require("net").connect({ host: ${JSON.stringify(address)}, port: 8080, timeout: 1000 })
        .on("connect", () => process.exit(1)).on("error", () => process.exit(0)).on("timeout", () => process.exit(0))`;
      const { code } = await on.bed.engine.tryDocker(["exec", "e2e-web", "node", "-e", probe]);
      expect(code, address).toBe(0);
    }
  });

  it("passes the check, and counts its bytes", async () => {
    const { hops } = await on.bed.api.check(WEB);
    expect(hops.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
    await answers(on.bed, URL_OF_WEB, "e2e-web says hello");
    await on.bed.api.waitFor("bytes", (now) => (shareOf(now, WEB)?.traffic.sent ?? 0) > 0);
  });

  it("is never public, whatever the tailnet's policy lets the node do [S058]", async () => {
    await on.bed.tailnet.control.change("docker", {
      caps: { https: [], funnel: [], "https://tailscale.com/cap/funnel-ports?ports=443,8080,8443": [] },
    });
    await expect.poll(async () => await tellsOf(on.bed, "status"), SOON).toContain("funnel-ports");
    const config = await tellsOf(on.bed, "serve-config");
    expect(config).toContain("docker.tail.test:8080");
    expect(config).not.toContain("AllowFunnel");
  });

  it("follows the container to another address", async () => {
    await on.bed.samples.remove("e2e-web");
    await on.bed.samples.start({ name: "e2e-taker", http: 8081 });
    await on.bed.samples.start({ name: "e2e-web", http: 8080 });
    await answers(on.bed, URL_OF_WEB, "e2e-web says hello");
  });

  it("ends both sides of open connections when the share ends, and refuses the port [S060]", async () => {
    const stream = "/tmp/https-stream";
    const running = curl(on.bed, `${URL_OF_WEB}/bytes/1000000/1000`, ["-N", "-m", "30", "-o", stream]);
    const begun = { what: "the first bytes", timeoutMs: 10_000 };
    await waitFor(async () => (await on.bed.peer.exec(["test", "-s", stream])).code === 0, begun);
    const openInApp = async () => await openConnections(on.bed.engine, "e2e-web", 8080);
    expect(await openInApp()).toBeGreaterThan(0);
    await on.bed.api.deleteShare(WEB);
    const answered = performance.now();
    expect(await running).toMatch(/^curl (18|35|52|56|92):/);
    expect(performance.now() - answered).toBeLessThan(5_000);
    await expect.poll(openInApp, SOON).toBe(0);
    await expect
      .poll(async () => await on.bed.peer.fetch("http://docker.tail.test:8080"), SOON)
      .toMatchObject({ ok: false, reason: "refused" });
    await expect.poll(async () => await tellsOf(on.bed, "serve-config"), SOON).not.toContain(":8080");
  });

  it("says that the authority's limit is reached, once tailscaled gives up", async () => {
    const fault = await on.bed.api.waitFor(
      "the limit",
      (now) => {
        const fault = shareOf(now, LIMITED)?.machine?.web?.fault;
        return fault?.code === "CERTIFICATE_LIMITED" ? fault : null;
      },
      90_000,
    );
    expect(fault.message).toContain("limit");
  });

  it("says so when the tailnet gives out no certificates any more, and serves nothing", async () => {
    await on.bed.tailnet.control.configure({ https: false });
    const fault = await on.bed.api.waitFor("the fault", (now) => {
      const exposure = shareOf(now, TLS)?.exposure;
      return exposure?.state === "failed" && exposure.fault.code === "HTTPS_NOT_READY"
        ? exposure.fault
        : null;
    });
    expect(fault.message).toContain("HTTPS certificates are off");
    expect(await tellsOf(on.bed, "serve-config")).not.toContain(":8443");
  });

  it("works without a TUN too, by tailscaled alone", async () => {
    await on.bed.tailnet.control.configure({ https: true });
    await takeTunAway(on.bed);
    await answers(on.bed, URL_OF_TLS, "s_server");
    await on.bed.api.deleteShare(TLS);
    await refused(on.bed.peer, "http://docker.tail.test:8443");
  });
});
