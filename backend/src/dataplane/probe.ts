import { open } from "node:fs/promises";
import type { Fault } from "@tailnet-share/contract/errors";
import { run } from "../lib/run.ts";
import { renderRuleset } from "./ruleset.ts";

/** What the kernel lacks for the kernel data plane; null when nothing. Leaves nothing behind. */
export async function probeKernel(): Promise<Fault | null> {
  try {
    await (await open("/dev/net/tun", "r+")).close();
  } catch {
    return lacking("The container has no usable /dev/net/tun.");
  }
  const { code, stderr } = await run("nft", ["--check", "-f", "-"], { input: renderRuleset([]) }).catch(
    (error: unknown) => ({
      code: -1,
      stderr: String(error),
    }),
  );
  return code === 0
    ? null
    : lacking(`The kernel does not take the nftables rules: ${stderr.split("\n")[0] ?? ""}`);
}

function lacking(message: string): Fault {
  return {
    code: "NO_TUN",
    message: `${message} Sharing goes on in userspace: TCP only, and slower.`,
    hint: "Give the backend /dev/net/tun, NET_ADMIN and NET_RAW, and a kernel with nftables; then restart it.",
  };
}
