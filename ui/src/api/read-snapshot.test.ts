import { describe, expect, it } from "vitest";
import { snapshot, workload } from "../testing/fixtures.ts";
import { SnapshotByRow } from "./read-snapshot.ts";

const web = workload();
const odd = { ...web, id: `name:${"n".repeat(700)}` };

describe("a snapshot", () => {
  it("is unchanged when every row can be parsed", () => {
    const good = snapshot({ workloads: [web] });
    expect(SnapshotByRow.safeParse(good)).toEqual({ success: true, data: good });
  });

  it.each([odd, { ...web, run: "flying" }, null, "web", {}])(
    "is read without the row %j, which can't be parsed and is counted",
    (row) => {
      const answer = { ...snapshot({ workloads: [web], skipped: 1 }), workloads: [row, web] };
      const read = SnapshotByRow.safeParse(answer);
      expect(read.success && [read.data.workloads, read.data.skipped]).toEqual([[web], 2]);
    },
  );

  it.each([null, {}, { ...snapshot(), workloads: "none" }, { ...snapshot(), node: { state: "flying" } }])(
    "is refused as a whole when it is %j",
    (answer) => expect(SnapshotByRow.safeParse(answer).success).toBe(false),
  );
});
