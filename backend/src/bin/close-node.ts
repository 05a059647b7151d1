import { spawnSync } from "node:child_process";
import { renderClosed } from "../dataplane/rules/ruleset.ts";

/*
 * Imported before everything else, for its side effect: it blocks all forwarding. Networks that were joined before a crash are still
 * joined when this program starts, and containers forward packets by default. Even if a later step fails, for example on a bad setting,
 * nothing is forwarded. Userspace mode never adds other rules. If the kernel accepts no rules, there is nothing to do, and
 * the probe reports it.
 */
spawnSync("nft", ["-f", "-"], { input: renderClosed() });
