import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PlainBed } from "../../src/bed.ts";
import { COMPOSE_GENERATIONS } from "../../src/engine/compose.ts";
import type { Peer } from "../../src/tailnet/peer.ts";
import { openPlainBed } from "../fixtures/open-bed.ts";

describe("the bed without the product", () => {
  let bed: PlainBed;
  let laptop: Peer;

  beforeAll(async () => {
    bed = await openPlainBed();
    laptop = await bed.tailnet.addPeer("laptop");
  });
  afterAll(() => bed?.close());

  it("lets two devices reach each other by name", async () => {
    const answer = "printf 'HTTP/1.0 200 OK\\r\\n\\r\\nhello from laptop'";
    const listen = ["ncat", "-lk", "-p", "8000", "-c", answer];
    await bed.engine.docker(["exec", "-d", laptop.containerId, ...listen]);
    await expect
      .poll(() => bed.peer.fetch(`http://${laptop.dnsName}:8000/`), { timeout: 20_000 })
      .toMatchObject({ ok: true, status: 200, body: expect.stringContaining("hello from laptop") });
  });

  it("reports how a fetch failed", async () => {
    expect(await bed.peer.fetch(`http://${laptop.dnsName}:9/`)).toMatchObject({
      ok: false,
      reason: "refused",
    });
    expect(await bed.peer.fetch("http://nobody.tail.test/")).toMatchObject({
      ok: false,
      reason: "unknown-name",
    });
  });

  it("has a default route that leads nowhere", async () => {
    const { deadEnd } = bed.tailnet.network;
    const routes = await bed.peer.exec(["ip", "route", "show", "default"]);
    expect(routes.stdout.trim()).toContain(`via ${deadEnd} dev`);
    expect(await bed.peer.fetch(`http://${deadEnd}/`)).toMatchObject({ ok: false });
  });

  it("keeps its devices when the control server restarts", async () => {
    await bed.tailnet.control.stop();
    await bed.tailnet.control.start();
    const names = (await bed.tailnet.control.listNodes()).map(({ given_name }) => given_name);
    expect(names.toSorted()).toEqual(["laptop", "phone"]);
  });

  it("starts samples that serve HTTP, TCP with half-close and UDP", async () => {
    const network = bed.tailnet.network.name;
    const sample = await bed.samples.start({ http: 80, tcp: 6379, udp: 53, networks: [network] });
    const address = await bed.engine.docker([
      "inspect",
      "-f",
      "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
      sample.id,
    ]);
    expect(await bed.peer.fetch(`http://${address}/`)).toMatchObject({
      ok: true,
      body: expect.stringContaining("says hello to"),
    });
    const halfClosed = await bed.peer.exec([
      "python3",
      "/opt/tcp-half-close.py",
      address,
      "6379",
      "until the end",
    ]);
    expect(halfClosed.stdout).toContain("read 13 bytes: until the end");
    const echoed = await bed.peer.exec(["python3", "/opt/udp-echo.py", address, "53", "there and back"]);
    expect(echoed.stdout.trim()).toBe("there and back");
  });

  it.each(COMPOSE_GENERATIONS)(
    "runs compose of generation %i, from up to a clean down",
    async (generation) => {
      const name = `generation${generation}-${bed.id}`;
      const project = await bed.samples.project(
        name,
        { web: { environment: { HTTP_PORT: "80" } } },
        {},
        { generation },
      );
      const version = await bed.engine.compose(["version", "--short"], { generation });
      expect(Number.parseInt(version.replace(/^v/, ""), 10) > 1 ? 2 : 1).toBe(generation);
      await project.up();
      expect((await project.compose(["ps", "-q", "web"])).trim()).toMatch(/^[0-9a-f]{12,}$/);
      expect(await project.tryCompose(["down", "-t", "0"])).toMatchObject({
        code: 0,
        stderr: expect.not.stringContaining("in use"),
      });
      expect(await bed.engine.docker(["network", "ls", "-q", "--filter", `name=${name}`])).toBe("");
    },
  );
});
