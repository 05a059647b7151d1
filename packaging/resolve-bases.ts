// Usage: node packaging/resolve-bases.ts
// Prints `NODE_IMAGE=…` and `TAILSCALE_IMAGE=…`: the Dockerfile's bases, or what the environment names instead, with the digests
// that their registry gives for them right now. Needs `docker buildx`.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basesOf, byDigest } from "./bases.ts";

const defaults = basesOf(readFileSync(new URL("../Dockerfile", import.meta.url), "utf8"));
const { NODE_IMAGE, TAILSCALE_IMAGE } = process.env;
const wanted = {
  NODE_IMAGE: NODE_IMAGE || defaults.NODE_IMAGE,
  TAILSCALE_IMAGE: TAILSCALE_IMAGE || defaults.TAILSCALE_IMAGE,
};
const inspect = ["buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}"];
const resolved = await byDigest(wanted, (image) =>
  execFileSync("docker", [...inspect, image], { encoding: "utf8" }),
);
for (const [argument, image] of Object.entries(resolved)) console.log(`${argument}=${image}`);
