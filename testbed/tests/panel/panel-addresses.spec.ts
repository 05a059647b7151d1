import { describe, expect, it } from "vitest";
import { nft } from "../fixtures/namespaces.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { openPanelBed } from "../fixtures/open-panel-bed.ts";
import { reaches } from "../fixtures/visits.ts";
import { readQrCode } from "./qr-code.ts";

/** Blocks WireGuard's UDP except on the peer's own loopback, so that only the relay, which uses TCP, is left. */
const NO_UDP = `table inet fault {
  chain input { type filter hook input priority 0; policy accept; iifname "eth0" meta l4proto udp drop; }
  chain output { type filter hook output priority 0; policy accept; oifname "eth0" meta l4proto udp drop; }
}`;
/** Magicsock drops a silent path after some seconds, and the panel checks paths periodically. */
const PATH_PATIENCE_MS = 90_000;

describe("addresses and clients in a tailnet without MagicDNS", () => {
  const on = openPanelBed({
    loggedIn: true,
    panels: "one",
    panel: { height: 1_000 },
    bed: async () => await openBed({ magicDns: false }),
    prepare: async ({ samples }) => void (await samples.start({ name: "e2e-ip", http: 8080 })),
  });

  const row = () => on.panel.row("e2e-ip");
  const clipboard = async () => await on.panel.page.evaluate<string>("navigator.clipboard.readText()");
  const node = async () => {
    const { node } = await on.bed.api.snapshot();
    if (node.state !== "connected") throw new Error(`the node is ${node.state}`);
    return node;
  };
  const header = () => on.panel.page.getByRole("banner");
  /** A client that stays: the whole download takes minutes at this rate. */
  const stayingVisitor = (address: string) => {
    const url = `${address}/bytes/20000000/50000`;
    const script = `curl -s -o /dev/null ${url} & echo $! >/tmp/visitor; wait`;
    const visiting = on.bed.peer.exec(["sh", "-c", script], { timeoutMs: 300_000 });
    return async () => {
      await on.bed.peer.exec(["sh", "-c", "kill $(cat /tmp/visitor)"]);
      await visiting;
    };
  };

  it("shows the name, and opens, copies and encodes the address below it, which works", async () => {
    await on.panel.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await row().toggle.click();
    await row().says("Shared");
    const { magicDns, dnsName, addresses } = await node();
    expect([magicDns, dnsName]).toEqual([false, "docker.tail.test"]);
    await row().at.getByText("http://docker.tail.test:8080", { exact: true }).waitFor();
    const address = `http://${addresses[0]}:8080`;
    const links = row().at.getByRole("link");
    const targets = await Promise.all((await links.all()).map((link) => link.getAttribute("href")));
    expect(targets).toEqual([address]);

    await links.click();
    expect(await on.panel.opened()).toEqual([address]);
    await on.panel.button("Copy IP address of e2e-ip, port 8080").click();
    await expect.poll(clipboard).toBe(address);
    await on.panel.button("More for e2e-ip").click();
    await on.panel.page.evaluate("navigator.clipboard.writeText('')");
    await on.panel.page.getByRole("menuitem", { name: "Copy address" }).click();
    await expect.poll(clipboard).toBe(address);
    await on.panel.announces("e2e-ip is shared.");

    expect(await on.bed.peer.fetch("http://docker.tail.test:8080")).toMatchObject({
      ok: false,
      reason: "unknown-name",
    });
    await reaches(on.bed.peer, await clipboard(), "e2e-ip says hello");
  });

  it.each(["light", "dark"] as const)(
    "a camera reads the address from the QR code in the %s panel",
    async (theme) => {
      const panel = await on.open({ theme });
      const address = await panel.row("e2e-ip").address();
      await panel.button("QR code for e2e-ip, port 8080").click();
      const code = panel.page.getByRole("dialog", { name: "QR code for e2e-ip, port 8080" });
      await code.getByRole("img").waitFor();
      await code.getByText(address, { exact: true }).waitFor();
      expect(await readQrCode(panel.page)).toBe(address);
      await panel.close();
    },
  );

  it("shows the node's own name and addresses in the header, each with a button to copy it", async () => {
    const { dnsName, addresses } = await node();
    expect(addresses).toHaveLength(2);
    const copies = [
      [dnsName, "Copy this node's name"],
      ...addresses.map((address) => [address, `Copy this node's address ${address}`]),
    ] as const;
    for (const [text = "", button = ""] of copies) {
      await header().getByText(text, { exact: true }).waitFor();
      await header().getByRole("button", { name: button, exact: true }).click();
      await expect.poll(clipboard).toBe(text);
    }
  });

  it("lists clients in the details, with user and path, and the header shows how packets travel", async () => {
    await row().details();
    const address = await row().address();
    const words = row().drawer.getByText(/^Connected now:/);
    await words.waitFor({ state: "detached" });
    const leave = stayingVisitor(address);
    await row()
      .drawer.getByText(/^Connected now: phone \(tester[^,]*, direct\)$/)
      .waitFor();
    await header().getByText("Direct connections (1)", { exact: true }).waitFor();

    await nft(on.bed, on.bed.peer.containerId, ["-f", "-"], NO_UDP);
    await header()
      .getByText("Relayed via DERP local (slower)", { exact: true })
      .waitFor({ timeout: PATH_PATIENCE_MS });
    await row()
      .drawer.getByText(/^Connected now: phone \(tester[^,]*, relayed\)$/)
      .waitFor();
    await reaches(on.bed.peer, address, "e2e-ip says hello");

    await nft(on.bed, on.bed.peer.containerId, ["delete", "table", "inet", "fault"]);
    await header()
      .getByText("Direct connections (1)", { exact: true })
      .waitFor({ timeout: PATH_PATIENCE_MS });
    await leave();
    await words.waitFor({ state: "detached" });
  });

  it("shows since when bytes are counted, which a restart of the backend resets", async () => {
    const bytes = row().drawer.getByText(/received, .* sent since \d\d:\d\d$/);
    await expect.poll(async () => await bytes.textContent()).toMatch(/ [kM]B sent since/);
    const traffic = async () => {
      const { workloads } = await on.bed.api.snapshot();
      return workloads.find(({ name }) => name === "e2e-ip")?.share?.traffic ?? { sent: 0, since: "" };
    };
    const before = await traffic();
    await on.bed.desktop.backend.restart();
    await on.bed.api.waitFor("the node", ({ node: { state } }) => state === "connected", 60_000);
    const after = await traffic();
    expect(Date.parse(after.since)).toBeGreaterThan(Date.parse(before.since));
    expect(after.sent).toBeLessThan(before.sent);
    // The list was unmounted while the node started, and its rows are folded when it returns.
    const unfolded = async () => {
      await row().details();
      return await bytes.isVisible();
    };
    await expect.poll(unfolded, { timeout: 30_000 }).toBe(true);
  });
});
