import { describe, expect, it } from "vitest";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches } from "../fixtures/visits.ts";
import { readQrCode } from "./qr-code.ts";

describe("logging in and out, in the panel", () => {
  const on = openPanelBed({
    panels: "one each",
    prepare: async ({ samples }) => void (await samples.start({ name: "e2e-kept", http: 8080 })),
  });

  const linkOnScreen = () => on.panel.page.getByRole("link", { name: /\/register\// });
  const anotherLink = async (not: readonly string[]) => {
    const link = async () => (await linkOnScreen().getAttribute("href")) ?? "";
    await expect.poll(async () => not.includes(await link()), { timeout: 30_000 }).toBe(false);
    return await link();
  };
  const chooseControlServer = async () => {
    await on.panel.button("Use another control server").click();
    await on.panel.page.getByRole("textbox", { name: "Control server" }).fill(on.bed.tailnet.control.url);
  };

  it("says that nothing is shared before the login, and shows no link yet", async () => {
    await on.panel.says("Not logged in");
    await on.panel.page.getByText("Nothing is shared until you turn it on.").waitFor();
    expect(await linkOnScreen().count()).toBe(0);
    expect(await on.panel.opened()).toEqual([]);
  });

  it("cancels a login, and gets a new link on request", async () => {
    await chooseControlServer();
    await on.panel.button("Log in").click();
    const first = await anotherLink([]);
    await on.panel.button("Cancel").click();
    await on.panel.button("Log in").waitFor();
    await on.panel.says("Not logged in");
    expect(await linkOnScreen().count()).toBe(0);

    await on.panel.button("Log in").click();
    const second = await anotherLink([first]);
    await on.panel.button("Get a new link").click();
    const third = await anotherLink([first, second]);
    expect(await on.panel.opened()).toEqual([first, second, third]);
  });

  it("opens no browser in a second panel, which can cancel the log-in", async () => {
    await linkOnScreen().waitFor();
    expect(await on.panel.opened()).toEqual([]);
    await on.panel.button("Cancel").click();
    await on.panel.button("Log in").waitFor();
  });

  it("logs in by a link, opened once and shown as text and QR code, and connects without a reload", async () => {
    await chooseControlServer();
    await on.panel.button("Log in").click();
    const link = await anotherLink([]);
    expect(await linkOnScreen().textContent()).toBe(link);
    await on.panel.page.getByRole("img", { name: "QR code of the login link" }).waitFor();
    await on.panel.page.getByText("Continue in your browser").waitFor();
    expect(await on.panel.opened()).toEqual([link]);
    expect(await readQrCode(on.panel.page)).toBe(link);
    const dark = await on.open({ theme: "dark" });
    await dark.page.getByRole("img", { name: "QR code of the login link" }).waitFor();
    expect(await readQrCode(dark.page)).toBe(link);
    await dark.close();

    await on.bed.tailnet.control.finishLogin(link);
    await on.panel.says(/^Connected · docker · /);
    await on.panel.row("e2e-kept").says("Not shared");
    expect(await on.panel.opened()).toEqual([link]);
  });

  it("shows when the key expires, and one click and the link renew it while everything stays shared", async () => {
    const { control } = on.bed.tailnet;
    await on.panel.row("e2e-kept").toggle.click();
    const address = await on.panel.row("e2e-kept").address();
    const node = (await control.listNodes()).find(({ given_name }) => given_name === "docker");
    const inTenDays = new Date(Date.now() + 10 * 24 * 3_600_000).toISOString().replace(/\.\d+/, "");
    await control.expireNode(node?.id ?? -1, inTenDays);
    await on.panel.says(/\b(9|10) days\b/);
    await on.panel.button("Renew key").click();
    const renewal = on.panel.page.getByRole("region", { name: "Key renewal" });
    await renewal.getByText("Sharing continues").waitFor();
    const link = await anotherLink([]);
    expect(await on.panel.opened()).toEqual([link]);
    await reaches(on.bed.peer, address, "e2e-kept says hello");
    await control.finishLogin(link);
    await renewal.waitFor({ state: "detached" });
    await on.panel.button("Renew key").waitFor({ state: "detached" });
    await on.panel.announces("Node key renewed.");
    await reaches(on.bed.peer, address, "e2e-kept says hello");
    await on.panel.row("e2e-kept").toggle.click();
    await on.panel.row("e2e-kept").says("Not shared");
  });

  it("logs in to a second account and switches back, and shares answer in both; a cancelled login changes nothing", async () => {
    const { control } = on.bed.tailnet;
    const account = (user: string) =>
      on.panel.page.getByRole("menuitemradio", { name: new RegExp(`^${user}\\b`) });
    await control.headscale(["users", "create", "colleague"]);
    const sharedAs = async (host: string) => {
      await on.panel.says(new RegExp(`^Connected · ${host} · `));
      await expect
        .poll(async () => await on.panel.row("e2e-kept").address())
        .toBe(`http://${host}.tail.test:8080`);
      await reaches(on.bed.peer, `http://${host}.tail.test:8080`, "e2e-kept says hello");
    };
    await on.panel.row("e2e-kept").toggle.click();
    await sharedAs("docker");

    await on.panel.menu("Log in to another account");
    await anotherLink([]);
    await on.panel.button("Cancel").click();
    await sharedAs("docker");

    await on.panel.menu("Log in to another account");
    await control.finishLogin(await anotherLink([]), "colleague");
    const { name } = await on.bed.api.waitFor("the other account", ({ node }) =>
      node.state === "connected" && node.user.includes("colleague") ? node : null,
    );
    expect(name).not.toBe("docker");
    await sharedAs(name);

    await on.panel.button("Account and settings").click();
    expect(await account("colleague").getAttribute("aria-checked")).toBe("true");
    await account("tester").click();
    await sharedAs("docker");
    await on.panel.row("e2e-kept").toggle.click();
    await on.panel.row("e2e-kept").says("Not shared");
  });

  it("asks before it logs out and says what stops; the default is to stay", async () => {
    await on.panel.row("e2e-kept").toggle.click();
    await on.panel.row("e2e-kept").says("Shared");
    await on.panel.menu("Log out");
    const question = on.panel.page.getByRole("dialog", { name: "Log out?" });
    await question.getByText("This node leaves the tailnet").waitFor();
    await question.getByText("your share goes offline").waitFor();
    await on.panel.page.keyboard.press("Escape");
    await question.waitFor({ state: "hidden" });
    expect((await on.bed.api.snapshot()).node.state).toBe("connected");

    await on.panel.menu("Log out");
    await question.getByRole("button", { name: "Log out" }).click();
    await on.panel.says("Not logged in");
    await on.panel.page.getByText("1 share resumes when you log in.").waitFor();
  });

  it("logs in by auth key, stores the key nowhere in the page or the browser, and brings the shares back", async () => {
    const key = await on.bed.tailnet.control.createAuthKey();
    await chooseControlServer();
    await on.panel.button("Use an auth key").click();
    await on.panel.page.getByLabel("Auth key", { exact: true }).fill(key);
    await on.panel.button("Log in with auth key").click();
    await on.panel.says(/^Connected · docker · /);
    await on.panel.row("e2e-kept").says("Shared");
    expect(await on.panel.page.content()).not.toContain(key);
    expect(await on.panel.page.evaluate("JSON.stringify([localStorage, sessionStorage])")).not.toContain(key);
    expect(await on.panel.opened()).toEqual([]);
  });

  it("says that a key is refused, and accepts another one", async () => {
    await on.panel.menu("Log out");
    await on.panel.page.getByRole("dialog").getByRole("button", { name: "Log out" }).click();
    await on.panel.button("Use an auth key").click();
    await on.panel.page.getByLabel("Auth key", { exact: true }).fill("hskey-auth-this-is-no-key");
    await on.panel.button("Log in with auth key").click();
    await on.panel.page.getByRole("alert").getByText("AUTH_KEY_REFUSED").waitFor();
    await on.panel.button("Cancel").click();
    await on.panel.button("Log in").waitFor();
  });
});
