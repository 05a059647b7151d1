import { API_PREFIX } from "@tailnet-share/contract/session";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed, EngineBed } from "../../src/bed.ts";
import type { Installation } from "../../src/desktop/desktop.ts";
import { launchTrustingChromium } from "../../src/lib/chromium.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import type { CertifyingControl } from "../../src/tailnet/acme.ts";
import type { Peer } from "../../src/tailnet/peer.ts";
import { openCertifyingEngineBed, openEngineBed } from "../fixtures/open-bed.ts";
import { startProxyBeside } from "../fixtures/proxy-beside.ts";
import { curl, tellsOf } from "../sharing/https.ts";
import { askAsPanel, codeOf } from "./panel-requests.ts";

const HTTPS = "https://docker.tail.test:4180";
const SNAPSHOT = `${API_PREFIX}/snapshot`;

/** Opens the panel to the tailnet. Returns its address. */
async function open({ api }: Pick<Bed, "api">): Promise<string> {
  await api.patchSettings({ panelOnTailnet: true });
  return await api.waitFor(
    "the panel to be open",
    ({ panelOnTailnet }) => (panelOnTailnet?.state === "open" ? panelOnTailnet.url : null),
    60_000,
  );
}

describe("the panel for the tailnet by HTTPS", () => {
  let bed: Bed<CertifyingControl, Installation>;
  let browser: Browser | undefined;

  beforeAll(async () => {
    bed = await openCertifyingEngineBed();
    await bed.login();
    await bed.samples.start({ name: "panel-app", http: 8080 });
    browser = await launchTrustingChromium(
      bed.tailnet.control.acme.root,
      await startProxyBeside(bed, bed.peer),
    );
  });
  afterAll(async () => {
    await browser?.close();
    await bed?.close();
  });

  it("opens for the owner without a warning, and a click shares a container", async () => {
    expect(await open(bed)).toBe(`${HTTPS}/`);
    const page = await browser?.newPage();
    if (page === undefined) throw new Error("there is no browser");
    await page.goto(`${HTTPS}/`);
    await page.getByRole("button", { name: /^Signed in: / }).waitFor();
    await page.getByRole("switch", { name: "Share panel-app" }).click();
    await bed.api.waitFor("the share", ({ workloads }) =>
      workloads.some(({ name, share }) => name === "panel-app" && share?.exposure.state === "live"),
    );
    await page.close();
  });

  it("is not there without TLS, nor for a tagged device, nor in public whatever is stored or allowed [S178]", async () => {
    expect(await curl(bed, "http://docker.tail.test:4180/", ["-w", " %{http_code}"])).toMatch(/ 400$/);
    await bed.tailnet.control.change("docker", {
      caps: { https: [], funnel: [], "https://tailscale.com/cap/funnel-ports?ports=443,4180": [] },
    });
    const stored = { AllowFunnel: { "docker.tail.test:4180": true } };
    const store = `const http = require("http");
      const path = "/localapi/v0/serve-config", socketPath = "/var/run/tailscale/tailscaled.sock", host = "local-tailscaled.sock";
      http.get({ socketPath, host, path }, (answer) => {
        let text = "";
        answer.on("data", (part) => (text += part)).on("end", () => {
          const config = { ...JSON.parse(text), ...${JSON.stringify(stored)} };
          const headers = { "if-match": answer.headers.etag };
          http.request({ socketPath, host, path, method: "POST", headers }, (done) => console.log(done.statusCode)).end(JSON.stringify(config));
        });
      });`;
    const { stdout } = await bed.desktop.backend.exec(["/usr/local/bin/node", "-e", store]);
    expect(stdout.trim()).toBe("200");
    await bed.api.retry();
    await waitFor(async () => !(await tellsOf(bed, "serve-config")).includes('"AllowFunnel":{"docker'), {
      what: "the stored Funnel to be gone",
      timeoutMs: 90_000,
    });
    expect(await tellsOf(bed, "serve-config")).toContain("docker.tail.test:4180");
    await bed.tailnet.control.change("phone", { tags: ["tag:ci"] });
    const asked = async () =>
      await askAsPanel(bed.peer, SNAPSHOT, {
        ...{ origin: HTTPS, flags: ["--cacert", "/etc/bed-authority.pem"] },
      });
    await waitFor(async () => (await asked()).status === 403, {
      what: "the tagged device to be refused",
      timeoutMs: 40_000,
    });
    expect(codeOf(await asked())).toBe("NO_ROLE");
  });
});

describe("the panel for the tailnet without a TUN", () => {
  let bed: EngineBed;
  let tagged: Peer;

  beforeAll(async () => {
    bed = await openEngineBed({ env: { TS_USERSPACE: "true" } });
    await bed.login();
    const { control } = bed.tailnet;
    await control.setPolicy({
      tagOwners: { "tag:ci": ["tester@"] },
      acls: [{ action: "accept", src: ["*"], dst: ["*:*"] }],
    });
    tagged = await bed.tailnet.addPeer("ci", { authKey: await control.createAuthKey({ tags: ["tag:ci"] }) });
  });
  afterAll(async () => await bed?.close());

  it("is closed before somebody opens it, although tailscaled forwards the tailnet to loopback ports [S179]", async () => {
    const asked = async () =>
      await askAsPanel(bed.peer, SNAPSHOT, {
        headers: { host: "127.0.0.1:4180", origin: "http://127.0.0.1:4180" },
      });
    const answer = await waitFor(
      async () => {
        const found = await asked();
        return found.status === 0 ? null : found;
      },
      { what: "an answer over the tailnet", timeoutMs: 30_000 },
    );
    expect([answer.status, codeOf(answer)]).toEqual([403, "NOT_ALLOWED"]);
    expect(answer.body).toContain("isn't open to your tailnet");
  });

  it("opens for the owner alone", async () => {
    expect(await open(bed)).toBe("http://docker.tail.test:4180/");
    await waitFor(async () => (await askAsPanel(bed.peer, SNAPSHOT)).status === 200, {
      what: "the owner to be let in",
      timeoutMs: 30_000,
    });
    // The first visit may come before the two devices know each other's latest addresses.
    const refusal = await waitFor(
      async () => {
        const found = await askAsPanel(tagged, SNAPSHOT);
        return found.status === 0 ? null : found;
      },
      { what: "an answer to the tagged device", timeoutMs: 30_000 },
    );
    expect([refusal.status, codeOf(refusal)]).toEqual([403, "NO_ROLE"]);
  });
});
