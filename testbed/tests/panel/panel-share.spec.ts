import { describe, expect, it } from "vitest";
import { hasFocus } from "../fixtures/browser.ts";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches, refused } from "../fixtures/visits.ts";

describe("sharing a container, in the panel", () => {
  const on = openPanelBed({ loggedIn: true, panels: "one each" });

  it("takes one click: the row says 'Starting…' in the next frame, and the address is reachable by name", async () => {
    await on.bed.samples.start({ name: "e2e-web", http: 8080 });
    const row = on.panel.row("e2e-web");
    await row.says("Not shared");
    const answers = await on.panel.holdAnswers("PUT");
    await on.panel.page.evaluate(`(() => {
      const row = document.querySelector('[role=listitem][aria-label="e2e-web"]');
      const note = () => requestAnimationFrame(() => { window.nextFrame = row.textContent; });
      row.addEventListener("click", note, { once: true });
    })()`);
    await row.toggle.click();
    await expect
      .poll(async () => await on.panel.page.evaluate("window.nextFrame ?? ''"))
      .toContain("Starting…");
    answers.release();
    expect(await row.address()).toBe("http://docker.tail.test:8080");
    await reaches(on.bed.peer, await row.address(), "e2e-web says hello");
  });

  it("ends with another click, and 'Undo' brings it back at the same address", async () => {
    const row = on.panel.row("e2e-web");
    const address = await row.address();
    await row.toggle.click();
    await row.says("Not shared");
    await refused(on.bed.peer, address);
    await on.panel.button("Undo").click();
    expect(await row.address()).toBe(address);
    await reaches(on.bed.peer, address, "e2e-web says hello");
  });

  it("opens the address in the browser through the host, and copies it", async () => {
    await on.panel.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const row = on.panel.row("e2e-web");
    const address = await row.address();
    await row.at.getByRole("link", { name: "Open e2e-web at" }).click();
    expect(await on.panel.opened()).toEqual([address]);
    expect(on.panel.page.url()).toContain(on.bed.desktop.page.url);
    await on.panel.button("Copy address of e2e-web, port 8080").click();
    await expect
      .poll(async () => await on.panel.page.evaluate("navigator.clipboard.readText()"))
      .toBe(address);
  });

  it("links only to addresses that a browser opens", async () => {
    const addresses = new Map([
      [22, "ssh://docker.tail.test"],
      [80, "http://docker.tail.test"],
      [5432, "postgresql://docker.tail.test:5432"],
      [5900, "vnc://docker.tail.test:5900"],
      [6379, "redis://docker.tail.test:6379"],
      [9042, "docker.tail.test:9042"],
    ]);
    const ports = [...addresses.keys()];
    await on.bed.samples.start({
      name: "e2e-kinds",
      http: 80,
      expose: ports.map(String),
      flags: ["-e", `HTTP_PORT=${ports.join(",")}`],
    });
    const wanted = ports.map((port) => ({ port, protocol: "tcp" as const, nodePort: port }));
    await on.bed.api.putShare("name:e2e-kinds", { ports: wanted });
    const row = on.panel.row("e2e-kinds");
    await row.says("Shared");
    await row.details();
    const list = row.drawer.getByRole("group", { name: "Ports of e2e-kinds" });
    for (const address of addresses.values()) await list.getByText(address, { exact: true }).click();
    expect(await on.panel.opened()).toEqual(["http://docker.tail.test"]);
    expect(await list.getByRole("link").allTextContents()).toEqual(["http://docker.tail.test"]);
    await reaches(on.bed.peer, "http://docker.tail.test:5900", "e2e-kinds says hello");
    await on.bed.api.deleteShare("name:e2e-kinds");
  });

  it("shares the likeliest of several declared ports, and another one that is ticked in the details", async () => {
    await on.bed.samples.start({
      name: "e2e-many",
      http: 3000,
      expose: ["3000", "7070", "7071"],
      flags: ["-e", "HTTP_PORT=3000,7070,7071"],
    });
    const row = on.panel.row("e2e-many");
    await row.toggle.click();
    expect(await row.address()).toBe("http://docker.tail.test:3000");
    await row.details();
    expect(await row.port(3000).tick.isChecked()).toBe(true);
    expect(await row.port(7070).tick.isChecked()).toBe(false);
    await refused(on.bed.peer, "http://docker.tail.test:7070");
    await row.port(7070).tick.check();
    await row.port(7070).nodePort.waitFor();
    await on.panel.button("+1 more of e2e-many").waitFor();
    await reaches(on.bed.peer, "http://docker.tail.test:7070", "e2e-many says hello");
    await reaches(on.bed.peer, "http://docker.tail.test:3000", "e2e-many says hello");
    await refused(on.bed.peer, "http://docker.tail.test:7071");
  });

  it("moves a port on the node in place, and the old one is refused", async () => {
    const row = on.panel.row("e2e-many");
    await row.details();
    await row.drawer.getByText("Changing the port drops open connections").waitFor();
    await row.port(7070).nodePort.fill("7171");
    await row.port(7070).nodePort.press("Enter");
    await row.drawer.getByText("docker.tail.test:7171").waitFor();
    expect(await row.port(7070).nodePort.inputValue()).toBe("7171");
    await reaches(on.bed.peer, "http://docker.tail.test:7171", "e2e-many says hello");
    await refused(on.bed.peer, "http://docker.tail.test:7070");
  });

  it("closes a port that is unticked, and 'Undo' restores it on the same port of the node", async () => {
    const row = on.panel.row("e2e-many");
    await row.details();
    await row.port(7070).tick.uncheck();
    const lastAction = on.panel.page.getByRole("group", { name: "Last action" });
    await lastAction.getByText("Stopped sharing port 7070 TCP of e2e-many").waitFor();
    await refused(on.bed.peer, "http://docker.tail.test:7171");
    await on.panel.button("Undo").click();
    await row.port(7070).nodePort.waitFor();
    expect(await row.port(7070).nodePort.inputValue()).toBe("7171");
    await reaches(on.bed.peer, "http://docker.tail.test:7171", "e2e-many says hello");
    await reaches(on.bed.peer, "http://docker.tail.test:3000", "e2e-many says hello");
  });

  it("says who uses a taken port of the node, and restores the previous number", async () => {
    const row = on.panel.row("e2e-many");
    await row.details();
    await row.port(7070).nodePort.fill("8080");
    await row.port(7070).nodePort.press("Enter");
    await on.panel.page.getByRole("alert").getByText("Port 8080 on this node is used by e2e-web.").waitFor();
    await expect.poll(async () => await row.port(7070).nodePort.inputValue()).toBe("7171");
    await reaches(on.bed.peer, "http://docker.tail.test:8080", "e2e-web says hello");
  });

  it("gives a second container with the same port the next free one", async () => {
    await on.bed.samples.start({ name: "e2e-web-2", http: 8080 });
    const row = on.panel.row("e2e-web-2");
    await row.toggle.click();
    expect(await row.address()).toBe("http://docker.tail.test:8081");
    await reaches(on.bed.peer, await row.address(), "e2e-web-2 says hello");
  });

  it("asks for the port where none is declared, and shares the typed one", async () => {
    await on.bed.samples.start({ name: "e2e-quiet", http: 5001, expose: [] });
    const row = on.panel.row("e2e-quiet");
    await row.toggle.click();
    const field = on.panel.page.getByRole("textbox", { name: "Port to share of e2e-quiet" });
    await expect.poll(async () => await hasFocus(field)).toBe(true);
    expect(await row.toggle.isChecked()).toBe(false);
    await on.panel.page.keyboard.type("5001");
    await on.panel.page.keyboard.press("Enter");
    await row.says("Shared");
    await row.at.getByText("docker.tail.test:5001").first().waitFor();
    await reaches(on.bed.peer, "http://docker.tail.test:5001", "e2e-quiet says hello");
  });

  it("stops everything after one question, and undoes that at once, at every address", async () => {
    const shared = [
      ["e2e-web", 8080],
      ["e2e-many", 3000],
      ["e2e-many", 7171],
      ["e2e-web-2", 8081],
      ["e2e-quiet", 5001],
    ] as const;
    for (const [name, port] of shared)
      await reaches(on.bed.peer, `http://docker.tail.test:${port}`, `${name} says hello`);
    await on.panel.menu("Stop sharing everything");
    const question = on.panel.page.getByRole("dialog", { name: "Stop sharing everything?" });
    await question.getByText("4 containers will no longer be reachable").waitFor();
    await question.getByRole("button", { name: "Stop sharing" }).click();
    await on.panel.page.getByText(/^0 of \d+ shared$/).waitFor();
    // The timer pauses on hover.
    await on.panel.button("Undo").hover();
    for (const [name, port] of shared) {
      await on.panel.row(name).says("Not shared");
      await refused(on.bed.peer, `http://docker.tail.test:${port}`);
    }
    await on.panel.button("Undo").click();
    await on.panel.page.getByText(/^4 of \d+ shared$/).waitFor();
    for (const [name, port] of shared)
      await reaches(on.bed.peer, `http://docker.tail.test:${port}`, `${name} says hello`);
  });
});
