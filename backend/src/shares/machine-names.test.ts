import { Hostname } from "@tailnet-share/contract/log-in";
import { expect, test } from "vitest";
import { freeName, machineKey, machineName } from "./machine-names.ts";

const alone = (name: string) => machineName({ name, project: null }, "service");

test("makes a DNS label of whatever a container is called", () => {
  expect(alone("tailscale-nginx")).toBe("tailscale-nginx");
  expect(alone("My_App.v2")).toBe("my-app-v2");
  expect(alone("_über_")).toBe("u-ber");
  expect(alone("___")).toBe("container");
  for (const name of ["a".repeat(300), "-x-", `${"a".repeat(62)}-b`, "日本", "<script>"]) {
    expect(Hostname.safeParse(alone(name)).success).toBe(true);
  }
});

test("puts the compose project before the service where that is chosen", () => {
  const named = (project: string | null, name: string) => machineName({ name, project }, "project-service");
  expect(named("My Shop", "Web_App")).toBe("my-shop-web-app");
  expect(named(null, "web")).toBe("web");
  expect(named("___", "web")).toBe("web");
  expect(machineName({ name: "web", project: "shop" }, "service")).toBe("web");
});

test("a project whose name is too long gives way to the service", () => {
  for (const [project, name] of [
    ["p".repeat(300), "web"],
    ["p".repeat(300), "s".repeat(300)],
    [`${"p".repeat(58)}-x`, "web"],
    ["shop", "s".repeat(62)],
    ["-", "日本"],
  ] as const) {
    const made = machineName({ name, project }, "project-service");
    expect(Hostname.safeParse(made).success).toBe(true);
    expect(made.endsWith(alone(name))).toBe(true);
  }
});

test("proposes the next free name, and keeps it a DNS label", () => {
  expect(freeName("web", new Set())).toBe("web");
  expect(freeName("web", new Set(["web", "web-2"]))).toBe("web-3");
  const long = "a".repeat(63);
  expect(freeName(long, new Set([long]))).toBe(`${"a".repeat(61)}-2`);
});

test("a workload has the same key every time, unless another share has it", () => {
  const key = machineKey("name:web", new Set());
  expect(machineKey("name:web", new Set())).toBe(key);
  expect(machineKey("name:web", new Set([key]))).not.toBe(key);
});
