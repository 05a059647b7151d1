import { expect, test } from "vitest";
import { createFakeClock } from "../../../testing.ts";
import { WhoIs } from "../../localapi/types.ts";
import { createDeviceNames } from "./device-names.ts";

function names(answers: Record<string, object>) {
  const asked: string[] = [];
  const clock = createFakeClock();
  const whois = async (address: string) => {
    asked.push(address);
    const answer = answers[address];
    return await Promise.resolve(answer ? WhoIs.parse(answer) : null);
  };
  return { ...createDeviceNames({ whois }, clock), clock, asked };
}
const phone = { Node: { Name: "phone.tail.test." }, UserProfile: { LoginName: "anna@example.com" } };

test("names the device and its user, and a tagged device without one", async () => {
  const ci = {
    Node: { Name: "ci.tail.test.", Tags: ["tag:ci"] },
    UserProfile: { LoginName: "tagged-devices" },
  };
  const { learn, visitor } = names({ "100.64.0.1:1": phone, "100.64.0.2:1": ci });
  await learn(["100.64.0.1", "100.64.0.2", "100.64.0.9"]);
  expect(visitor("100.64.0.1")).toEqual({ device: "phone", user: "anna@example.com" });
  expect(visitor("100.64.0.2")).toEqual({ device: "ci", user: "" });
  expect(visitor("100.64.0.9")).toEqual({ device: "100.64.0.9", user: "" });
});

test("asks once, and again when some time has passed: devices are renamed", async () => {
  const { learn, clock, asked } = names({ "100.64.0.1:1": phone });
  await learn(["100.64.0.1", "100.64.0.1"]);
  await learn(["100.64.0.1"]);
  expect(asked).toHaveLength(1);
  await clock.advance(300_000);
  await learn(["100.64.0.1"]);
  expect(asked).toHaveLength(2);
});
