import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApi } from "../../src/api.ts";
import type { PlainBed } from "../../src/bed.ts";
import { createPage } from "../../src/desktop/plain-engine.ts";
import { BED_LABEL } from "../../src/lib/bed-id.ts";
import { launchChromium } from "../../src/lib/chromium.ts";
import { run as runProgram } from "../../src/lib/run.ts";
import { withSecret } from "../../src/packaging/compose-secret.ts";
import { openPanel, type Panel } from "../fixtures/browser.ts";
import { documentedCommands, runDocumented } from "../fixtures/documented.ts";
import { logInByPanel } from "../fixtures/log-in.ts";
import { openPlainBed } from "../fixtures/open-bed.ts";
import { reaches, refused } from "../fixtures/visits.ts";

const IMAGE = "tailnet-share:0.1.0";
const CONTAINER = "tailnet-share";
const NETWORK = "0-tailnet-share";
const VOLUME = "tailnet-share-state";
const URL_OF_PANEL = "http://127.0.0.1:4180";
const LINK_COMMAND = "docker exec tailnet-share node /app/panel-link.mjs";
/** Text of a script for the page: counts a person's clicks. */
const COUNT_CLICKS = `addEventListener("click", ({ isTrusted }) => {
  if (isTrusted) sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1;
}, true)`;

interface Way {
  readonly way: string;
  /** The document, and words of the shell block that installs. */
  readonly install: readonly [file: string, words: string];
  /** How many commands there may be until the panel's link is there. */
  readonly commands: number;
  /** Removes the product, but not what it stores. */
  readonly remove: readonly string[];
}

const COMPOSE: Way["install"] = ["README.md", "compose -f packaging/linux/compose.yaml up -d"];
const COMPOSE_FILE = fileURLToPath(new URL("../../../packaging/linux/compose.yaml", import.meta.url));

const WAYS: readonly Way[] = [
  {
    way: "the compose file",
    install: COMPOSE,
    commands: 2,
    remove: ["docker compose -f packaging/linux/compose.yaml down"],
  },
  {
    way: "docker run",
    install: ["docs/linux.md", "docker run -d"],
    commands: 3,
    remove: [`docker stop ${CONTAINER}`, `docker rm -f ${CONTAINER}`, `docker network rm ${NETWORK}`],
  },
];

/** The documented commands as they are: the product has its own names, network and port, and nothing of the test bed is in it. */
describe("installing on an engine without a desktop, as the documents say", () => {
  let bed: PlainBed;
  let browser: Browser;
  let hadImage: boolean;

  const run = async (command: string): Promise<string> => await runDocumented(bed.engine, command);

  beforeAll(async () => {
    [bed, browser] = await Promise.all([openPlainBed(), launchChromium()]);
    const { engine, images, samples } = bed;
    expect(engine.own, "on another engine, the names may be those of a real installation").not.toBeNull();
    hadImage = (await engine.tryDocker(["image", "inspect", IMAGE])).code === 0;
    await engine.docker(["tag", images.product, IMAGE]);
    await removeAll();
    await letThrough("-I");
    await samples.start({ name: "e2e-web", http: 8080 });
  });
  afterAll(async () => {
    await browser?.close();
    if (bed?.engine.own) {
      await removeAll();
      await letThrough("-D");
    }
    if (hadImage === false) await bed?.engine.tryDocker(["image", "rm", IMAGE]);
    await bed?.close();
  });

  /** The engine keeps its networks apart. The product's own network needs a way to the control server, as it has at a user's. */
  async function letThrough(how: "-I" | "-D"): Promise<void> {
    const subnet = `${bed.tailnet.network.prefix}.0/24`;
    const back = ["-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED"];
    const rules = [
      [how, "DOCKER-USER", "-d", subnet],
      [how, "DOCKER-USER", "-s", subnet, ...back],
      // Engines since 28 also keep containers' addresses to their own bridge.
      ["-t", "raw", how, "PREROUTING", "-d", subnet],
    ];
    for (const rule of rules) await runProgram(["iptables", ...rule, "-j", "ACCEPT"]);
  }

  /** The other device is near by, because the bed's relay speaks HTTP, which a tailscaled without the bed's variables does not use. */
  async function move(how: "connect" | "disconnect"): Promise<void> {
    await bed.engine.tryDocker(["network", how, NETWORK, bed.peer.containerId]);
  }

  /** Also what an earlier run has left. */
  async function removeAll(): Promise<void> {
    await bed.engine.tryDocker(["rm", "-f", "-v", CONTAINER]);
    await move("disconnect");
    await bed.engine.tryDocker(["network", "rm", NETWORK]);
    await bed.engine.tryDocker(["volume", "rm", "-f", VOLUME]);
  }

  /** All containers, networks and volumes but those of other beds. */
  async function everything(): Promise<readonly string[]> {
    const label = `{{.Label "${BED_LABEL}"}}`;
    const lists = [
      ["ps", "-a", "--format", `${label}:container {{.Names}}`],
      ["network", "ls", "--format", `${label}:network {{.Name}}`],
      ["volume", "ls", "--format", `${label}:volume {{.Name}}`],
    ].map(async (args) => (await bed.engine.docker(args)).split("\n"));
    return (await Promise.all(lists)).flat().flatMap((line) => {
      const [bedId, name = ""] = line.split(":");
      return bedId === "" && name !== "" ? [name] : [];
    });
  }

  async function openLink(link: string): Promise<Panel> {
    const page = createPage(URL_OF_PANEL, async () => await Promise.resolve(link));
    return await openPanel(
      browser,
      { desktop: { page } },
      { prepare: async (opened) => void (await opened.addInitScript(COUNT_CLICKS)) },
    );
  }

  it("says which port is taken, and starts at another one", async () => {
    const [up = ""] = await documentedCommands(...COMPOSE);
    const taken = createServer().listen(4180, "127.0.0.1");
    try {
      await expect(run(up)).rejects.toThrow(/4180.*(already|in use)/);
      await runDocumented(bed.engine, up, { TAILNET_SHARE_PORT: "4181" });
      const link = await run(LINK_COMMAND);
      expect(link).toMatch(/^http:\/\/127\.0\.0\.1:4181\/#/);
      expect((await fetch(link)).status).toBe(200);
    } finally {
      taken.close();
      await removeAll();
    }
  });

  it("logs in without a browser by the compose file's secret", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tailnet-share-linux-"));
    try {
      const file = join(folder, "compose.yaml");
      await writeFile(file, withSecret(await readFile(COMPOSE_FILE, "utf8")));
      await writeFile(join(folder, "auth-key"), await bed.tailnet.control.createAuthKey(), { mode: 0o400 });
      const env = { TS_CONTROL_URL: bed.tailnet.control.url, TS_HOSTNAME: "by-secret" };
      await runDocumented(bed.engine, `docker compose -f ${file} up -d`, env);
      const page = createPage(URL_OF_PANEL, async () => await run(LINK_COMMAND));
      expect(await createApi(page).connected()).toMatchObject({ name: "by-secret" });
    } finally {
      await removeAll();
      await rm(folder, { recursive: true });
    }
  });

  describe.each(WAYS)("by $way", ({ install: [file, words], commands, remove }) => {
    let before: readonly string[];
    let address: string;
    beforeAll(async () => await removeAll());

    it("takes few commands and at most four clicks until another device gets an answer", async () => {
      before = await everything();
      const documented = await documentedCommands(file, words);
      const all = documented.includes(LINK_COMMAND) ? documented : [...documented, LINK_COMMAND];
      expect(all).toHaveLength(commands);
      let link = "";
      // One after the other without a pause, as somebody does who pastes all lines at once.
      for (const command of all) link = await run(command);
      expect(link).toMatch(/^http:\/\/127\.0\.0\.1:4180\/#[\w-]+$/);
      await move("connect");
      const panel = await openLink(link);
      await logInByPanel(panel, bed.tailnet.control);
      await panel.row("e2e-web").says("Not shared");
      await panel.row("e2e-web").toggle.click();
      address = await panel.row("e2e-web").address();
      await reaches(bed.peer, address, "e2e-web says hello");
      // The first is for a control server that is not Tailscale's.
      expect(await panel.page.evaluate("sessionStorage.clicks")).toBe("3");
      await panel.close();
    });

    it("shares on after a restart, and ends the share by a click", async () => {
      await run(`docker restart ${CONTAINER}`);
      const panel = await openLink(await run(LINK_COMMAND));
      await panel.row("e2e-web").says("Shared");
      await reaches(bed.peer, address, "e2e-web says hello");
      await panel.row("e2e-web").toggle.click();
      await panel.row("e2e-web").says("Not shared");
      await refused(bed.peer, address);
      await panel.close();
    });

    it("leaves nothing but the volume when it is removed, and has the login back when it is installed again", async () => {
      await move("disconnect");
      for (const command of remove) await run(command);
      expect(await everything()).toEqual([...before, `volume ${VOLUME}`]);
      for (const command of await documentedCommands(file, words)) await run(command);
      await move("connect");
      const panel = await openLink(await run(LINK_COMMAND));
      await panel.row("e2e-web").says("Not shared");
      await panel.row("e2e-web").toggle.click();
      await reaches(bed.peer, await panel.row("e2e-web").address(), "e2e-web says hello");
      await panel.close();
      await removeAll();
      expect(await everything()).toEqual(before);
    });
  });
});
