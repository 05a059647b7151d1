import { expect, it } from "vitest";
import { snapshot } from "../testing/fixtures.ts";
import { accessControls, adminConsole, trustCredentials } from "./help.ts";

const at = (controlUrl: string) => ({
  accounts: snapshot().accounts.map((account) => ({ ...account, controlUrl })),
});

it.each(["", "https://controlplane.tailscale.com", "https://login.tailscale.com"])(
  "knows the admin console of the control server %j",
  (controlUrl) => {
    expect(adminConsole(at(controlUrl))).toBe("https://login.tailscale.com/admin/machines");
  },
);

it.each(["https://headscale.example.com", "https://nottailscale.com", "no address"])(
  "knows none of the control server %j",
  (controlUrl) => {
    expect(adminConsole(at(controlUrl))).toBeNull();
  },
);

it("knows none before anybody has logged in", () => {
  expect(adminConsole({ accounts: [] })).toBeNull();
});

it.each([
  ["https://login.tailscale.com/admin/acls", accessControls],
  ["https://login.tailscale.com/admin/settings/trust-credentials", trustCredentials],
] as const)(
  "knows the page %s of Tailscale's admin console, and none of another control server",
  (page, pageOf) => {
    expect(pageOf(at(""))).toBe(page);
    expect(pageOf(at("https://headscale.example.com"))).toBeNull();
  },
);
