import { NO_SECRET, SECRET_HEADER, SECRET_PENDING } from "@tailnet-share/contract/access";
import { API, partNames, type Route } from "@tailnet-share/contract/api";
import { describe, expect, it } from "vitest";
import type { PanelHost } from "../../src/desktop/page-container.ts";
import { ask } from "../../src/lib/ask.ts";
import { machineryFlags } from "../../src/lib/bed-id.ts";
import { launchChromium } from "../../src/lib/chromium.ts";
import { logInByPanel } from "../fixtures/log-in.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { openPanelBed, type PanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches, refused } from "../fixtures/visits.ts";

const VALUES: Readonly<Record<string, string>> = {
  workload: "name:e2e-app",
  name: "web",
  machine: "0123456789abcdef",
};
/** Where the panel keeps the secret that it has read. */
const REMEMBERED = "tailnet-share.panel-secret";
/** Every route of the API, with values for its parts. */
const REQUESTS = Object.values<Route>(API).map(({ method, path }) => ({
  method,
  path: partNames(path)
    .reduce((text, part) => text.replace(`:${part}`, encodeURIComponent(VALUES[part] ?? "")), path)
    .replace(/\?.*/, ""),
}));

function openHost(host: PanelHost, { loggedIn }: { readonly loggedIn: boolean }): PanelBed {
  return openPanelBed({
    panels: "none",
    loggedIn,
    bed: async () => await openBed({ host }),
    async prepare({ samples }) {
      await samples.start({ name: "e2e-app", http: 8080 });
    },
  });
}

/** Everything that a stranger might change. */
async function state({ bed }: PanelBed): Promise<string> {
  const { node, workloads, settings } = await bed.api.snapshot();
  const shares = workloads.map(({ id, share }) => [id, share?.mode, share?.ports]);
  return JSON.stringify([node.state, shares, settings]);
}

/** Shares and unshares in a new panel. Returns the secret that the panel has read, or null. */
async function sharesByClick(on: PanelBed, hosted: Readonly<Record<string, string>>): Promise<string | null> {
  const panel = await on.open({ hosted });
  try {
    const row = panel.row("e2e-app");
    await row.toggle.click();
    const address = await row.address();
    await reaches(on.bed.peer, address, "e2e-app says hello");
    await row.toggle.click();
    await row.says("Not shared");
    return await panel.page.evaluate<string | null>(`localStorage.getItem("${REMEMBERED}")`);
  } finally {
    await panel.close();
  }
}

describe.each<PanelHost>(["rancher", "podman"])(
  "the extension in a host that publishes its socket: %s",
  (host) => {
    const on = openHost(host, { loggedIn: false });

    it("logs in and shares by a click, also after a restart of the backend with an open panel", async () => {
      const first = await on.open({ hosted: { host } });
      await logInByPanel(first, on.bed.tailnet.control);
      await first.row("e2e-app").says("Not shared");
      await first.close();
      await sharesByClick(on, { host });
      const panel = await on.open({ hosted: { host } });
      const row = panel.row("e2e-app");
      await row.toggle.click();
      const address = await row.address();
      await on.bed.desktop.backend.restart();
      await on.bed.api.waitFor("the node to be back", ({ node }) => node.state === "connected", 60_000);
      await row.says("Shared");
      await reaches(on.bed.peer, address, "e2e-app says hello");
      await row.toggle.click();
      await row.says("Not shared");
      await refused(on.bed.peer, address);
      await row.toggle.click();
      await row.says("Shared");
      await panel.close();
    });

    it("tells the panel why the backend refuses something", async () => {
      const panel = await on.open({ hosted: { host } });
      await panel.row("e2e-app").says("Shared");
      const refusal = await panel.page.evaluate<string>(
        `ddClient.extension.vm.service.request({
        method: "GET", url: "/nowhere", headers: { "x-tailnet-share-errors-inside": "1", "${SECRET_HEADER}": localStorage["${REMEMBERED}"] },
      }).then((answer) => answer.error.code)`,
      );
      expect(refusal).toBe("UNKNOWN_ROUTE");
      await panel.close();
    });

    it("lets a stranger at the published port read nothing and change nothing [S138]", async () => {
      const before = await state(on);
      const strangers = [undefined, "", NO_SECRET, SECRET_PENDING, "x".repeat(43)];
      for (const secret of strangers) {
        const headers = secret === undefined ? {} : { [SECRET_HEADER]: secret };
        const answers = await Promise.all(
          REQUESTS.map(
            async ({ method, path }) =>
              await ask(`http://${on.bed.desktop.page.published}${path}`, { method, headers }),
          ),
        );
        for (const { status, body } of answers) {
          expect(status).toBe(401);
          expect(body).not.toContain("e2e-app");
        }
      }
      expect(await state(on)).toBe(before);
    });

    it("lets another container on the port's network do nothing either [S144]", async () => {
      const { bed } = on;
      const network = `tailnet-share-page-${bed.id}`;
      const { stdout } = await bed.engine.tryDocker([
        "run",
        "--rm",
        ...machineryFlags(bed.id),
        ...["--network", network, bed.images.peer],
        ...["curl", "-s", "-m", "5", "-w", " %{http_code}", `http://tailnet-share-proxy-${bed.id}/snapshot`],
      ]);
      expect(stdout).toMatch(/ 40[13]$/);
      expect(stdout).not.toContain("e2e-app");
    });

    it("lets a website in a browser on this computer do nothing, even with the secret [S139]", async () => {
      const before = await state(on);
      const { published, url } = on.bed.desktop.page;
      const secret = await on.bed.desktop.backend.secret();
      // Another name for the loopback address: what an attacker's DNS server may answer.
      const browser = await launchChromium({ args: ["--host-resolver-rules=MAP evil.test 127.0.0.1"] });
      try {
        const page = await browser.newPage();
        const port = published?.split(":")[1];
        const statuses: number[] = [];
        page.on("response", (response) => {
          if (new URL(response.url()).port === port) statuses.push(response.status());
        });
        // Any site of another origin.
        await page.goto(url);
        await page.evaluate(`(async () => {
        const at = "http://${published}";
        const put = { method: "POST", mode: "no-cors", headers: { "content-type": "text/plain" }, body: "{}" };
        await fetch(at + "/shares/name%3Ae2e-app", put).catch(() => {});
        await fetch(at + "/logout", put).catch(() => {});
        await fetch(at + "/snapshot", { mode: "no-cors" }).catch(() => {});
        await fetch(at + "/snapshot", { headers: { "${SECRET_HEADER}": "${secret}" } }).catch(() => {});
      })()`);
        // As the same origin, by another name: nothing of the browser's own rules is in the way.
        await page.goto(`http://evil.test:${port}/snapshot`);
        expect(await page.content()).not.toContain("e2e-app");
        const read = await page.evaluate<number>(
          `fetch("/snapshot", { headers: { "${SECRET_HEADER}": "${secret}" } }).then(({ status }) => status)`,
        );
        expect(read).toBe(403);
        expect(statuses.length).toBeGreaterThan(3);
        expect(statuses.filter((status) => status !== 401 && status !== 403)).toEqual([]);
      } finally {
        await browser.close();
      }
      expect(await state(on)).toBe(before);
    });
  },
);

describe("the extension in Docker Desktop", () => {
  const on = openHost("docker", { loggedIn: true });

  it.each([
    ["a program in the backend's container", {}],
    ["the docker command", { cli: "docker" }],
  ])("shares by a click with the secret from %s", async (_way, hosted) => {
    expect(await sharesByClick(on, hosted)).toBe(await on.bed.desktop.backend.secret());
  });

  it("shares by a click when the host can't read the secret, as no other container has the socket", async () => {
    expect(await sharesByClick(on, { cli: "none" })).toBeNull();
  });

  it("has logged once that it served a panel without the secret", async () => {
    const panel = await on.open({ hosted: { cli: "none" } });
    await panel.row("e2e-app").says("Not shared");
    await panel.close();
    const told = (await on.bed.desktop.backend.logs()).match(/host can't read the panel's secret/g);
    expect(told).toHaveLength(1);
  });

  it("serves no panel without the secret once another container has the socket [S140]", async () => {
    const { bed } = on;
    const mount = `tailnet-share-guest-services-${bed.id}:/sockets`;
    const id = await bed.engine.docker([
      "create",
      ...machineryFlags(bed.id),
      "-v",
      mount,
      bed.images.node,
      "true",
    ]);
    const panel = await on.open({ hosted: { cli: "none" } });
    await panel.page.getByText("The request doesn't carry the panel's secret.").first().waitFor();
    await bed.engine.docker(["rm", id]);
    await panel.row("e2e-app").says("Not shared");
    await panel.close();
  });
});
