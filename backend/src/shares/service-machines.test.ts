import { expect, test } from "vitest";
import { container } from "../testing.ts";
import { machineKey } from "./machine-names.ts";
import { renamed, service } from "./service.testing.ts";

test("a machine gets the container's name, and the ports that it declares; one without ports needs none named", async () => {
  const shares = service([container("My_Web"), container("bare", { ports: [] })]);
  await shares.put("name:My_Web", {}, { mode: "machine" });
  await shares.put("name:bare", { mode: "machine" });
  expect(shares.list()).toMatchObject([
    {
      mode: "machine",
      machine: { name: "my-web", reachTailnet: false },
      ports: [{ port: 80, nodePort: 80 }],
    },
    { mode: "machine", machine: { name: "bare" }, ports: [] },
  ]);
});

test("a name that somebody has is refused with a free one, and one click takes the free one by itself", async () => {
  const shares = service([container("web"), container("api")]);
  await expect(
    shares.put("name:web", { mode: "machine", machine: { name: "nas" } }, { taken: ["nas"] }),
  ).rejects.toMatchObject({ code: "NAME_TAKEN", fault: { hint: expect.stringContaining("nas-2") } });
  expect(shares.list()).toEqual([]);
  await shares.put("name:web", { mode: "machine" }, { taken: ["web"] });
  await expect(shares.put("name:api", { mode: "machine", machine: { name: "web-2" } })).rejects.toMatchObject(
    {
      code: "NAME_TAKEN",
    },
  );
  expect(shares.list()[0]?.machine?.name).toBe("web-2");
});

test("a machine keeps its name although the tailnet has a device of that name: its own", async () => {
  const shares = service([container("web")]);
  await shares.put("name:web", { mode: "machine" });
  await shares.put("name:web", { machine: { name: "web", reachTailnet: true } }, { taken: ["web"] });
  expect(shares.list()[0]?.machine).toMatchObject({ name: "web", reachTailnet: true });
});

test("a machine that was logged out has its name back from its own device, and from no other's", async () => {
  const shares = service([container("web"), container("api")]);
  await shares.put("name:web", { mode: "machine" });
  const key = shares.list()[0]?.machine?.key ?? "";
  await shares.remove("name:web");
  await shares.retired(key);
  const names = { taken: ["web"], kept: [{ key, workload: "name:web", name: "web" }] };
  await expect(
    shares.put("name:api", { mode: "machine", machine: { name: "web" } }, names),
  ).rejects.toMatchObject({ code: "NAME_TAKEN" });
  await shares.put("name:web", { mode: "machine", machine: { name: "web" } }, names);
  expect(shares.list()[0]?.machine).toMatchObject({ key, name: "web" });
});

test("a container that was renamed is the device that it was, and one that has its old name now is another", async () => {
  const shares = service([container("web"), container("new")]);
  const key = machineKey("name:web", new Set());
  const names = { taken: ["web"], kept: [{ key, workload: "name:new", name: "web" }] };
  await shares.put("name:web", { mode: "machine" }, names);
  await shares.put("name:new", { mode: "machine" }, names);
  expect(shares.list().map(({ machine }) => machine)).toMatchObject([
    { key: machineKey("name:web", new Set([key])), name: "web-2" },
    { key, name: "new" },
  ]);
});

test("a machine that is switched off retires, and whoever changes their mind gets it back", async () => {
  const shares = service([container("web")]);
  await shares.put("name:web", { mode: "machine" });
  const key = shares.list()[0]?.machine?.key;
  await shares.remove("name:web");
  expect(shares.retiring()).toEqual([
    { key, workload: "name:web", name: "web", since: shares.clock.now(), dismissed: false },
  ]);
  await shares.put("name:web", { mode: "machine" }, { taken: ["web"] });
  expect(shares.retiring()).toEqual([]);
  expect(shares.list()[0]?.machine).toMatchObject({ key, name: "web" });
  await shares.put("name:web", { mode: "node" });
  expect(shares.retiring()).toHaveLength(1);
  await shares.retired(key ?? "");
  expect(shares.retiring()).toEqual([]);
});

test("a dismissed machine stays dismissed until it is forgotten or wanted again, and an unknown key changes nothing", async () => {
  const shares = service([container("web")]);
  await shares.put("name:web", { mode: "machine" });
  await shares.dismiss(shares.list()[0]?.machine?.key ?? "");
  await shares.dismiss("0123456789abcdef");
  expect(shares.retiring()).toEqual([]);
  await shares.remove("name:web");
  const [retired] = shares.retiring();
  expect(retired?.dismissed).toBe(false);
  await shares.dismiss(retired?.key ?? "");
  expect(shares.retiring()).toMatchObject([{ key: retired?.key, dismissed: true }]);
  await shares.put("name:web", { mode: "machine" });
  await shares.remove("name:web");
  expect(shares.retiring()).toMatchObject([{ key: retired?.key, dismissed: false }]);
});

test("a retiring machine belongs to its renamed container, and another container with the old name gets its own", async () => {
  const shares = service([container("web"), container("new")]);
  await shares.put("name:web", { mode: "machine" });
  const key = shares.list()[0]?.machine?.key;
  await shares.rebind("name:web", renamed);
  await shares.remove("name:new");
  const names = { taken: ["web"] };
  await shares.put("name:web", { mode: "machine" }, names);
  expect(shares.list()[0]?.machine).toMatchObject({ name: "web-2" });
  expect(shares.list()[0]?.machine?.key).not.toBe(key);
  expect(shares.retiring()).toMatchObject([{ key, workload: "name:new" }]);
  await shares.put("name:new", { mode: "machine", machine: { name: "web" } }, names);
  expect(shares.list()[1]?.machine).toMatchObject({ key, name: "web" });
  expect(shares.retiring()).toEqual([]);
});

test("a container that is renamed while its machine retires, as it is shared on the node meanwhile, gets that back too", async () => {
  const shares = service([container("web"), container("new")]);
  await shares.put("name:web", { mode: "machine" });
  const key = shares.list()[0]?.machine?.key;
  await shares.put("name:web", { mode: "node" });
  await shares.rebind("name:web", renamed);
  await shares.remove("name:new");
  await shares.put("name:new", { mode: "machine" }, { taken: ["web"] });
  expect(shares.list()[0]?.machine).toMatchObject({ key });
});

test("a machine takes no port of the node, and finds a free one when it is shared there again", async () => {
  const shares = service([container("web"), container("api")]);
  await shares.put("name:web", { mode: "machine" });
  await shares.put("name:api", {});
  expect(shares.list()[1]?.ports).toEqual([{ port: 80, protocol: "tcp", nodePort: 80 }]);
  await shares.put("name:web", { mode: "node" });
  expect(shares.list()[0]?.ports).toEqual([{ port: 80, protocol: "tcp", nodePort: 81 }]);
});

test("refuses a container that cannot be a machine with the reason, and stores nothing", async () => {
  const shares = service([container("web", { networkMode: { kind: "host" } })]);
  await expect(shares.put("name:web", { mode: "machine" })).rejects.toMatchObject({ code: "NOT_A_MACHINE" });
  await expect(
    service([container("web")]).put("name:web", { mode: "machine", machine: { funnel: true } }),
  ).rejects.toMatchObject({ code: "BAD_REQUEST" });
  expect(shares.list()).toEqual([]);
});

test("stops sharing everything at once, and machines retire", async () => {
  const shares = service([container("web"), container("api")]);
  await shares.put("name:web", { mode: "machine" });
  await shares.put("name:api", {});
  await shares.removeAll();
  expect(shares.list()).toEqual([]);
  expect(shares.retiring()).toHaveLength(1);
});

test("a machine that was public is so no more when it goes to the node and comes back", async () => {
  const shares = service([container("web")]);
  await shares.put("name:web", { mode: "machine", machine: { httpsPort: 80, funnel: true } });
  await shares.put("name:web", { mode: "node" });
  await shares.put("name:web", { mode: "machine" });
  expect(shares.list()[0]?.machine).toMatchObject({ httpsPort: 80, funnel: false });
});

test("how machines are named counts for new ones only", async () => {
  const labels = {
    "com.docker.compose.project": "shop",
    "com.docker.compose.service": "web",
    "com.docker.compose.container-number": "1",
  };
  const shares = service([container("shop-web-1", { labels }), container("lone")]);
  const nameOf = (workload: string) =>
    shares.list().find((share) => share.workload === workload)?.machine?.name;
  const [web, asMachine] = ["compose:shop/web/1", { mode: "machine" } as const];
  await shares.put(web, asMachine);
  await shares.put(web, asMachine, { machineNames: "project-service" });
  expect(nameOf(web)).toBe("web");
  await shares.remove(web);
  await shares.put(web, asMachine, { machineNames: "project-service" });
  await shares.put("name:lone", asMachine, { machineNames: "project-service" });
  await shares.put(web, {}, { machineNames: "service" });
  expect([nameOf(web), nameOf("name:lone")]).toEqual(["shop-web", "lone"]);
});
