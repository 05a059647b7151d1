import { afterEach, describe, expect, it, vi } from "vitest";
import { isAbandoned, newBedId } from "./bed-id.ts";

describe("a bed", () => {
  afterEach(() => vi.restoreAllMocks());

  it.each([
    ["87xx936e", 10_653],
    ["8ndxe9f0", 11_209],
    ["xxxx0000", 43_989],
  ])("%s belongs to process %i, also where its number has an x in base 36", (id, pid) => {
    const kill = vi.spyOn(process, "kill").mockReturnValue(true);
    expect(isAbandoned(id)).toBe(false);
    expect(kill).toHaveBeenCalledWith(pid, 0);
  });

  it("is not abandoned while this process runs", () => {
    expect(isAbandoned(newBedId())).toBe(false);
  });

  it.each(["", "x", "x0000", "0x0000", "1", "1x", "1x00", "no process", "-1x0000"])(
    "%j belongs to no process",
    (id) => {
      vi.spyOn(process, "kill").mockReturnValue(true);
      expect(isAbandoned(id)).toBe(true);
    },
  );
});
