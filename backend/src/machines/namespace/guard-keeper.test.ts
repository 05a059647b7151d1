import { expect, test } from "vitest";
import { createGuardKeeper, type GuardNft } from "./guard-keeper.ts";

/** A kernel that refuses every script that `lacking` matches. Keeps tables by family. */
function kernelWithout(lacking: RegExp) {
  const tables = new Map<string, string>();
  const nft: GuardNft = (args, script = "") => {
    if (args.includes("list")) return { status: 0, stdout: tables.get(args.at(-2) ?? "") ?? "", stderr: "" };
    if (lacking.test(script)) return { status: 1, stdout: "", stderr: "Operation not supported" };
    const family = /^table (\w+)/.exec(script)?.[1] ?? "";
    // The kernel lists marks in this form.
    const text = script.replace(
      /ct mark set (\d+)/g,
      (_, mark) => `ct mark set 0x${Number(mark).toString(16)}`,
    );
    tables.set(family, text);
    return { status: 0, stdout: "", stderr: "" };
  };
  return { nft, tables };
}

test("drops an application's packets to the tailnet on a kernel without reject", () => {
  const { nft, tables } = kernelWithout(/reject/);
  const keeper = createGuardKeeper(nft);
  keeper.put("guard");
  expect(tables.get("inet")).toContain('oifname "tailscale0" drop\n  }\n}');
  expect(tables.get("netdev")).toContain("policy drop");
  expect(keeper.hold("guard")).toBe("intact");
});

test("keeps the rest of the guard on a kernel without egress chains, and reports it", () => {
  const { nft, tables } = kernelWithout(/hook egress/);
  const keeper = createGuardKeeper(nft);
  expect(keeper.hold("guard")).toBe("unsealed");
  expect(tables.get("inet")).toContain("reject with tcp reset");
});

test("keeps a visit in progress open when a look puts the guard in place again", () => {
  const { nft, tables } = kernelWithout(/^$/);
  const visit = { val: { concat: ["100.64.0.5", 63_123, "100.64.0.1", 8080] }, timeout: 8, expires: 5 };
  const sets = JSON.stringify({ nftables: [{ metainfo: {} }, { set: { elem: [{ elem: visit }] } }] });
  const keeper = createGuardKeeper((args, script) =>
    args.includes("set") ? { status: 0, stdout: sets, stderr: "" } : nft(args, script),
  );
  keeper.put("guard");
  expect(tables.get("inet")).not.toContain("expires");
  keeper.hold("guard");
  expect(tables.get("inet")).toContain(
    "add element inet tailnet_share_machine visits { 100.64.0.5 . 63123 . 100.64.0.1 . 8080 timeout 8s expires 5s }",
  );
  keeper.hold("reach");
  expect(tables.get("inet")).not.toContain("expires");
});

test.each([
  ["sets with timeouts", /flags timeout/, true],
  ["reject and sets with timeouts", /flags timeout|reject/, false],
])("keeps the guard on a kernel without %s, and leaves no way for visits", (_what, lacking, refuses) => {
  const { nft, tables } = kernelWithout(lacking);
  const keeper = createGuardKeeper(nft);
  keeper.put("guard");
  expect(tables.get("inet")).not.toContain("@visits");
  expect(tables.get("inet")).toContain(
    refuses ? "reject with tcp reset" : 'oifname "tailscale0" drop\n  }\n}',
  );
  expect(tables.get("netdev")).toContain("policy drop");
  expect(keeper.hold("guard")).toBe("intact");
});

test("makes no machine on a kernel that rejects all rules", () => {
  const { nft } = kernelWithout(/table/);
  expect(() => createGuardKeeper(nft).put("guard")).toThrow("Operation not supported");
});
