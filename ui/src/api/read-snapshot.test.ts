import { describe, expect, it } from "vitest";
import { snapshot, workload } from "../testing/fixtures.ts";
import { SnapshotByRow } from "./read-snapshot.ts";

const web = workload();
const odd = { ...web, id: `name:${"n".repeat(700)}` };

describe("a snapshot", () => {
  it("whose rows all fit is read as it is", () => {
    const good = snapshot({ workloads: [web] });
    expect(SnapshotByRow.safeParse(good)).toEqual({ success: true, data: good });
  });

  it.each([odd, { ...web, run: "flying" }, null, "web", {}])(
    "with the odd row %j shows the others and counts it",
    (row) => {
      const answer = { ...snapshot({ workloads: [web], skipped: 1 }), workloads: [row, web] };
      const read = SnapshotByRow.safeParse(answer);
      expect(read.success && [read.data.workloads, read.data.skipped]).toEqual([[web], 2]);
    },
  );

  it.each([null, {}, { ...snapshot(), workloads: "none" }, { ...snapshot(), node: { state: "flying" } }])(
    "that is none is refused as a whole",
    (answer) => expect(SnapshotByRow.safeParse(answer).success).toBe(false),
  );
});
