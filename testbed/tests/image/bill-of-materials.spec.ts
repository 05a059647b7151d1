import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { z } from "zod";
import type { Engine } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/engine.ts";
import { createSteps } from "../../src/lib/steps.ts";

const Bill = z.looseObject({
  bomFormat: z.literal("CycloneDX"),
  components: z.array(z.looseObject({ name: z.string(), version: z.string(), purl: z.string() })),
});

describe("the image's bill of materials", () => {
  let engine: Engine;
  let folder: string;
  let components: z.infer<typeof Bill>["components"];
  let licences: string;

  /** Copies paths of the image out of a container that never runs. */
  beforeAll(async () => {
    engine = await openEngine(createSteps(() => {}));
    folder = await mkdtemp(join(tmpdir(), "op-bill-"));
    const id = await engine.docker(["create", inject("images").product, "none"]);
    try {
      for (const path of ["/usr/share/doc", "/THIRD-PARTY-LICENCES", "/app", "/ui"])
        await engine.docker(["cp", `${id}:${path}`, folder]);
    } finally {
      await engine.docker(["rm", "-v", id]);
    }
    const bill = JSON.parse(await readFile(join(folder, "doc/tailnet-share/sbom.cdx.json"), "utf8"));
    ({ components } = Bill.parse(bill));
    licences = await readFile(join(folder, "THIRD-PARTY-LICENCES"), "utf8");
  });
  afterAll(async () => await rm(folder, { recursive: true, force: true }));

  const versionsOf = (name: string) =>
    components.filter((component) => component.name === name).map(({ version }) => version);

  it("lists the contents of each part of the image: packages of both bundles, Debian's, Node, and tailscale's modules [S127]", () => {
    for (const name of [
      "fastify",
      "zod",
      "react",
      "@mui/material",
      "libc6",
      "nftables",
      "conntrack",
      "iproute2",
      "ca-certificates",
    ])
      expect(versionsOf(name), name).toHaveLength(1);
    expect(versionsOf("node")).toEqual([expect.stringMatching(/^24\./)]);
    expect(versionsOf("tailscale.com")).toEqual(["v1.102.3"]);
    expect(components.filter(({ purl }) => purl.startsWith("pkg:golang/")).length).toBeGreaterThan(30);
  });

  it("lists every library in the image [S128]", async () => {
    const table = await engine.docker([
      ...["run", "--rm", "--entrypoint", "/usr/local/bin/node", inject("images").product, "-e"],
      "const f=require('fs');const found=[];const walk=(d)=>{for(const e of f.readdirSync(d,{withFileTypes:true})){if(e.isDirectory())walk(d+'/'+e.name);else if(/\\.so(\\.|$)/.test(e.name))found.push(e.name)}};walk('/usr/lib');console.log(found.join(' '))",
    ]);
    const libraries = table.split(" ");
    expect(libraries).toEqual(
      expect.arrayContaining([expect.stringContaining("libnftables"), expect.stringContaining("libc.so")]),
    );
    // Debian names a library's package after the library, with one exception.
    const debian = components.filter(({ purl }) => purl.startsWith("pkg:deb/")).map(({ name }) => name);
    const GLIBC = /^(libc|libm|libdl|libpthread|librt|libnss_\w+|libresolv|ld-linux[\w-]*)[.-]/;
    for (const library of libraries) {
      const stem = library.replace(/\.so.*$/, "").replace(/^libz$/, "zlib1g");
      const known = GLIBC.test(library)
        ? debian.includes("libc6")
        : debian.some((name) => name.startsWith(stem.replace(/_/g, "-")));
      expect(known, library).toBe(true);
    }
  });

  it("has a licence text for each package of the bundles, and nothing else of the build is in the image [S130]", async () => {
    const bundled = components.filter(({ purl }) => purl.startsWith("pkg:npm/"));
    expect(bundled.length).toBeGreaterThan(40);
    for (const { name, version } of bundled) expect(licences).toContain(`\n${name} ${version} – `);
    expect(licences).toContain("Permission is hereby granted");
    await expect(readFile(join(folder, "ui/files.json"))).rejects.toThrow("ENOENT");
  });
});
