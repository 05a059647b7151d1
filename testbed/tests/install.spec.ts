import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import type { Desktop } from "../src/desktop/desktop.ts";
import { openBed } from "./fixtures/open-bed.ts";
import { liveAddress, reaches } from "./fixtures/visits.ts";

describe("installing, updating and removing the extension", () => {
  let bed: Bed;
  let desktop: Desktop;
  let address: string;
  let newer: string;

  beforeAll(async () => {
    bed = await openBed();
    desktop = bed.desktop;
    newer = `tailnet-share-bed/newer:${bed.id}`;
    await bed.engine.docker(["build", "-q", "-t", newer, "-"], {
      input: `FROM ${bed.images.product}\nLABEL tailnet-share.test="newer"\n`,
    });
    await bed.login();
    await bed.samples.createNetwork(`bed-install-${bed.id}`);
    await bed.samples.start({ name: "stays", http: 8080, networks: [`bed-install-${bed.id}`] });
    address = await liveAddress(bed, "name:stays", await bed.api.putShare("name:stays"));
    await reaches(bed.peer, address, "stays says hello");
  });
  afterAll(async () => {
    await desktop?.extension.close();
    await bed?.close();
    await bed?.engine.tryDocker(["image", "rm", newer]);
  });

  it("an update while sharing keeps the log-in, the device and the shares", async () => {
    const before = desktop.backend.containerId;
    desktop = await desktop.update(newer);
    expect(desktop.backend.containerId).not.toBe(before);
    expect(await liveAddress(bed, "name:stays", undefined, 60_000)).toBe(address);
    await reaches(bed.peer, address, "stays says hello");
    const names = (await bed.tailnet.control.listNodes()).map(({ given_name }) => given_name);
    expect(names.toSorted()).toEqual(["docker", "phone"]);
  });

  it("installing it again changes nothing", async () => {
    const before = desktop.backend.containerId;
    desktop = await desktop.update(newer);
    expect(desktop.backend.containerId).toBe(before);
    await reaches(bed.peer, address, "stays says hello");
  });

  it("removing it while sharing leaves the container as it was, and nothing of the extension's", async () => {
    const describeSample = async () =>
      await bed.engine.docker([
        "inspect",
        "-f",
        "{{.Id}} {{.State.StartedAt}} {{json .NetworkSettings.Networks}} {{.RestartCount}}",
        "stays",
      ]);
    const before = await describeSample();
    await desktop.uninstall();
    expect(await describeSample()).toBe(before);
    expect((await bed.peer.fetch(address, { timeoutMs: 2_000 })).ok).toBe(false);
    const own = `label=com.docker.compose.project=tailnet-share-${bed.id}`;
    expect(await bed.engine.docker(["ps", "-aq", "--filter", own])).toBe("");
    expect(await bed.engine.docker(["volume", "ls", "-q", "--filter", own])).toBe("");
    const members = await bed.engine.docker([
      "network",
      "inspect",
      "-f",
      "{{range .Containers}}{{.Name}} {{end}}",
      `bed-install-${bed.id}`,
    ]);
    expect(members.trim()).toBe("stays");
  });
});
