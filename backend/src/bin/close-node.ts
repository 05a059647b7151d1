import { spawnSync } from "node:child_process";
import { renderClosed } from "../dataplane/ruleset.ts";

/*
 * Imported before everything else, for what it does: networks that were joined before a crash are there again when this program starts,
 * and containers forward packets by default. Whatever comes afterwards, a bad setting included, finds nothing forwarded. In userspace
 * mode this is all there ever is. Where the kernel takes no rules there is nothing to do, and the probe will say so.
 */
spawnSync("nft", ["-f", "-"], { input: renderClosed() });
