import { expect, test } from "vitest";
import { container, share } from "../testing.ts";
import { renamed, service } from "./service.testing.ts";

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
  // The container may be connected to it later.
  await shares.put("name:web", { network: "elsewhere" });
  expect(shares.list()[0]?.network).toBe("elsewhere");
  await shares.put("name:web", { network: null });
  expect(shares.list()[0]?.network).toBeNull();
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
