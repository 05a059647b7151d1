import { expect, test } from "vitest";
import type { ContainerFacts } from "../docker/facts.ts";
import { container, share } from "../testing.ts";
import type { JsonStore } from "./json-store.ts";
import { createShareService } from "./service.ts";
import type { SharesFile, StoredShare } from "./stored-share.ts";

function service(seen: ContainerFacts[], stored: StoredShare[] = []) {
  let value: SharesFile = { version: 1, shares: stored };
  const store: JsonStore<SharesFile> = {
    get: () => value,
    set: async (next) => {
      value = await Promise.resolve(next);
    },
    fault: () => null,
  };
  return createShareService(store, () => seen);
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
