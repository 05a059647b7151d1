import { setTimeout as delay } from "node:timers/promises";
import { type Bed, openBed } from "./bed.ts";
import type { Steps } from "./lib/steps.ts";
import { waitFor } from "./lib/wait-for.ts";
import { openPrerequisites } from "./prerequisites.ts";

const WORKLOAD = "name:hello";

async function share(bed: Bed, steps: Steps): Promise<string> {
  await steps.step("start the container 'hello', which publishes no port", () =>
    bed.samples.start({ name: "hello", http: 8080 }),
  );
  await steps.step("log in to the tailnet", () => bed.login("docker"));
  await steps.step("wait until the panel lists it", () =>
    bed.api.waitFor("the container 'hello' to be listed", ({ workloads }) =>
      workloads.some(({ id }) => id === WORKLOAD),
    ),
  );
  return steps.step("share it", async (note) => {
    await bed.api.putShare(WORKLOAD);
    const address = await bed.api.waitFor("the share to be live", ({ workloads }) => {
      const exposure = workloads.find(({ id }) => id === WORKLOAD)?.share?.exposure;
      if (exposure?.state === "failed") throw new Error(exposure.fault.message);
      return exposure?.state === "live" ? exposure.endpoints[0]?.address : undefined;
    });
    note(address);
    return address;
  });
}

async function fetchFromPhone(bed: Bed, address: string, steps: Steps): Promise<void> {
  await steps.step(`fetch ${address} from another device`, async () => {
    const body = await waitFor(
      async () => {
        const answer = await bed.peer.fetch(address);
        if (!answer.ok) throw new Error(answer.detail);
        return answer.status === 200 ? answer.body : null;
      },
      { what: `an answer from ${address}`, timeoutMs: 20_000 },
    );
    steps.say(`\n  ${body.trim()}\n`);
  });
}

/** Demonstrates the product from scratch. With `once` it exits when done, otherwise at `signal`. Rejects with a sentence. */
export async function demo(
  steps: Steps,
  options: { readonly once: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { once, signal } = options;
  const prerequisites = await openPrerequisites(steps);
  signal.throwIfAborted();
  const bed = await steps.step("a tailnet, another device in it, the extension installed", () =>
    openBed(prerequisites),
  );
  try {
    signal.throwIfAborted();
    await fetchFromPhone(bed, await share(bed, steps), steps);
    if (once) return;
    steps.say(
      `The panel: ${bed.desktop.page.url} (also with ?theme=dark). Ctrl-C ends the demo and cleans up.`,
    );
    // A timer, because a listener alone does not keep the process alive. Node's longest timer lasts about 24 days.
    await delay(2 ** 31 - 1, undefined, { signal }).catch(() => {});
  } catch (error) {
    if (signal.aborted) return;
    steps.say((await bed.desktop.backend.logs()).slice(-3_000));
    throw error;
  } finally {
    await steps.step("clean up", () => bed.close());
  }
}
