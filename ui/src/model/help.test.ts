import { expect, it } from "vitest";
import { snapshot } from "../testing/fixtures.ts";
import { adminConsole } from "./help.ts";

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
