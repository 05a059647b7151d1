import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Bed } from "../../src/bed.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { reaches } from "../fixtures/visits.ts";

const User = z.object({ id: z.coerce.number(), name: z.string() });
const PreauthKey = z.object({ key: z.string() });

describe("two accounts with a pause in between, and the shares in both", () => {
  let bed: Bed;
  let before: unknown;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    for (const name of ["acc-plain", "acc-timed", "acc-stopped"])
      await bed.samples.start({ name, http: 8080 });
    await bed.api.putShare("name:acc-plain");
    await bed.api.putShare("name:acc-timed", {
      ports: [{ port: 8080, protocol: "tcp", nodePort: 9000 }],
      until: new Date(Date.now() + 60 * 60 * 1_000).toISOString(),
    });
    await bed.api.putShare("name:acc-stopped", {
      ports: [{ port: 8080, protocol: "tcp", nodePort: 9001 }],
    });
    await bed.engine.docker(["stop", "-t", "1", "acc-stopped"]);
    before = await intentions();
  });
  afterAll(async () => await bed?.close());

  /** The wanted state, without the current exposure. */
  async function intentions() {
    const { workloads } = await bed.api.snapshot();
    return workloads.flatMap(({ id, share }) =>
      share === null ? [] : [{ id, mode: share.mode, ports: share.ports, until: share.until }],
    );
  }
  const connected = async (as: (name: string) => boolean) =>
    await bed.api.waitFor(
      "the node to be connected",
      ({ node }) => (node.state === "connected" && as(node.name) ? node : null),
      60_000,
    );
  async function sharesAnswerAt(dnsName: string) {
    expect(await intentions()).toEqual(before);
    await reaches(bed.peer, `http://${dnsName}:8080`, "acc-plain says hello");
    await reaches(bed.peer, `http://${dnsName}:9000`, "acc-timed says hello");
  }
  async function keyOfAColleague(): Promise<string> {
    const { headscale } = bed.tailnet.control;
    const json = async (...args: string[]): Promise<unknown> =>
      JSON.parse(await headscale([...args, "-o", "json"]));
    await headscale(["users", "create", "colleague"]);
    const users = z.array(User).parse(await json("users", "list"));
    const id = users.find(({ name }) => name === "colleague")?.id;
    return PreauthKey.parse(await json("preauthkeys", "create", "-u", String(id), "-e", "1h")).key;
  }

  it("another user's account has the same shares", async () => {
    await bed.api.login({
      authKey: await keyOfAColleague(),
      controlUrl: bed.tailnet.control.url,
      hostname: "second",
      anotherAccount: true,
    });
    const { dnsName, user } = await connected((name) => name === "second");
    expect(user).toContain("colleague");
    await sharesAnswerAt(dnsName);
  });

  it("a pause and a resume there keep every share, and each answers again", async () => {
    await bed.api.patchNode({ connected: false });
    await bed.api.waitFor("the pause", ({ node }) => node.state === "paused");
    expect(await intentions()).toEqual(before);
    await bed.api.patchNode({ connected: true });
    const { dnsName } = await connected((name) => name === "second");
    await sharesAnswerAt(dnsName);
  });

  it("the first account has lost nothing", async () => {
    const { accounts } = await bed.api.snapshot();
    const first = accounts.find(({ current }) => !current);
    await bed.api.patchNode({ account: first?.id ?? "" });
    const { dnsName } = await connected((name) => name !== "second");
    await sharesAnswerAt(dnsName);
    await bed.engine.docker(["start", "acc-stopped"]);
    await reaches(bed.peer, `http://${dnsName}:9001`, "acc-stopped says hello");
  });
});
