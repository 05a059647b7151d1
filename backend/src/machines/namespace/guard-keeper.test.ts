import { expect, test } from "vitest";
import { createGuardKeeper, type GuardNft } from "./guard-keeper.ts";

/** A kernel that refuses every script that `lacking` matches. Keeps tables by family, and the number of scripts that it took. */
function kernelWithout(lacking: RegExp) {
  const tables = new Map<string, string>();
  const taken = { scripts: 0 };
  const nft: GuardNft = (args, script = "") => {
    if (args.includes("list")) return { status: 0, stdout: tables.get(args.at(-2) ?? "") ?? "", stderr: "" };
    if (lacking.test(script)) return { status: 1, stdout: "", stderr: "Operation not supported" };
    const family = /^table (\w+)/.exec(script)?.[1] ?? "";
    // The kernel lists marks in this form.
    const text = script.replace(
      /\bmark (set )?(\d+)/g,
      (_, set = "", mark) => `mark ${set}0x${Number(mark).toString(16).padStart(8, "0")}`,
    );
    tables.set(family, text);
    taken.scripts += 1;
    return { status: 0, stdout: "", stderr: "" };
  };
  return { nft, tables, taken };
}

test("drops an application's packets to the tailnet on a kernel without reject", () => {
  const { nft, tables } = kernelWithout(/reject/);
  const keeper = createGuardKeeper(nft);
  keeper.put("guard");
  expect(tables.get("inet")).toContain('oifname "tailscale0" drop\n  }\n}');
  expect(tables.get("netdev")).toContain("policy drop");
  expect(keeper.hold("guard").guard).toBe("intact");
});

test("keeps the rest of the guard on a kernel without egress chains, and reports it", () => {
  const { nft, tables } = kernelWithout(/hook egress/);
  const keeper = createGuardKeeper(nft);
  expect(keeper.hold("guard")).toEqual({ guard: "unsealed", rules: null });
  expect(tables.get("inet")).toContain("reject with tcp reset");
});

/** As the kernel lists them: over several lines. */
function addElements(tables: Map<string, string>): void {
  const elements =
    "{ 100.64.0.5 . 63123 . 100.64.0.1 . 8080 timeout 8s,\n  100.64.0.5 . 63124 . 100.64.0.1 . 80 }";
  tables.set("inet", `${tables.get("inet")}\n  elements = ${elements}\n`);
}

test("keeps a visit in progress open when a look puts the guard in place again", () => {
  const { nft, tables } = kernelWithout(/^$/);
  const visit = { val: { concat: ["100.64.0.5", 63_123, "100.64.0.1", 8080] }, timeout: 8, expires: 5 };
  const sets = JSON.stringify({ nftables: [{ metainfo: {} }, { set: { elem: [{ elem: visit }] } }] });
  const keeper = createGuardKeeper((args, script) =>
    args.includes("set") ? { status: 0, stdout: sets, stderr: "" } : nft(args, script),
  );
  keeper.put("guard");
  expect(tables.get("inet")).not.toContain("expires");
  addElements(tables);
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
  expect(keeper.hold("guard").guard).toBe("intact");
});

test("makes no machine on a kernel that rejects all rules", () => {
  const { nft } = kernelWithout(/table/);
  expect(() => createGuardKeeper(nft).put("guard")).toThrow("Operation not supported");
});

test("leaves rules alone that the last look has left, whatever their mark is", () => {
  const { nft, taken } = kernelWithout(/^$/);
  const keeper = createGuardKeeper(nft);
  const { rules } = keeper.hold("guard");
  const { scripts } = taken;
  expect(keeper.hold("guard", rules)).toEqual({ guard: "intact", rules });
  expect(taken.scripts).toBe(scripts);
  expect(createGuardKeeper(kernelWithout(/^$/).nft).hold("guard").rules).toBe(rules);
});

const inet = (change: (text: string) => string) => (tables: Map<string, string>) =>
  void tables.set("inet", change(tables.get("inet") ?? ""));

test.each<[string, (tables: Map<string, string>) => void, "intact" | "restored"]>([
  ["a removed table", (tables) => void tables.delete("inet"), "restored"],
  ["a removed gate at the interface", (tables) => void tables.delete("netdev"), "restored"],
  ["a rule more", inet((text) => text.replace(/oifname/, "accept\n    oifname")), "restored"],
  ["a rule less", inet((text) => text.replace(/ip saddr 100.64.0.0.*drop\n/, "")), "restored"],
  [
    "another mark in one rule",
    inet((text) => text.replace(/ct mark 0x\w+/, "ct mark 0x00000007")),
    "restored",
  ],
  ["a dormant table", inet((text) => text.replace("{", "{\n  flags dormant")), "restored"],
  [
    "a network that the container does not have",
    inet((text) => text.replace("ip daddr", 'iifname "eth9" ip saddr 100.64.0.0/10 accept\n    ip daddr')),
    "intact",
  ],
  ["an element in the set of visits", addElements, "intact"],
])("puts the guard in place again at the next look: %s", (_what, change, found) => {
  const { nft, tables } = kernelWithout(/^$/);
  const keeper = createGuardKeeper(nft);
  const { rules } = keeper.hold("guard");
  const before = new Map(tables);
  change(tables);
  expect(tables).not.toEqual(before);
  expect(keeper.hold("guard", rules)).toMatchObject({ guard: found });
  const unmarked = (text = "") => text.replaceAll(/0x(?!0{8})[0-9a-f]{8}/g, "mark");
  expect(unmarked(tables.get("inet"))).toBe(unmarked(before.get("inet")));
  expect(tables.has("netdev")).toBe(true);
});

test("puts the guard in place again for an application that may now reach the tailnet", () => {
  const { nft, tables } = kernelWithout(/^$/);
  const keeper = createGuardKeeper(nft);
  const { rules } = keeper.hold("guard");
  expect(keeper.hold("reach", rules).guard).toBe("restored");
  expect(tables.get("inet")).not.toContain("chain leaving");
});

test("takes no rules for known while a visit is in progress", () => {
  const { nft, tables } = kernelWithout(/^$/);
  const keeper = createGuardKeeper((args, script) => {
    const answer = nft(args, script);
    if (script !== undefined) addElements(tables);
    return answer;
  });
  expect(keeper.hold("guard").rules).toBe(null);
});
