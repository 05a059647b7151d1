import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { portainerStack, portainerTemplates } from "./portainer.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const LINUX = readFileSync(`${ROOT}packaging/linux/compose.yaml`, "utf8");

/** The fields of `Template` in Portainer's `api/portainer.go`, without those that are for containers only. */
const Template = z.strictObject({
  id: z.int(),
  /** A compose stack. */
  type: z.literal(3),
  title: z.string().min(1),
  description: z.string().min(1),
  administrator_only: z.boolean(),
  repository: z.strictObject({ url: z.url(), stackfile: z.string() }),
  name: z.string().optional(),
  logo: z.url().optional(),
  env: z.array(
    z.strictObject({
      name: z.string(),
      label: z.string().optional(),
      description: z.string().optional(),
      default: z.string().optional(),
      preset: z.boolean().optional(),
      select: z
        .array(z.strictObject({ text: z.string(), value: z.string(), default: z.boolean().optional() }))
        .optional(),
    }),
  ),
  note: z.string().optional(),
  platform: z.enum(["linux", "windows"]).optional(),
  categories: z.array(z.string()).optional(),
});
const Templates = z.strictObject({ version: z.literal("3"), templates: z.array(Template) });

it("Portainer's struct takes the template list, which has one compose stack", () => {
  const [template, ...others] = Templates.parse(JSON.parse(portainerTemplates())).templates;
  expect(others).toEqual([]);
  expect(template?.administrator_only).toBe(true);
  expect(existsSync(ROOT + (template?.repository.stackfile ?? ""))).toBe(true);
  expect(existsSync(ROOT + (template?.logo?.split("/main/")[1] ?? "none"))).toBe(true);
});

it("Portainer's form asks for variables that the stack uses, with the stack's own defaults", () => {
  const [template] = Templates.parse(JSON.parse(portainerTemplates())).templates;
  const used = new Map(
    [...portainerStack(LINUX).matchAll(/\$\{(\w+):-([^}]*)\}/g)].map(([, name = "", value = ""]) => [
      name,
      value,
    ]),
  );
  for (const { name, default: value } of template?.env ?? []) {
    expect(used.has(name), name).toBe(true);
    if (name !== "TS_HOSTNAME") expect(value ?? "").toBe(used.get(name));
  }
});

it("the stack says what the compose file for a plain engine says, also to parsers of YAML 1.1", () => {
  const stack = portainerStack(LINUX);
  expect(parse(stack)).toEqual(parse(LINUX));
  expect(parse(stack, { version: "1.1" })).toEqual(parse(LINUX));
});
