import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openEngine } from "../../../src/engine/engine.ts";
import { tryRun } from "../../../src/lib/run.ts";
import { createSteps } from "../../../src/lib/steps.ts";

const UNITS = fileURLToPath(new URL("../../../../packaging/podman", import.meta.url));
/** Podman 4.3 has no such program. */
const QUADLET = "/usr/libexec/podman/quadlet";

it("Podman's own generator takes the unit, its network and its volume, or is not there yet", async () => {
  const { own, version } = await openEngine(createSteps(() => {}));
  const pid = (await readFile(`${dirname(own?.socket ?? "")}/docker.pid`, "utf8")).trim();
  const { code, stdout, stderr } = await tryRun(
    ["nsenter", `--mount=/proc/${pid}/ns/mnt`, QUADLET, "--dryrun"],
    { env: { ...process.env, QUADLET_UNIT_DIRS: UNITS } },
  );
  if (version.startsWith("4.")) return void expect(stderr).toContain("No such file");
  expect({
    code,
    complaints: stderr.split("\n").filter((line) => /unsupported|error|converting/i.test(line)),
  }).toEqual({
    code: 0,
    complaints: [],
  });
  for (const name of [
    "tailnet-share.service",
    "tailnet-share-network.service",
    "tailnet-share-state-volume.service",
  ])
    expect(stdout).toContain(`---${name}---`);
  expect(stdout).toMatch(
    /^ExecStart=.*podman run --name tailnet-share .*--cap-drop all .*--cap-add net_admin .*--cap-add net_raw /m,
  );
});
