import type { Locator } from "playwright-core";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { createSamples } from "../../src/samples.ts";
import { devicesOf } from "../fixtures/machines.ts";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches } from "../fixtures/visits.ts";
import { type AuthKeyInput, composeUp, pasteIntoShell, type Started } from "./exported-sidecar.ts";

const APP = "tt-export";
const NAMES = { app: APP, tailscale: `tailscale-${APP}` };
/** Serves without configuration, because the export does not include environment variables. */
const APP_IMAGE = "tailnet-share-bed/exported-app:dev";
const TAG = "v1.102";
const TAILSCALE_IMAGE = `tailscale/tailscale:${TAG}`;

type Form = "compose" | "run";
type KeySource = "environment" | "file";

const FORMS = {
  compose: { title: "Export as Compose file", copy: `Copy compose file of ${APP}`, start: composeUp },
  run: { title: "Export as docker run", copy: `Copy docker run of ${APP}`, start: pasteIntoShell },
} as const;
const KEYS = { environment: "From the environment", file: "From a file" } as const;

describe("a share exported as a sidecar", () => {
  let engine: Bed["engine"] | undefined;
  // Runs after closing the bed, because an image can be removed only when no container uses it.
  afterAll(async () => {
    await engine?.docker(["rmi", APP_IMAGE, TAILSCALE_IMAGE]);
  });
  const on = openPanelBed({
    loggedIn: true,
    panels: "one",
    panel: { search: APP },
    async prepare(bed) {
      engine = bed.engine;
      await engine.docker(["tag", bed.images.officialTailscale, TAILSCALE_IMAGE]);
      const recipe = `FROM ${bed.images.sample}\nENV NAME=${APP} HTTP_PORT=8080\nEXPOSE 8080\n`;
      await engine.docker(["build", "-q", "-t", APP_IMAGE, "-"], { input: recipe });
      await createSamples(engine, APP_IMAGE, bed.id).start({ name: APP });
    },
  });

  const copied = new Map<string, string>();
  let started: Started | null = null;

  afterEach(async () => {
    await started?.remove();
    started = null;
    // The next device must get the same name without a suffix.
    for (const { id } of await devicesOf(on.bed, APP)) await on.bed.tailnet.control.deleteNode(id);
  });

  /** The opened section of the row's details. */
  async function part(form: Form): Promise<Locator> {
    const { title } = FORMS[form];
    const row = on.panel.row(APP);
    await row.details();
    const opener = row.drawer.getByRole("button", { name: title, exact: true });
    if ((await opener.getAttribute("aria-expanded")) !== "true") await opener.click();
    return row.drawer.locator(`[id="${await opener.getAttribute("aria-controls")}"]`);
  }

  async function copy(form: Form, key: KeySource): Promise<string> {
    const opened = await part(form);
    await opened.getByRole("radio", { name: KEYS[key] }).check();
    await opened.getByRole("button", { name: FORMS[form].copy, exact: true }).click();
    return await on.panel.page.evaluate<string>("navigator.clipboard.readText()");
  }

  it("has the typed tag of the image, by default the bundled release's, remembers it, and affects no machine", async () => {
    await on.panel.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const row = on.panel.row(APP);
    await row.toggle.click();
    await row.says("Shared");
    const { versions, settings } = await on.bed.api.snapshot();
    for (const form of ["compose", "run"] as const)
      expect(await copy(form, "environment")).toContain(`tailscale/tailscale:v${versions.tailscale}`);
    const field = (await part("compose")).getByRole("textbox", { name: "Image tag" });
    await field.fill("no tag/at all");
    await (await part("compose")).getByText(/^A tag has up to 128 letters/).waitFor();
    expect(await copy("compose", "environment")).toContain(`tailscale/tailscale:v${versions.tailscale}`);
    await field.fill(TAG);
    expect(await copy("run", "environment")).toContain(`'${TAILSCALE_IMAGE}'`);
    await on.panel.page.reload();
    expect(await copy("compose", "environment")).toContain(`"${TAILSCALE_IMAGE}"`);
    expect((await on.bed.api.snapshot()).settings).toEqual(settings);
  });

  it("is copied in both forms, with the key from either source, and without any key in it", async () => {
    const row = on.panel.row(APP);
    await reaches(on.bed.peer, await row.address(), `${APP} says hello`);
    for (const form of ["compose", "run"] as const) {
      for (const key of ["environment", "file"] as const) {
        const text = await copy(form, key);
        expect(text).toContain(TAILSCALE_IMAGE);
        expect(text).toContain(on.bed.tailnet.control.url);
        expect(text).not.toMatch(/[th]skey/);
        copied.set(`${form} ${key}`, text);
      }
    }
    expect(new Set(copied.values()).size).toBe(4);
    // It replaces this one.
    await row.toggle.click();
    await row.says("Not shared");
    await on.bed.samples.remove(APP);
  });

  it.each([
    ["compose", "environment"],
    ["compose", "file"],
    ["run", "environment"],
    ["run", "file"],
  ] as const)(
    "runs unchanged with %s and the key from the %s, and is reached by its name",
    async (form, key) => {
      const authKey = await on.bed.tailnet.control.createAuthKey();
      const input: AuthKeyInput = key === "file" ? { file: `${authKey}\n` } : { variable: authKey };
      const text = copied.get(`${form} ${key}`) ?? "";
      started = await FORMS[form].start(on.bed, text, NAMES, input);
      await reaches(
        on.bed.peer,
        `http://${APP}.tail.test:8080`,
        `${APP} says hello to ${on.bed.peer.address}`,
        60_000,
      );
      const [device, ...duplicates] = await devicesOf(on.bed, APP);
      expect(device?.given_name).toBe(APP);
      expect(duplicates).toEqual([]);
      if (key === "file") expect(await containersTell()).not.toContain(authKey);
    },
  );

  /** Everything that the engine reports about the bed's containers. */
  async function containersTell(): Promise<string> {
    const { engine: engineOfBed, id } = on.bed;
    const ids = (await engineOfBed.docker(["ps", "-aq", "--filter", `label=tailnet-share.bed=${id}`])).split(
      "\n",
    );
    return await engineOfBed.docker(["inspect", ...ids]);
  }
});
