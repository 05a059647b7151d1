import { describe, expect, it } from "vitest";
import { machineUp, shareOf, startOnTailnet } from "../fixtures/machines.ts";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches } from "../fixtures/visits.ts";

const SOON = { timeout: 15_000 };
const HTTPS = "HTTPS";

describe("a container as its own machine, in the panel", () => {
  const on = openPanelBed({ loggedIn: true, panels: "one", panel: { height: 1_000 } });

  it("is chosen in the row, and without a key shows its own approval link, in the row and as a QR code", async () => {
    await startOnTailnet(on.bed, "e2e-shop");
    const row = on.panel.row("e2e-shop");
    await row.details();
    await row.drawer.getByRole("radio", { name: "Own machine" }).click();
    await row.drawer.getByText("e2e-shop.tail.test", { exact: true }).waitFor();
    await row.toggle.click();
    const approve = row.at.getByRole("link", { name: "Approve e2e-shop" });
    await approve.waitFor();
    await row.says("Needs approval");
    await row.drawer.getByRole("img", { name: "QR code of the approval link of e2e-shop" }).waitFor();
    await approve.click();
    await expect.poll(async () => (await on.panel.opened()).length).toBe(1);
    const [link = ""] = await on.panel.opened();
    // Approves the machine as a user does in the opened browser.
    await on.bed.tailnet.control.finishLogin(link);
    expect(await row.address()).toBe("http://e2e-shop.tail.test");
    await reaches(on.bed.peer, "http://e2e-shop", `hello to ${on.bed.peer.address}`);
  });

  it("is renamed in place: a taken name is refused at once with a free one to choose", async () => {
    const row = on.panel.row("e2e-shop");
    const { address } = await machineUp(on.bed, "name:e2e-shop");
    const name = row.drawer.getByRole("textbox", { name: "Machine name" });
    await name.fill("phone");
    await row.drawer.getByText("phone is taken in your tailnet.").waitFor();
    await row.drawer.getByRole("button", { name: "Use phone-2" }).click();
    await name.press("Enter");
    await reaches(on.bed.peer, "http://phone-2", "e2e-shop says hello");
    await expect
      .poll(async () => (await machineUp(on.bed, "name:e2e-shop")).dnsName)
      .toBe("phone-2.tail.test");
    expect((await machineUp(on.bed, "name:e2e-shop")).address).toBe(address);
  });

  it("shows in its details when its login ends, and what happens then", async () => {
    const { control } = on.bed.tailnet;
    const own = (await control.listNodes()).find(({ given_name }) => given_name === "phone-2");
    const inTenDays = new Date(Date.now() + 10 * 24 * 3_600_000).toISOString().replace(/\.\d+/, "");
    await control.expireNode(own?.id ?? -1, inTenDays);
    const { drawer } = on.panel.row("e2e-shop");
    await drawer.getByText(/^Its node key expires in (9|10) days\.$/).waitFor();
    await drawer.getByText("Then it logs in again", { exact: false }).waitFor();
  });

  it("takes a key for all machines beside a machine's login link, which lets that machine in, and shows its end only", async () => {
    const authKey = await on.bed.tailnet.control.createAuthKey();
    await startOnTailnet(on.bed, "e2e-by-key");
    const { drawer } = on.panel.row("e2e-by-key");
    await on.panel.row("e2e-by-key").details();
    await drawer.getByRole("radio", { name: "Own machine" }).click();
    await on.panel.row("e2e-by-key").toggle.click();
    await drawer.getByRole("button", { name: "Skip this for every machine" }).click();
    await drawer.getByRole("textbox", { name: "Auth key" }).fill(authKey);
    await drawer.getByRole("button", { name: "Save auth key" }).click();
    expect(await on.panel.row("e2e-by-key").address()).toBe("http://e2e-by-key.tail.test");
    await on.panel.menu("Settings");
    const dialog = on.panel.page.getByRole("dialog", { name: "Settings" });
    await dialog.getByText(`ends in ${authKey.slice(-4)}`).waitFor();
    expect(await dialog.textContent()).not.toContain(authKey);
    await on.panel.page.keyboard.press("Escape");
    await startOnTailnet(on.bed, "e2e-one-click");
    await on.panel.row("e2e-one-click").toggle.click();
    expect(await on.panel.row("e2e-one-click").address()).toBe("http://e2e-one-click.tail.test");
    const kept = await on.panel.page.evaluate<string>(
      "JSON.stringify([{...localStorage}, {...sessionStorage}])",
    );
    expect(kept).not.toContain(authKey);
    expect(await on.panel.page.content()).not.toContain(authKey);
  });

  it("says why a container cannot be a machine, and one click shares it on this node", async () => {
    await on.bed.samples.createNetwork(`e2e-internal-${on.bed.id}`, ["--internal"]);
    await on.bed.samples.start({ name: "e2e-inside", http: 8080, networks: [`e2e-internal-${on.bed.id}`] });
    const row = on.panel.row("e2e-inside");
    await row.details();
    await row.drawer.getByText("Its networks are internal", { exact: false }).first().waitFor();
    expect(await row.drawer.getByRole("radio", { name: "Own machine" }).isDisabled()).toBe(true);
    await row.drawer.getByRole("button", { name: "Share on this node instead" }).click();
    const address = await row.address();
    expect(address).toBe("http://docker.tail.test:8080");
    await reaches(on.bed.peer, address, "e2e-inside says hello");
  });

  it("says on the node that Funnel needs a machine, and one click makes it one", async () => {
    await startOnTailnet(on.bed, "e2e-public", { http: 8080, expose: ["8080"] });
    const row = on.panel.row("e2e-public");
    await row.details();
    await row.drawer.getByRole("radio", { name: "On this node" }).click();
    await row.drawer.getByText("Need a public URL (Funnel)?").waitFor();
    await row.toggle.click();
    expect(await row.address()).toBe("http://docker.tail.test:8081");
    await row.drawer.getByRole("button", { name: "Use own machine: e2e-public" }).click();
    await row.drawer.getByRole("checkbox", { name: HTTPS, exact: true }).waitFor();
    await expect.poll(async () => await row.address(), SOON).toBe("http://e2e-public.tail.test:8080");
    await reaches(on.bed.peer, "http://e2e-public:8080", "e2e-public says hello");
  });

  it("says that the tailnet has no HTTPS, and everything else continues", async () => {
    const row = on.panel.row("e2e-public");
    await row.drawer.getByRole("checkbox", { name: HTTPS, exact: true }).click();
    await row.drawer.getByText("HTTPS certificates are off for your tailnet.").waitFor();
    await reaches(on.bed.peer, "http://e2e-public:8080", "e2e-public says hello");
  });

  it("says in plain words that Funnel is public, and sends nothing before that is confirmed", async () => {
    const { page, asked } = on.panel;
    const row = on.panel.row("e2e-public");
    const changes = () => asked.filter((call) => call.startsWith("PUT ")).length;
    const funnel = row.drawer.getByRole("checkbox", { name: "Funnel: public internet access" });
    const dialog = page.getByRole("dialog", { name: "Make e2e-public public?" });
    const stored = async () => shareOf(await on.bed.api.snapshot(), "name:e2e-public")?.machine?.funnel;
    const before = changes();
    await row.drawer
      .getByText(/^Anyone on the internet can open https:\/\/e2e-public\.tail\.test\.$/)
      .waitFor();
    await funnel.click();
    await dialog
      .getByText(/^Anyone on the internet can open https:\/\/e2e-public\.tail\.test without/)
      .waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(await funnel.isChecked()).toBe(false);
    expect(changes()).toBe(before);
    expect(await stored()).toBe(false);

    await funnel.click();
    await dialog.getByRole("button", { name: "Make public" }).click();
    await expect.poll(stored, SOON).toBe(true);
    expect(changes()).toBe(before + 1);
    expect(await funnel.isChecked()).toBe(true);
    // The bed's control server has neither; the certificate comes first.
    await row.drawer.getByText("HTTPS_NOT_READY").waitFor();
    await reaches(on.bed.peer, "http://e2e-public:8080", "e2e-public says hello");
    await funnel.click();
    await expect.poll(stored, SOON).toBe(false);
    expect(changes()).toBe(before + 2);
  });
});
