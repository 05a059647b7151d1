import { KernelAbility } from "@tailnet-share/contract/node";
import { expect, test } from "vitest";
import { EVERY_ABILITY, REQUIRED_FEATURES } from "./kernel-features.ts";
import { type Nft, probeKernel } from "./probe.ts";
import { renderRuleset } from "./ruleset.ts";

/** A kernel that refuses every script with a missing feature. A `deaf` one accepts set element counters and ignores them. */
function kernelWithout(lacking: RegExp | null, { deaf = false } = {}) {
  const tables = new Set<string>();
  const takes = (script: string) => lacking === null || !lacking.test(script);
  const nft: Nft = async (args, script = "") => {
    await Promise.resolve();
    const done = { code: 0, stdout: "", stderr: "" };
    const refused = { ...done, code: 1, stderr: "Error: Could not process rule: Operation not supported\n" };
    if (args[0] === "--json") return { ...done, stdout: COUNTS.replace("7", deaf ? "0" : "7") };
    if (args[0] === "delete") return tables.delete(args.at(-1) ?? "") ? done : refused;
    if (!takes(script)) return refused;
    if (args[0] !== "--check") tables.add("tailnet_share_probe");
    return done;
  };
  return { nft, takes, tables };
}

const COUNTS = JSON.stringify({
  nftables: [
    {
      set: { name: "counts", elem: [{ elem: { val: { concat: [80] }, counter: { packets: 0, bytes: 7 } } }] },
    },
  ],
});
const hasTun = async () => await Promise.resolve(true);

/** The statement or chain that shows each ability in a script. */
const SIGNS: Readonly<Record<KernelAbility, RegExp>> = {
  "byte-counts": /set [^\n]*counter/,
  refusals: /reject/,
  "large-udp-answers": /numgen/,
  "instant-endings": /flags set/,
  "late-endings": /fib/,
  "untracked-wireguard": /notrack/,
  "machine-seal": /hook egress/,
  "machine-visits": /flags timeout/,
};

const web = { protocol: "tcp" as const, nodePort: 8080, address: "172.18.0.3", port: 80 };
const dns = { protocol: "udp" as const, nodePort: 53, address: "172.18.0.3", port: 53 };

test("reports no missing feature on a complete kernel, and leaves nothing behind", async () => {
  const { nft, tables } = kernelWithout(null);
  expect(await probeKernel(nft, hasTun, true)).toEqual({
    fault: null,
    abilities: EVERY_ABILITY,
    missing: [],
  });
  expect(tables).toEqual(new Set());
});

test.each(KernelAbility.options)(
  "a kernel without what %s needs loses that and keeps the data plane",
  async (ability) => {
    const { nft, takes, tables } = kernelWithout(SIGNS[ability]);
    const { fault, abilities, missing } = await probeKernel(nft, hasTun, true);
    expect(fault).toBeNull();
    // Late endings need `reject` too.
    const lost = ability === "refusals" ? ["refusals", "late-endings"] : [ability];
    expect(missing.map((feature) => feature.ability)).toEqual(lost);
    for (const { cost } of missing) expect(cost).toMatch(/^[A-Z].+\.$/);
    const rules = renderRuleset([web, dns], new Map(), abilities);
    expect(takes(rules)).toBe(true);
    expect(rules).toContain("8080 : 172.18.0.3 . 80");
    expect(rules).toContain("53 : 172.18.0.3 . 53");
    expect(tables).toEqual(new Set());
  },
);

test("forwards on a kernel without any optional feature, and still closes withdrawn shares", async () => {
  const { nft, takes } = kernelWithout(
    new RegExp(
      Object.values(SIGNS)
        .map(({ source }) => source)
        .join("|"),
    ),
  );
  const { fault, abilities, missing } = await probeKernel(nft, hasTun, true);
  expect(fault).toBeNull();
  expect(missing.map(({ ability }) => ability)).toEqual(KernelAbility.options);
  const rules = renderRuleset([web], new Map(), abilities);
  expect(takes(rules)).toBe(true);
  expect(rules.match(/policy drop/g)).toHaveLength(2);
});

test("reports counters as missing when the kernel accepts and ignores them", async () => {
  const { missing } = await probeKernel(kernelWithout(null, { deaf: true }).nft, hasTun);
  expect(missing.map(({ ability }) => ability)).toEqual(["byte-counts"]);
});

test.each([
  ["nftables", /table/],
  ["connection tracking", /ct state/],
  ["connection marks", /ct mark/],
  ["concatenations", /mark \. ipv4_addr/],
  ["translation", /dnat/],
  ["masquerading", /masquerade/],
])("without %s there is no kernel data plane, and the reason names the kernel's option", async (_, sign) => {
  const { fault } = await probeKernel(kernelWithout(sign).nft, hasTun);
  expect(fault?.code).toBe("NO_TUN");
  const { kernel } = REQUIRED_FEATURES.find(({ snippet }) => sign.test(snippet)) ?? { kernel: "" };
  expect(fault?.message).toContain(kernel);
});

test("requires no named objects, which some Docker Desktop kernels lack", () => {
  expect(renderRuleset([web, dns])).not.toMatch(/counter name|: counter|^\s*counter \S+ \{/m);
});

test("doesn't probe the kernel without a TUN", async () => {
  const { fault } = await probeKernel(
    async () => await Promise.reject(new Error("asked")),
    async () => await Promise.resolve(false),
  );
  expect(fault?.message).toContain("/dev/net/tun");
});
