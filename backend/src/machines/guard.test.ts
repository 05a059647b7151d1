import { expect, test } from "vitest";
import { markIn, renderGuard, renderSeal } from "./guard.ts";

const mark = 0x0badcafe;

test("only what was marked as a visitor's leaves by the tailnet's interface, and the mark stays in", () => {
  const guard = renderGuard({ reachTailnet: false, mark });
  expect(guard).toContain(`iifname "tailscale0" ct direction original ct mark set ${mark}`);
  expect(guard).toContain(`oifname "tailscale0" ct mark ${mark} meta mark set ${mark} accept`);
  const seal = renderSeal({ mark });
  expect(seal).toContain('hook egress device "tailscale0" priority filter; policy drop;');
  expect(seal).toContain(`meta mark ${mark} meta mark set 0 accept`);
});

test("an application that may reach the tailnet is not held back, its neighbours are", () => {
  const guard = renderGuard({ reachTailnet: true, mark });
  expect(guard).not.toContain("chain leaving");
  expect(guard).not.toContain(String(mark));
  expect(guard).toContain('oifname "tailscale0" drop');
});

test("the mark of a guard that stands is found in its listing", () => {
  const listing = `table inet tailnet_share_machine {
	chain arriving {
		type filter hook input priority filter; policy accept;
		iifname "tailscale0" ct direction original ct mark set 0x0badcafe
	}
}`;
  expect(markIn(listing)).toBe(mark);
  expect(markIn("")).toBeNull();
});
