import { describe, expect, it } from "vitest";
import { everyKind } from "../testing/every-kind.ts";
import { machineShare, share, workload } from "../testing/fixtures.ts";
import { labelOf, layout } from "./layout.ts";
import { parseView } from "./preferences.ts";

const plain = { search: "", sharedOnly: false, grouped: false };
const said = (items: ReturnType<typeof layout>) =>
  items.map((item) => (item.kind === "group" ? `[${item.group.title}]` : item.workload.name));

const some = [
  workload({ id: "name:zebra", name: "zebra", project: null, image: "busybox", ports: [] }),
  workload({ id: "compose:shop/web10/1", name: "web10", ports: [{ port: 8080, protocol: "tcp" }] }),
  workload({ id: "compose:shop/web2/1", name: "web2", share: share() }),
  workload({ id: "compose:blog/ghost/1", name: "ghost", project: "blog", image: "ghost:6" }),
  workload({
    id: "name:gone",
    name: "gone",
    project: null,
    run: "removed",
    containerId: null,
    share: share(),
  }),
];

function never(): never {
  throw new Error("the list is empty");
}

describe("the list", () => {
  it("is sorted by name, numbers as numbers, with what is gone at the end", () => {
    expect(said(layout(some, plain))).toEqual([
      "ghost",
      "web2",
      "web10",
      "zebra",
      "[Removed containers]",
      "gone",
    ]);
  });

  it("groups by project, those without one after them", () => {
    expect(said(layout(some, { ...plain, grouped: true }))).toEqual([
      "[blog]",
      "ghost",
      "[shop]",
      "web2",
      "web10",
      "[Standalone containers]",
      "zebra",
      "[Removed containers]",
      "gone",
    ]);
  });

  it.each([
    ["WEB", ["web2", "web10"]],
    ["ghost:6", ["ghost"]],
    ["blog", ["ghost"]],
    ["8080", ["web2", "web10", "[Removed containers]", "gone"]],
    ["shop 80", ["web2"]],
    [":8080", ["web2", "web10", "[Removed containers]", "gone"]],
    ["shop/web1", ["web10"]],
    ["worker #2", []],
    ["nothing like it", []],
  ])("finds %j by name, image, project and port", (search, names) => {
    expect(said(layout(some, { ...plain, search }))).toEqual(names);
  });

  it("finds one of several by the number that its row has, and by the port of its address", () => {
    const workers = [1, 2].map((replica) =>
      workload({
        id: `compose:shop/worker/${replica}`,
        name: replica === 1 ? "worker" : `worker-${replica}`,
        share: share({ ports: [{ port: 80, protocol: "tcp", nodePort: 8000 + replica }] }),
      }),
    );
    const ids = (search: string) => layout(workers, { ...plain, search }).map(({ key }) => key);
    expect(ids("worker #2")).toEqual(["compose:shop/worker/2"]);
    expect(ids("worker-2")).toEqual(["compose:shop/worker/2"]);
    expect(ids("shop/worker")).toHaveLength(2);
    expect(ids("8001")).toEqual(["compose:shop/worker/1"]);
  });

  it("calls one of several by its service and number, as the backend names it and as the panel does", () => {
    const second = { id: "compose:shop/worker/2", project: "shop" };
    for (const name of ["worker-2", "worker"])
      expect(labelOf(layout([workload({ ...second, name })], plain)[0] ?? never())).toBe("shop/worker #2");
  });

  it("says of a project how it stands as a whole, and how much of it a filter shows", () => {
    const labels = (search: string) =>
      layout(some, { search, sharedOnly: false, grouped: true }).map(labelOf);
    expect(labels("web10")[0]).toBe("shop, 1 of 2 shared · 1 shown");
    expect(labels("")).toContain("shop, 1 of 2 shared");
  });

  it("finds a machine by the name that it has in the tailnet", () => {
    const wiki = workload({
      id: "name:wiki",
      name: "mediawiki-1",
      share: machineShare({ name: "handbook" }),
    });
    expect(said(layout([wiki], { ...plain, search: "handbook" }))).toEqual(["mediawiki-1"]);
  });

  it("shows only what is shared when asked to", () => {
    expect(said(layout(some, { ...plain, sharedOnly: true }))).toEqual([
      "web2",
      "[Removed containers]",
      "gone",
    ]);
  });

  it("gives every line a key of its own", () => {
    const keys = layout(everyKind(), { ...plain, grouped: true }).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("has no heading over containers when none of them belongs to a project", () => {
    const alone = some.filter(({ name }) => name === "zebra");
    expect(said(layout(alone, { ...plain, grouped: true }))).toEqual(["zebra"]);
  });

  it("does not reorder the snapshot's own array", () => {
    const before = some.map(({ id }) => id);
    layout(some, plain);
    expect(some.map(({ id }) => id)).toEqual(before);
  });
});

describe("what is remembered about the list", () => {
  it("comes back as it was stored", () => {
    const view = { search: "web", sharedOnly: true, grouped: false };
    expect(parseView(JSON.stringify(view))).toEqual(view);
  });

  it.each([null, "", "{", "[]", '{"search":7}'])("starts afresh from %j", (stored) => {
    expect(parseView(stored)).toEqual({ search: "", sharedOnly: false, grouped: true });
  });
});
