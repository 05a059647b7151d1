import type { Mode, Settings } from "@tailnet-share/contract/model";
import type { PutShare } from "@tailnet-share/contract/routes";
import { expect, test } from "vitest";
import type { ContainerFacts } from "../docker/facts.ts";
import type { JsonStore } from "../store/json-store.ts";
import { container, createFakeClock, share } from "../testing.ts";
import { machineKey } from "./machine-names.ts";
import type { TailnetNames } from "./machine-share.ts";
import { createShareService } from "./service.ts";
import { SHARES_VERSION, type SharesFile, type StoredShare } from "./stored-share.ts";

function service(seen: ContainerFacts[], stored: StoredShare[] = []) {
  let value: SharesFile = { version: SHARES_VERSION, shares: stored, retiring: [] };
  const store: JsonStore<SharesFile> = {
    get: () => value,
    update: async (next) => {
      value = next(value);
      return await Promise.resolve(value);
    },
    fault: () => null,
  };
  const observed = () => ({
    containers: seen,
    byId: new Map(seen.map((one) => [one.id, one])),
    networks: new Map(),
  });
  const clock = createFakeClock();
  const shares = createShareService(store, observed, clock);
  return {
    ...shares,
    clock,
    put: async (
      workload: string,
      wanted: PutShare,
      {
        mode = "node" as Mode,
        taken = [] as string[],
        kept = [] as TailnetNames["kept"],
        machineNames = "service" as Settings["machineNames"],
      } = {},
    ) => {
      const names = { taken: new Set(taken), kept };
      await shares.put(workload, wanted, { mode, names, machineNames });
    },
  };
}

test("one click shares the likeliest of the declared ports, on the same port of the node", async () => {
  const web = container("web", {
    ports: [
      { port: 22, protocol: "tcp" },
      { port: 3000, protocol: "tcp" },
    ],
  });
  const shares = service([web]);
  await shares.put("name:web", {});
  expect(shares.list()).toEqual([
    { ...share("web"), ports: [{ port: 3000, protocol: "tcp", nodePort: 3000 }] },
  ]);
});

test("a container that declares no port needs one named, and nothing is stored until then", async () => {
  const shares = service([container("web", { ports: [] })]);
  await expect(shares.put("name:web", {})).rejects.toMatchObject({ code: "NO_PORTS_KNOWN" });
  expect(shares.list()).toEqual([]);
  await shares.put("name:web", { ports: [{ port: 4567, protocol: "tcp" }] });
  expect(shares.list()[0]?.ports).toEqual([{ port: 4567, protocol: "tcp", nodePort: 4567 }]);
});

test("two shares switched on at the same moment get two ports", async () => {
  const shares = service([container("a"), container("b")]);
  await Promise.all([shares.put("name:a", {}), shares.put("name:b", {})]);
  expect(shares.list().map(({ ports }) => ports[0]?.nodePort)).toEqual([80, 81]);
});

test("switching on what is on already changes nothing", async () => {
  const own = share("web", { ports: [{ port: 80, protocol: "tcp", nodePort: 8081 }] });
  const shares = service([container("web")], [own]);
  await shares.put("name:web", {});
  expect(shares.list()).toEqual([own]);
});

test("a share whose container is gone can still be changed and forgotten", async () => {
  const shares = service([], [share("web")]);
  await shares.put("name:web", { ports: [{ port: 80, protocol: "tcp", nodePort: 8080 }] });
  expect(shares.list()[0]?.ports[0]?.nodePort).toBe(8080);
  await shares.remove("name:web");
  expect(shares.list()).toEqual([]);
});

test("a share that was forgotten while its container is gone can be taken back as it was", async () => {
  const own = share("web", { ports: [{ port: 80, protocol: "tcp", nodePort: 8081 }] });
  const shares = service([], [own]);
  await shares.remove("name:web");
  expect(shares.list()).toEqual([]);
  await shares.put("name:web", { ports: own.ports });
  expect(shares.list()).toEqual([own]);
  await shares.removeAll();
  await shares.put("name:web", { ports: own.ports });
  expect(shares.list()).toEqual([own]);
});

test("refuses what is not there and what has no network, and stores nothing", async () => {
  const shares = service([container("lonely", { networkMode: { kind: "none" } })]);
  await expect(shares.put("name:ghost", {})).rejects.toMatchObject({ code: "UNKNOWN_WORKLOAD" });
  await expect(shares.put("name:lonely", {})).rejects.toMatchObject({ code: "NOT_SHAREABLE" });
  expect(shares.list()).toEqual([]);
});

test("a refused change does not stop the next one", async () => {
  const shares = service([container("web")]);
  const refused = shares.put("name:ghost", {}).catch(() => undefined);
  await Promise.all([refused, shares.put("name:web", {})]);
  expect(shares.list()).toHaveLength(1);
});

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
  expect(shares.retiring()).toEqual([{ key, workload: "name:web", name: "web", since: shares.clock.now() }]);
  await shares.put("name:web", { mode: "machine" }, { taken: ["web"] });
  expect(shares.retiring()).toEqual([]);
  expect(shares.list()[0]?.machine).toMatchObject({ key, name: "web" });
  await shares.put("name:web", { mode: "node" });
  expect(shares.retiring()).toHaveLength(1);
  await shares.retired(key ?? "");
  expect(shares.retiring()).toEqual([]);
});

const renamed = {
  workload: "name:new",
  name: "new",
  project: null,
  image: "new:latest",
  lastContainerId: null,
};

test("one that retires is that of its container under its new name, and another container with the old name gets its own", async () => {
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

test("what cannot be a machine is refused with the reason, and nothing is stored", async () => {
  const shares = service([container("web", { networkMode: { kind: "host" } })]);
  await expect(shares.put("name:web", { mode: "machine" })).rejects.toMatchObject({ code: "NOT_A_MACHINE" });
  await expect(
    service([container("web")]).put("name:web", { mode: "machine", machine: { funnel: true } }),
  ).rejects.toMatchObject({ code: "BAD_REQUEST" });
  expect(shares.list()).toEqual([]);
});

test("a share ends at the time that was asked for, which stays when something else is changed, and never in the past", async () => {
  const shares = service([container("web")]);
  const end = new Date(shares.clock.now() + 3_600_000).toISOString();
  await shares.put("name:web", { until: end });
  await shares.put("name:web", { ports: [{ port: 81, protocol: "tcp" }] });
  expect(shares.list()[0]?.until).toBe(Date.parse(end));
  await expect(
    shares.put("name:web", { until: new Date(shares.clock.now()).toISOString() }),
  ).rejects.toMatchObject({ code: "BAD_REQUEST" });
  await shares.put("name:web", { until: null });
  expect(shares.list()[0]?.until).toBeNull();
});

test("a share keeps the network that was chosen until another is, or the choice is left to the extension", async () => {
  const shares = service([container("web")]);
  await shares.put("name:web", {});
  expect(shares.list()[0]?.network).toBeNull();
  await shares.put("name:web", { network: "app" });
  await shares.put("name:web", { ports: [{ port: 81, protocol: "tcp" }] });
  expect(shares.list()[0]?.network).toBe("app");
  // It may be connected later.
  await shares.put("name:web", { network: "elsewhere" });
  expect(shares.list()[0]?.network).toBe("elsewhere");
  await shares.put("name:web", { network: null });
  expect(shares.list()[0]?.network).toBeNull();
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
  const nameOf = (workload: string) => shares.list().find((one) => one.workload === workload)?.machine?.name;
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

test("more ports than a share can list are refused in a sentence that names the way out", async () => {
  const shares = service([container("web")]);
  const ports = Array.from({ length: 100 }, (_, index) => ({
    port: 10_000 + index,
    protocol: "udp" as const,
  }));
  const error: unknown = await shares
    .put("name:web", { mode: "node", ports })
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    fault: {
      code: "BAD_REQUEST",
      message: "A share can list 64 ports, and these are 100.",
      hint: "Choose fewer, or share it as its own machine, which answers on all of its container's ports.",
    },
  });
  expect(shares.list()).toEqual([]);
});

test("a share keeps its own container when its new name was shared meanwhile", async () => {
  const shares = service([container("web"), container("new")]);
  await shares.put("name:web", {});
  await shares.put("name:new", {});
  await shares.rebind("name:web", renamed);
  expect(shares.list().map(({ workload, lastContainerId }) => [workload, lastContainerId])).toEqual([
    ["name:web", "id-of-web"],
    ["name:new", "id-of-new"],
  ]);
});

test("one click shares a published port before a likelier one that is not", async () => {
  const ports = [80, 7777].map((port) => ({ port, protocol: "tcp" as const }));
  const shares = service([container("web", { ports, published: ports.slice(1) })]);
  await shares.put("name:web", {});
  expect(shares.list()[0]?.ports).toEqual([{ port: 7777, protocol: "tcp", nodePort: 7777 }]);
});
