import { Hostname } from "@tailnet-share/contract/model";
import { expect, test } from "vitest";
import { freeName, machineKey, machineName } from "./machine-names.ts";

test("makes a DNS label of whatever a container is called", () => {
  expect(machineName("tailscale-nginx")).toBe("tailscale-nginx");
  expect(machineName("My_App.v2")).toBe("my-app-v2");
  expect(machineName("_über_")).toBe("u-ber");
  expect(machineName("___")).toBe("container");
  for (const name of ["a".repeat(300), "-x-", `${"a".repeat(62)}-b`, "日本", "<script>"]) {
    expect(Hostname.safeParse(machineName(name)).success).toBe(true);
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
